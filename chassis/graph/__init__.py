"""What the schemas of all subgraphs share: scopes, value types, paging, the request's context, the schema class."""

from chassis.graph.caching import CATALOGUE, REFERENCE, TICKING
from chassis.graph.connection import PageInfo
from chassis.graph.context import SubgraphContext
from chassis.graph.schema import FEDERATION_VERSION, SubgraphSchema
from chassis.graph.trust import public, requires
from chassis.graph.values import Advice, MajorCategory, Money, Person, RefusalInfo

__all__ = [
    "CATALOGUE",
    "FEDERATION_VERSION",
    "REFERENCE",
    "TICKING",
    "Advice",
    "MajorCategory",
    "Money",
    "PageInfo",
    "Person",
    "RefusalInfo",
    "SubgraphContext",
    "SubgraphSchema",
    "public",
    "requires",
]
