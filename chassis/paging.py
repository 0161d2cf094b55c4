"""Keyset pages: a page begins after a position, never after a count (graph.graphql, header)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING

from chassis.errors import Refusal, Unblock
from chassis.mongo import Document


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a list that a reader wants.

    Attributes:
        first: How many rows; one more is read, to tell whether more follow.
        after: The sort key of the last row of the page before.
    """

    first: int
    after: Sequence[Any] | None = None


def following(order: Sequence[tuple[str, int]], after: Sequence[Any] | None) -> Document:
    """What matches the rows after a position in an order whose last field is unique.

    Raises:
        Refusal: `BAD_CURSOR`: the position belongs to another order.
    """
    if after is None:
        return {}
    if len(after) != len(order):
        raise Refusal("BAD_CURSOR", "分页游标无效", "Not a cursor of this list", unblock=Unblock.SELF)
    equal: Document = {}
    branches = []
    for (field, direction), value in zip(order, after, strict=True):
        branches.append(equal | {field: _beyond(direction, value)})
        equal = equal | {field: value}
    return {"$or": branches}


def both(*conditions: Mapping[str, Any]) -> Document:
    """All the conditions that say anything."""
    given = [dict(condition) for condition in conditions if condition]
    return {"$and": given} if given else {}


def _beyond(direction: int, value: Any) -> Document:
    if value is None:
        return {"$ne": None} if direction == ASCENDING else {"$in": []}
    return {"$gt" if direction == ASCENDING else "$lt": value}
