"""Types of the catalog's request context, and who may read a base's own data."""

from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from chassis.graph import SubgraphContext
from chassis.principal import Principal, Scope
from services.catalog.commands import Deps

Context: TypeAlias = SubgraphContext[Deps]
Info: TypeAlias = StrawberryInfo[Context, Any]


def is_ministry(principal: Principal) -> bool:
    """Whether the principal is the ministry."""
    return principal.scope is Scope.MINISTRY


def may_read_base(principal: Principal, base: str) -> bool:
    """Whether the principal may read what is not public of a base: the base itself and the ministry may."""
    return is_ministry(principal) or (principal.scope is Scope.BASE and base in principal.bases)
