"""Deny by default: every root or personal field says who may read it (architecture.md, Trust)."""

from typing import TypeVar

from chassis.principal import Scope
from kernel.errors import Refusal, Unblock

LONGEST_LIST = 200
_MARK = "# public"
T = TypeVar("T")


def requires(*scopes: Scope) -> list[list[str]]:
    """The `requires_scopes` of a field that any one of `scopes` may read (an OR; federation's list of ANDs)."""
    return [[scope.value] for scope in scopes]


def public(text: str) -> str:
    """A field description that marks the field as everybody's; a test looks for the mark."""
    return f"{text} {_MARK}"


def capped(rows: list[T]) -> list[T]:
    """The rows of a bulk command, when they are 200 or fewer.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    if len(rows) > LONGEST_LIST:
        raise Refusal(
            "TOO_MANY_ROWS", "一次最多处理200行", "At most 200 rows at once", unblock=Unblock.SELF, limit=LONGEST_LIST
        )
    return rows
