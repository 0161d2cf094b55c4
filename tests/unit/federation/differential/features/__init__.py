"""Federation features, one file each, as data."""

from tests.unit.federation.differential.feature import Feature
from tests.unit.federation.differential.features import (
    abstract,
    conditions,
    covariance,
    entities,
    extensions,
    failures,
    first_version,
    interface_object,
    keys,
    lost_marks,
    override,
    positions,
    provides,
    requires,
    shapes,
    sharing,
    ties,
    unions,
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
    override.FEATURE,
    unions.FEATURE,
    conditions.FEATURE,
    covariance.FEATURE,
    extensions.FEATURE,
    lost_marks.FEATURE,
    ties.FEATURE,
    positions.FEATURE,
)
