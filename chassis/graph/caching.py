"""How long answers may be kept by caches, declared as `@cacheControl` for the gateway (ADR 48)."""

import strawberry
from strawberry.federation.schema_directive import Location, schema_directive

_URL = "https://guopei.example/cache/v1.0"
_DESCRIPTION = "For how many seconds caches may keep what the public is answered, here and below in this subgraph"


@schema_directive(
    locations=[Location.FIELD_DEFINITION], name="cacheControl", description=_DESCRIPTION, compose=True, import_url=_URL
)
class CacheControl:
    """For how long the public's answer to a field may be kept.

    Attributes:
        max_age: Seconds; 0 for what must be asked each time, such as the time that is left.
    """

    max_age: int = strawberry.directive_field(name="maxAge")


CATALOGUE = CacheControl(max_age=60)
"""What changes by somebody's act: a minute later everybody sees it."""
REFERENCE = CacheControl(max_age=3600)
"""What changes with a release."""
TICKING = CacheControl(max_age=0)
"""What changes by itself as time goes by."""
