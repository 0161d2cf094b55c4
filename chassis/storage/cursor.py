"""Pages and their opaque, stable keyset cursors; never an offset."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kernel.refusals import BAD_CURSOR, BAD_PAGE_SIZE


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The part of a list that a reader wants.

    Attributes:
        first: How many rows; one more is read, to tell whether more follow.
        after: The sort key of the last row of the page before.
    """

    first: int
    after: Sequence[Any] | None = None


MAX_PAGE = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows with the cursor of each.

    Attributes:
        rows: `(cursor, row)` in order.
        has_next: More rows follow.
    """

    rows: list[tuple[str, T]]
    has_next: bool


def cursor_of(*position: Any) -> str:
    """An opaque cursor for a row's sort key, JSON-ready values, the unique id last."""
    raw = json.dumps(position, separators=(",", ":"), ensure_ascii=False).encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def position_of(cursor: str) -> list[Any]:
    """The sort key in a cursor.

    Raises:
        Refusal: `BAD_CURSOR`: it is none of ours.
    """
    try:
        position = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise BAD_CURSOR() from error
    if not isinstance(position, list) or not all(isinstance(part, str | int | float | None) for part in position):
        raise BAD_CURSOR()
    return position


def page_size(first: int) -> int:
    """`first` when it is between 1 and 100.

    Raises:
        Refusal: `BAD_PAGE_SIZE`.
    """
    if not 1 <= first <= MAX_PAGE:
        raise BAD_PAGE_SIZE(first=first, limit=MAX_PAGE)
    return first


def page_of(found: Sequence[T], first: int, key: Callable[[T], Sequence[Any]]) -> Page[T]:
    """A page of `first` rows from `first + 1` that were asked of the database.

    Args:
        found: Up to `first + 1` rows in order; the extra one tells that more follow.
        first: The page's size.
        key: A row's sort key.
    """
    rows = [(cursor_of(*key(row)), row) for row in found[:first]]
    return Page(rows, len(found) > first)
