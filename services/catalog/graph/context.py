"""The request as the catalog's resolvers see it."""

from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from chassis.graph import SubgraphContext
from chassis.principal import Principal, Scope
from services.catalog.commands import Deps

Context: TypeAlias = SubgraphContext[Deps]
Info: TypeAlias = StrawberryInfo[Context, Any]


def is_ministry(principal: Principal) -> bool:
    """Whether the ministry asks."""
    return principal.scope is Scope.MINISTRY


def may_read_base(principal: Principal, base: str) -> bool:
    """Whether a base's own matters may be shown: to itself and to the ministry."""
    return is_ministry(principal) or (principal.scope is Scope.BASE and base in principal.bases)
