"""Federation features, one file each, as data."""

from tests.unit.gateway_federation.differential.feature import Feature
from tests.unit.gateway_federation.differential.features import (
    abstract,
    entities,
    failures,
    first_version,
    interface_object,
    keys,
    provides,
    requires,
    shapes,
    sharing,
)

FEATURES: tuple[Feature, ...] = (
    entities.FEATURE,
    requires.FEATURE,
    abstract.FEATURE,
    sharing.FEATURE,
    interface_object.FEATURE,
    keys.FEATURE,
    provides.FEATURE,
    first_version.FEATURE,
    failures.FEATURE,
    shapes.FEATURE,
)
