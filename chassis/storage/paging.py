"""Keyset pages: a page begins after a position in the order, never after a number of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING

from chassis.storage.mongo import Collection, Document
from chassis.storage.repository import INTERNAL_FIELDS
from kernel.refusals import BAD_CURSOR


async def pages(
    collection: Collection, lists: Sequence[tuple[Mapping[str, Any], int]], order: Sequence[tuple[str, int]]
) -> list[list[Document]]:
    """A page of each of several lists, in one database operation (notes N9).

    Args:
        collection: The collection that all lists are of.
        lists: The filter of each list, and how many documents at most.
        order: Fields and directions, the same for all.

    Returns:
        The documents of each list, without what they hold besides their aggregates.
    """
    pipelines: list[list[Document]] = [
        [{"$match": where}, {"$sort": dict(order)}, {"$limit": limit}, {"$project": INTERNAL_FIELDS}]
        for where, limit in lists
    ]
    return await piped(collection, pipelines)


async def piped(collection: Collection, pipelines: Sequence[list[Document]]) -> list[list[Document]]:
    """What each of several pipelines brings, in one database operation (notes N9); each keeps its order.

    Args:
        collection: The collection that all pipelines begin with.
        pipelines: Each with an end: a limit or a group.
    """
    branches: list[list[Document]] = [
        [*pipeline, {"$group": {"_id": place, "rows": {"$push": "$$ROOT"}}}] for place, pipeline in enumerate(pipelines)
    ]
    rows = await _in_one_operation(collection, branches)
    return [rows.get(place, []) for place in range(len(pipelines))]


async def counts(collection: Collection, lists: Sequence[Mapping[str, Any]]) -> list[int]:
    """How many documents each of several lists has, in one database operation (notes N9)."""
    branches: list[list[Document]] = [
        [{"$match": where}, {"$group": {"_id": place, "rows": {"$sum": 1}}}] for place, where in enumerate(lists)
    ]
    rows = await _in_one_operation(collection, branches)
    return [rows.get(place, 0) for place in range(len(lists))]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many documents a list has.

    Attributes:
        count: All of them.
        only: The value of the field by which they are told apart, where all have the same; else None.
        least: The least value of the field that is looked at; None where there is none.
    """

    count: int = 0
    only: Any = None
    least: Any = None


NO_TALLY = Tally()


async def tallies(
    collection: Collection, lists: Sequence[Mapping[str, Any]], *, by: str, least: str | None = None
) -> list[Tally]:
    """Count each of several lists, and say whether one value of a field is common to all of a list.

    Args:
        collection: The collection that all lists are of.
        lists: The filter of each list.
        by: The field, such as `project`.
        least: A field whose least value is wanted.
    """
    if not lists:
        return []
    branches: list[list[Document]] = [
        [
            {"$match": where},
            {"$group": {"_id": f"${by}", "count": {"$sum": 1}, "least": {"$min": f"${least}" if least else None}}},
            {
                "$group": {
                    "_id": place,
                    "count": {"$sum": "$count"},
                    "values": {"$sum": 1},
                    "only": {"$first": "$_id"},
                    "least": {"$min": "$least"},
                }
            },
            {"$project": {"rows": "$$ROOT"}},
        ]
        for place, where in enumerate(lists)
    ]
    rows = await _in_one_operation(collection, branches)
    found = {
        place: Tally(row["count"], row["only"] if row["values"] == 1 else None, row["least"])
        for place, row in rows.items()
    }
    return [found.get(place, NO_TALLY) for place in range(len(lists))]


async def _in_one_operation(collection: Collection, branches: Sequence[list[Document]]) -> dict[int, Any]:
    """The `rows` of several pipelines by `_id`; each pipeline uses the indexes as it would alone."""
    head, *rest = branches
    united = [{"$unionWith": {"coll": collection.name, "pipeline": branch}} for branch in rest]
    size = len(branches) + 1  # one more than can come, so that the first answer ends the cursor
    answers = await collection.aggregate([*head, *united], batchSize=size)
    return {answer["_id"]: answer["rows"] async for answer in answers}


def after_position(order: Sequence[tuple[str, int]], after: Sequence[Any] | None) -> Document:
    """The filter of the rows after a position.

    Args:
        order: Fields and directions; the last field is unique.
        after: The value of each of these fields in the last row before; None for the beginning.

    Raises:
        Refusal: `BAD_CURSOR`: the position belongs to another order.
    """
    if after is None:
        return {}
    if len(after) != len(order):
        raise BAD_CURSOR(field="after")
    equal: Document = {}
    branches = []
    for (field, direction), value in zip(order, after, strict=True):
        branches.append(equal | {field: _beyond(direction, value)})
        equal = equal | {field: value}
    return {"$or": branches}


def all_of(*conditions: Mapping[str, Any]) -> Document:
    """The filter that demands all conditions; empty ones are left out."""
    demanded = [dict(condition) for condition in conditions if condition]
    return {"$and": demanded} if demanded else {}


def _beyond(direction: int, value: Any) -> Document:
    # MongoDB sorts null before all else, and compares by `$gt` and `$lt` within one type only.
    if value is None:
        return {"$ne": None} if direction == ASCENDING else {"$in": []}
    return {"$gt" if direction == ASCENDING else "$lt": value}
