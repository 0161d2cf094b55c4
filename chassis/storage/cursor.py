"""Pages and their cursors: opaque, stable positions in an order, never an offset."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kernel.encoding import from_base64url, to_base64url
from kernel.refusals import BAD_CURSOR, BAD_PAGE_SIZE


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is asked for.

    Attributes:
        first: How many rows; a store reads one more, which tells whether more follow.
        after: The sort key of the last row of the page before; None for the first page.
    """

    first: int
    after: Sequence[Any] | None = None


MAX_PAGE = 100
_NUMBERS = 1 << 63
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list.

    Attributes:
        rows: Each row with its cursor, in order.
        has_next: Whether more rows follow.
    """

    rows: list[tuple[str, T]]
    has_next: bool


def cursor_of(*position: Any) -> str:
    """The cursor of a row: its sort key, JSON-ready values with a unique one last, encoded."""
    raw = json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()
    return to_base64url(raw)


def position_of(cursor: str) -> list[Any]:
    """The sort key that a cursor encodes.

    Raises:
        Refusal: `BAD_CURSOR`: the text is no cursor.
    """
    try:
        position = json.loads(from_base64url(cursor))
    except (ValueError, RecursionError) as error:
        raise BAD_CURSOR(field="after") from error
    if not isinstance(position, list) or not all(_is_storable(part) for part in position):
        raise BAD_CURSOR(field="after")
    return position


def _is_storable(part: Any) -> bool:
    """Whether the database can compare with it: a null, a finite number of 64 bits, or text without lone surrogates."""
    match part:
        case str():
            return not any("\ud800" <= character <= "\udfff" for character in part)
        case int():
            return -_NUMBERS <= part < _NUMBERS
        case float():
            return math.isfinite(part)
        case _:
            return part is None


def page_size(first: int) -> int:
    """Return `first`, if it is between 1 and 100.

    Raises:
        Refusal: `BAD_PAGE_SIZE`.
    """
    if not 1 <= first <= MAX_PAGE:
        raise BAD_PAGE_SIZE(first=first, limit=MAX_PAGE)
    return first


def page_of(read: Sequence[T], first: int, key: Callable[[T], Sequence[Any]]) -> Page[T]:
    """The page of up to `first` rows out of the `first + 1` that were read.

    Args:
        read: Up to `first + 1` rows in order; the extra one tells that more follow.
        first: The page's size.
        key: Gives a row's sort key.
    """
    rows = [(cursor_of(*key(row)), row) for row in read[:first]]
    return Page(rows, len(read) > first)
