"""Checks that commands of every service share."""

from collections.abc import Sequence
from typing import Any, TypeVar

from chassis.principal import Principal, Scope
from kernel.refusals import FORBIDDEN, TOO_MANY_ROWS

R = TypeVar("R", bound=Sequence[Any])
MAX_ROWS = 200
"""The most rows of one bulk command."""


def require_scope(principal: Principal, *scopes: Scope, rule: str = "R3") -> None:
    """Refuse everybody but accounts of these scopes (R3).

    Args:
        principal: Who acts.
        scopes: Any one of them will do.
        rule: The rule that says so.

    Raises:
        Refusal: `FORBIDDEN`.
    """
    if principal.scope not in scopes:
        raise FORBIDDEN(rule=rule)


def require_rows(rows: R, most: int = MAX_ROWS) -> R:
    """The rows of a bulk command, when they are not more than are done at once.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    if len(rows) > most:
        raise TOO_MANY_ROWS(limit=most)
    return rows
