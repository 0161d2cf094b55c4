"""Keyset pages: a page begins after a position, never after a count."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING

from chassis.storage.mongo import Collection, Document
from kernel.refusals import BAD_CURSOR


async def pages(
    collection: Collection, lists: Sequence[tuple[Mapping[str, Any], int]], order: Sequence[tuple[str, int]]
) -> list[list[Document]]:
    """The first so many documents of each of several lists, in one operation (notes N9).

    Args:
        collection: What they are lists of.
        lists: What matches each, and how many rows of it.
        order: The sort of all.
    """
    branches: list[list[Document]] = [
        [
            {"$match": where},
            {"$sort": dict(order)},
            {"$limit": limit},
            {"$unset": ["events", "requests"]},
            {"$group": {"_id": place, "rows": {"$push": "$$ROOT"}}},
        ]
        for place, (where, limit) in enumerate(lists)
    ]
    found = {one["_id"]: one["rows"] for one in await _together(collection, branches)}
    return [found.get(place, []) for place in range(len(lists))]


async def counts(collection: Collection, lists: Sequence[Mapping[str, Any]]) -> list[int]:
    """How many documents each of several lists has, in one operation (notes N9)."""
    branches: list[list[Document]] = [
        [{"$match": where}, {"$group": {"_id": place, "rows": {"$sum": 1}}}] for place, where in enumerate(lists)
    ]
    found = {one["_id"]: one["rows"] for one in await _together(collection, branches)}
    return [found.get(place, 0) for place in range(len(lists))]


async def _together(collection: Collection, branches: Sequence[list[Document]]) -> list[Document]:
    """The answers of several pipelines; each uses the indexes as it would alone."""
    head, *rest = branches
    united = [{"$unionWith": {"coll": collection.name, "pipeline": branch}} for branch in rest]
    size = len(branches) + 1  # one more than can come, so that the first answer ends the cursor
    return await (await collection.aggregate([*head, *united], batchSize=size)).to_list()


def after_position(order: Sequence[tuple[str, int]], after: Sequence[Any] | None) -> Document:
    """What matches the rows after a position in an order whose last field is unique.

    Raises:
        Refusal: `BAD_CURSOR`: the position belongs to another order.
    """
    if after is None:
        return {}
    if len(after) != len(order):
        raise BAD_CURSOR()
    equal: Document = {}
    branches = []
    for (field, direction), value in zip(order, after, strict=True):
        branches.append(equal | {field: _beyond(direction, value)})
        equal = equal | {field: value}
    return {"$or": branches}


def all_of(*conditions: Mapping[str, Any]) -> Document:
    """All the conditions that say anything."""
    given = [dict(condition) for condition in conditions if condition]
    return {"$and": given} if given else {}


def _beyond(direction: int, value: Any) -> Document:
    if value is None:
        return {"$ne": None} if direction == ASCENDING else {"$in": []}
    return {"$gt" if direction == ASCENDING else "$lt": value}
