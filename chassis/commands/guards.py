"""Checks at the beginning of commands, shared by all services."""

from collections.abc import Sequence
from typing import Any, TypeVar

from chassis.principal import Principal, Scope
from kernel.refusals import FORBIDDEN, REPEATED_ROWS, TOO_MANY_ROWS

R = TypeVar("R", bound=Sequence[Any])
MAX_ROWS = 200
"""The most rows of one bulk command."""


def require_scope(principal: Principal, *scopes: Scope, rule: str = "R3") -> None:
    """Require that the principal has one of these scopes.

    Args:
        principal: Who acts.
        scopes: The scopes that may act.
        rule: The rule that the refusal names.

    Raises:
        Refusal: `FORBIDDEN`.
    """
    if principal.scope not in scopes:
        raise FORBIDDEN(rule=rule)


def require_rows(rows: R, field: str, *, most: int = MAX_ROWS, rule: str | None = None) -> R:
    """Return the rows of a command, if they are few enough.

    Args:
        rows: Of one command.
        field: What the caller sends them as, which the refusal names.
        most: The most rows.
        rule: The rule of the command, if there is one.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    if len(rows) > most:
        raise TOO_MANY_ROWS(field=field, limit=most, rule=rule)
    return rows


def require_different(keys: R, field: str, *, rule: str) -> R:
    """Return the rows of a command that gives each a place of its own, if none is named twice.

    Args:
        keys: Ids.
        field: What the caller sends them as, which the refusal names.
        rule: The rule of the command.

    Raises:
        Refusal: `REPEATED_ROWS`, with the first that is named twice.
    """
    for place, key in enumerate(keys):
        if key in keys[:place]:
            raise REPEATED_ROWS(field=field, id=key, rule=rule)
    return keys
