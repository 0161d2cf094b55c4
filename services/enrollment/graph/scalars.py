"""Enrolment's own scalars."""

from typing import Any, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

Fen = NewType("Fen", int)
"""Money of a province: more than GraphQL's `Int` holds (21 million yuan)."""

_MOST = 2**53 - 1
_TEXT = "A whole number of fen, as large as JavaScript's numbers are exact"


def _read(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError("Fen is a whole number from 0 to 2^53 - 1")
    return value


SCALARS: dict[object, ScalarDefinition] = {Fen: strawberry.scalar(name="Fen", description=_TEXT, parse_value=_read)}


def yuan(fen: int) -> str:
    """An amount as people read it."""
    return f"{fen // 100}.{fen % 100:02d}"
