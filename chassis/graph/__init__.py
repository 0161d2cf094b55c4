"""What the schemas of all subgraphs share: scopes, value types, paging, the request's context, the schema class."""

from chassis.graph.connection import PageInfo
from chassis.graph.context import SubgraphContext
from chassis.graph.schema import FEDERATION_VERSION, SubgraphSchema
from chassis.graph.trust import public, requires
from chassis.graph.values import Advice, MajorCategory, Money, Person, RefusalInfo

__all__ = [
    "FEDERATION_VERSION",
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
