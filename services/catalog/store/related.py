"""What the rows of a page refer to, of whatever kind, in one operation (notes N9)."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.storage.mongo import Database, Document, from_document
from chassis.storage.paging import both
from chassis.storage.repository import INTERNAL_FIELDS
from services.catalog.domain.base import Base
from services.catalog.domain.project import Project
from services.catalog.domain.quota import Quota
from services.catalog.domain.review import Expert, Review
from services.catalog.domain.round import Round
from services.catalog.store.filters import ONE_BATCH, Visibility

Key = tuple[str, str]
"""A collection and an id in it; of the reviews, the id of their project."""

REVIEWS = "reviews"
_KINDS: Mapping[str, type[Any]] = {
    "rounds": Round,
    "bases": Base,
    "projects": Project,
    "quotas": Quota,
    "experts": Expert,
    REVIEWS: Review,
}
_COLLECTION = "_collection"


async def related(database: Database, keys: Sequence[Key], visibility: Visibility) -> dict[Key, Any]:
    """The aggregates of those keys, projects only where the reader may see them; of reviews, a project's list."""
    wanted: dict[str, list[str]] = {}
    for collection, key in keys:
        wanted.setdefault(collection, []).append(key)
    (first, pipeline), *others = ((name, _of(name, ids, visibility)) for name, ids in wanted.items())
    unions = [{"$unionWith": {"coll": name, "pipeline": one}} for name, one in others]
    found: dict[Key, Any] = {(REVIEWS, key): [] for key in wanted.get(REVIEWS, ())}
    rows = await (await database[first].aggregate([*pipeline, *unions], batchSize=ONE_BATCH)).to_list()
    for row in sorted(rows, key=lambda row: str(row["_id"])):
        collection = row.pop(_COLLECTION)
        one = from_document(row, _KINDS[collection])
        if collection == REVIEWS:
            found[REVIEWS, one.project].append(one)
        else:
            found[collection, one.id] = one
    return found


def _of(collection: str, ids: Sequence[str], visibility: Visibility) -> list[Document]:
    by = "project" if collection == REVIEWS else "_id"
    seen = visibility.condition() if collection == "projects" else {}
    where = both({by: {"$in": list(ids)}}, seen)
    return [{"$match": where}, {"$project": INTERNAL_FIELDS}, {"$set": {_COLLECTION: collection}}]
