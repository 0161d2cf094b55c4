"""The request as the catalog's resolvers see it."""

from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from chassis.graph import SubgraphContext
from chassis.principal import Principal, Scope
from kernel.errors import Refusal, Unblock
from services.catalog.commands import Catalog

Context: TypeAlias = SubgraphContext[Catalog]
Info: TypeAlias = StrawberryInfo[Context, Any]


def text_key(value: object) -> str:
    """An entity key that is text, as it must be: `{"$ne": null}` is none (notes N5).

    Raises:
        Refusal: `BAD_ENTITY_KEY`.
    """
    if not isinstance(value, str):
        raise _bad_key()
    return value


def number_key(value: object) -> int:
    """An entity key that is a number.

    Raises:
        Refusal: `BAD_ENTITY_KEY`.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise _bad_key()
    return value


def is_ministry(principal: Principal) -> bool:
    """Whether the ministry asks."""
    return principal.scope is Scope.MINISTRY


def may_read_base(principal: Principal, base: str) -> bool:
    """Whether a base's own matters may be shown: to itself and to the ministry."""
    return is_ministry(principal) or (principal.scope is Scope.BASE and base in principal.bases)


def _bad_key() -> Refusal:
    return Refusal("BAD_ENTITY_KEY", "实体键无效", "Not an entity key of this type", unblock=Unblock.SELF)
