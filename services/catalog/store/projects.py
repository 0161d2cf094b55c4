"""The projects: their search index, pages with counts in one operation, related aggregates, and seats taken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from pymongo import ASCENDING, UpdateOne

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, from_document
from chassis.storage.paging import Tally, after_position, all_of, tallies
from chassis.storage.repository import INTERNAL_FIELDS, Repository, changed_now
from kernel.dates import start_of
from kernel.reference import major_categories, provinces
from services.catalog.domain.base import Base
from services.catalog.domain.project import Project
from services.catalog.domain.quota import CONSUMING, Quota
from services.catalog.domain.review import Expert, Review
from services.catalog.domain.round import Round
from services.catalog.domain.round_amendment import Use
from services.catalog.domain.search import terms_of
from services.catalog.domain.todos import Due
from services.catalog.domain.vocabulary import BaseCategory, ProjectStatus
from services.catalog.store.visibility import ONE_BATCH, ORDERS, ProjectSelection, Visibility

FACETS: Mapping[str, str] = {
    "categories": "category",
    "provinces": "plan.venue.province",
    "modes": "plan.mode",
    "major_categories": "plan.major_category",
}
"""Facet name to the field whose values are counted (R17)."""

_PART = "_part"
_EDITION = 1
"""Of the search terms; after it is raised, `prepare` computes again what an older edition stored."""

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

_INDEXES: dict[str, tuple[str, ...]] = {
    "base": ("base", "code"),
    "status": ("status", "year", "code"),
    "year": ("year", "code"),
    "experts": ("experts", "code"),
    "series": ("series",),
    "starts": ("plan.starts_on", "_id"),
    "fee": ("plan.fee", "_id"),
    "index": ("index.terms",),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many projects a selection has.

    Attributes:
        total: All of them.
        facets: Value to number by facet, the most frequent first; empty when not asked for.
    """

    total: int
    facets: Mapping[str, Mapping[Any, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeatsTaken:
    """How many seats of a project are taken.

    Attributes:
        project: The project's id.
        version: Of enrollment's counter; the highest is the latest.
        taken: Seats, accepted and offered.
    """

    project: str
    version: int
    taken: int


@dataclass(frozen=True, slots=True)
class ProjectPart:
    """A page of projects that a reader asks for.

    Attributes:
        selection: Of which projects.
        part: From where, and how many.
        total: Whether to count all of the selection.
        facets: Whether to count them by what one may filter on, too.

    Raises:
        Refusal: `SEARCH_TOO_LONG`, or `BAD_CURSOR`: the position belongs to another order.
    """

    selection: ProjectSelection
    part: PageRequest
    total: bool = False
    facets: bool = False

    def __post_init__(self) -> None:
        self.selection.condition()
        self.onward()

    def onward(self) -> Document:
        """The condition of the rows after the position."""
        after = self.part.after
        if after is not None:
            after = after[1:] if tuple(after[:1]) == (self.selection.order,) else ()
        return after_position(ORDERS[self.selection.order], after)


@dataclass(frozen=True, slots=True)
class ProjectRows:
    """Up to `first + 1` projects, each with its position in the order, and the counts where they were asked for."""

    rows: list[tuple[Project, list[Any]]]
    counts: Counts | None


class Projects(Repository[Project]):
    """The projects, with an index of terms that every write renews (ADR 12).

    Besides the aggregate a document has `seats {version, held}`, which only enrollment's events write (ADR 13).
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "projects", Project, producer="catalog", noun="project")

    def index(self, aggregate: Project) -> Document:
        """The search terms of all public texts, and those of the title, by which relevance is ranked (R17)."""
        title = aggregate.plan.title or ""
        return {"edition": _EDITION, "title": terms_of(title), "terms": terms_of(title, *_texts(aggregate))}

    async def prepare(self) -> None:
        """Create the indexes, and renew the search terms that an older edition stored."""
        await super().prepare()
        await self.collection.create_index([("code", ASCENDING)], unique=True, name="code")
        for name, keys in _INDEXES.items():
            await self.collection.create_index([(key, ASCENDING) for key in keys], name=name)
        async for document in self.collection.find({"index.edition": {"$not": {"$gte": _EDITION}}}, INTERNAL_FIELDS):
            unchanged = {"_id": document["_id"], "version": document["version"]}
            index = self.index(from_document(document, Project))
            await self.collection.update_one(unchanged, {"$set": {"index": index}})

    async def pages(self, parts: Sequence[ProjectPart], visibility: Visibility) -> list[ProjectRows]:
        """Pages of projects, all of them in one database operation.

        Args:
            parts: What is asked for, one page each.
            visibility: Of whom; other projects are neither in a page nor counted.

        Returns:
            One page a part, in the order of `parts`: up to `first + 1` rows, and counts where they are asked for.
        """
        head, *rest = (
            [*pipeline, {"$set": {_PART: number}}]
            for number, part in enumerate(parts)
            for pipeline in _pipelines(part, visibility)
        )
        united = [{"$unionWith": {"coll": self.name, "pipeline": pipeline}} for pipeline in rest]
        documents: list[list[Document]] = [[] for _ in parts]
        async for document in await self.collection.aggregate([*head, *united], batchSize=ONE_BATCH):
            documents[document.pop(_PART)].append(document)
        return [_rows(part, of_part) for part, of_part in zip(parts, documents, strict=True)]

    async def tallies(self, duties: Sequence[Due]) -> list[Tally]:
        """How many projects each duty is about, and when the first is finished by itself, in one database operation."""
        return await tallies(self.collection, [_due(duty) for duty in duties], by="_id", least="finishes_on")

    async def related(self, keys: Sequence[Key], visibility: Visibility) -> dict[Key, Any]:
        """The aggregates of those keys, of any kinds, in one operation.

        Args:
            keys: Collections and ids.
            visibility: Of whom; projects that the reader may not see are left out.

        Returns:
            The aggregate by key; for a key of the reviews the list of the project's reviews, in the order of their ids.
        """
        ids_by_collection: dict[str, list[str]] = {}
        for collection, key in keys:
            ids_by_collection.setdefault(collection, []).append(key)
        (first, pipeline), *others = ((name, _of(name, ids, visibility)) for name, ids in ids_by_collection.items())
        unions = [{"$unionWith": {"coll": name, "pipeline": stages}} for name, stages in others]
        related: dict[Key, Any] = {(REVIEWS, key): [] for key in ids_by_collection.get(REVIEWS, ())}
        database = self.collection.database
        rows = await (await database[first].aggregate([*pipeline, *unions], batchSize=ONE_BATCH)).to_list()
        for row in sorted(rows, key=lambda row: str(row["_id"])):
            collection = row.pop(_COLLECTION)
            aggregate = from_document(row, _KINDS[collection])
            if collection == REVIEWS:
                related[REVIEWS, aggregate.project].append(aggregate)
            else:
                related[collection, aggregate.id] = aggregate
        return related

    async def returned_in(self, years: Sequence[int]) -> list[str]:
        """The ids of the projects of those rounds that wait for their base to hand them in again (R13)."""
        where = {"status": ProjectStatus.RETURNED, "year": {"$in": list(years)}}
        return [document["_id"] async for document in self.collection.find(where, {"_id": 1})]

    async def unstarted_before(self, day: date) -> list[str]:
        """The ids of published projects whose first day is before a day, and of whose missed start nobody was told."""
        where = {
            "status": ProjectStatus.PUBLISHED,
            "plan.starts_on": {"$lt": day.isoformat()},
            "start_missed": None,
        }
        return [document["_id"] async for document in self.collection.find(where, {"_id": 1})]

    async def unfinished_before(self, day: date) -> list[str]:
        """The ids of running projects whose last day is before a day, and of which it was not told."""
        where = {
            "status": ProjectStatus.RUNNING,
            "plan.ends_on": {"$lt": day.isoformat()},
            "finishes_on": None,
        }
        return [document["_id"] async for document in self.collection.find(where, {"_id": 1})]

    async def finishing_by(self, day: date) -> list[str]:
        """The ids of running projects that are finished by themselves on a day or before."""
        where = {"status": ProjectStatus.RUNNING, "finishes_on": {"$lte": day.isoformat()}}
        return [document["_id"] async for document in self.collection.find(where, {"_id": 1})]

    async def finished_by(self, year: int, day: date) -> list[str]:
        """The ids of a round's finished projects whose last day, and the moment they were finished, lie before.

        Args:
            year: The round.
            day: The last day that counts as before.
        """
        after = start_of(day + timedelta(days=1))
        where = {
            "status": ProjectStatus.FINISHED,
            "year": year,
            "plan.ends_on": {"$lte": day.isoformat()},
            "history": {"$not": {"$elemMatch": {"status": ProjectStatus.FINISHED, "at": {"$gte": after}}}},
        }
        return [document["_id"] async for document in self.collection.find(where, {"_id": 1})]

    async def use_of(self, year: int, session: Session) -> Use:
        """What depends on a round (R1)."""
        where: Document = {"year": year}
        reviewed = {"$or": [{"experts.0": {"$exists": True}}, {"cycle": {"$gt": 1}}]}
        categories = await self.collection.distinct("category", where, session=session)
        themes = await self.collection.distinct("plan.themes", where, session=session)
        statuses = await self.collection.distinct("status", where, session=session)
        begun = await self.collection.find_one(where | reviewed, {"_id": 1}, session=session)
        planned = where | {"status": {"$in": sorted(CONSUMING - {ProjectStatus.CANCELLED})}}
        open_end = {"$cond": [{"$gt": ["$extension", None]}, None, "$plan.ends_on"]}
        ends = {"$group": {"_id": None, "first": {"$min": "$plan.starts_on"}, "last": {"$max": open_end}}}
        groups = await self.collection.aggregate([{"$match": planned}, ends], session=session)
        days = next(iter(await groups.to_list()), {})
        return Use(
            frozenset(map(BaseCategory, categories)),
            frozenset(themes),
            reviewed=begun is not None,
            under_review=ProjectStatus.UNDER_REVIEW in statuses,
            handed_in=bool({*statuses} - {ProjectStatus.DRAFT}),
            first_day=_day(days.get("first")),
            last_day=_day(days.get("last")),
        )

    async def counted(
        self, bases: Sequence[str], statuses: Iterable[ProjectStatus], session: Session
    ) -> dict[ProjectStatus, int]:
        """How many projects of these bases are in each of those states; those without any are left out."""
        where = {"base": {"$in": list(bases)}, "status": {"$in": list(statuses)}}
        groups = await self.collection.aggregate(
            [{"$match": where}, {"$group": {"_id": "$status", "count": {"$sum": 1}}}], session=session
        )
        return {ProjectStatus(group["_id"]): group["count"] async for group in groups}

    async def rename(
        self,
        bases: Sequence[str],
        names: Mapping[str, Any],
        session: Session,
        *,
        but: Iterable[ProjectStatus] = (),
    ) -> None:
        """Give projects what they copy of their bases or organisations, in the search as well (R2, R17).

        Each gets a version, so that a command that read the old name does not write it again.

        Args:
            bases: Ids of the bases.
            names: `base_name`, `organization_name` or `province`.
            session: The transaction that changes the base.
            but: The states of those that keep what they have.
        """
        where = {"base": {"$in": list(bases)}, "status": {"$nin": list(but)}}
        projects = await self.query(where, session=session)
        updates = [
            UpdateOne(
                {"_id": project.id},
                {
                    "$set": {**names, **changed_now(), "index": self.index(replace(project, **names))},
                    "$inc": {"version": 1},
                },
            )
            for project in projects
        ]
        if updates:
            await self.collection.bulk_write(updates, ordered=False, session=session)

    async def touch(self, key: str, session: Session) -> None:
        """Write a project without changing it, so that this transaction conflicts with any that changes it."""
        await self.collection.update_one({"_id": key}, {"$inc": {"touched": 1}}, session=session)

    async def seats_taken(self, key: str) -> int:
        """How many seats of a project are taken, as enrollment has told (R23, ADR 13)."""
        document = await self.collection.find_one({"_id": key}, {"seats": 1}) or {}
        return int(document.get("seats", {}).get("held", 0))

    async def set_seats(self, counts: Iterable[SeatsTaken], session: Session) -> None:
        """Store how many seats of projects are taken, unless a later count is stored already (R23, ADR 13).

        Args:
            counts: The latest count of each project; events may arrive late or twice.
            session: The transaction of the inbox.
        """
        updates = [
            UpdateOne(
                {"_id": count.project, "seats.version": {"$not": {"$gte": count.version}}},
                {"$set": {"seats": {"version": count.version, "held": count.taken}}},
            )
            for count in counts
        ]
        if updates:
            await self.collection.bulk_write(updates, ordered=False, session=session)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _due(due: Due) -> Document:
    where: Document = {"status": due.status}
    if due.bases is not None:
        where["base"] = {"$in": list(due.bases)}
    if due.year is not None:
        where["year"] = due.year
    if due.starts_by:
        where["plan.starts_on"] = {"$lte": due.starts_by.isoformat()}
    if due.ends_by:
        where["plan.ends_on"] = {"$lte": due.ends_by.isoformat()}
    return where


def _texts(project: Project) -> list[str]:
    plan = project.plan
    texts = [project.code, project.base_name, project.organization_name, *project.theme_names]
    texts += [plan.objectives or "", plan.content_design or ""]
    texts += [text for member in plan.faculty for text in (member.name, member.organization or "")]
    if plan.venue:
        texts += [plan.venue.address, provinces().get(plan.venue.province, "")]
    if plan.major_category:
        texts.append(major_categories().get(plan.major_category, ""))
    return texts


def _pipelines(asked: ProjectPart, visibility: Visibility) -> list[list[Document]]:
    """The pipeline that finds the rows of a part, and the one that counts its selection, if counts are asked for."""
    selection = asked.selection
    where = all_of(selection.condition(), visibility.condition())
    pipeline: list[Document] = [{"$match": where}]
    if computed := selection.computed():
        pipeline.append({"$set": computed})
    order = ORDERS[selection.order]
    pipeline += [{"$match": asked.onward()}, {"$sort": dict(order)}, {"$limit": asked.part.first + 1}]
    rows = [*pipeline, {"$project": INTERNAL_FIELDS}]
    return [rows, _counting(where, facets=asked.facets)] if asked.total or asked.facets else [rows]


def _rows(asked: ProjectPart, documents: list[Document]) -> ProjectRows:
    counts = _counts(documents.pop()) if asked.total or asked.facets else None
    return ProjectRows(
        [(from_document(document, Project), _position(document, asked.selection)) for document in documents], counts
    )


def _position(document: Document, selection: ProjectSelection) -> list[Any]:
    position: list[Any] = [selection.order]
    for name, _ in ORDERS[selection.order]:
        value: Any = document
        for step in name.split("."):
            value = value[step]
        position.append(value)
    return position


def _counting(where: Document, *, facets: bool) -> list[Document]:
    branches: Document = {"total": [{"$count": "count"}]}
    if facets:
        branches |= {
            name: [{"$match": {path: {"$ne": None}}}, {"$sortByCount": f"${path}"}] for name, path in FACETS.items()
        }
    return [{"$match": where}, {"$project": dict.fromkeys(FACETS.values(), 1)}, {"$facet": branches}]


def _counts(document: Document) -> Counts:
    total = sum(row["count"] for row in document.pop("total"))
    facets = {
        name: {row["_id"]: row["count"] for row in sorted(rows, key=lambda row: (-row["count"], row["_id"]))}
        for name, rows in document.items()
    }
    return Counts(total, facets)


def _of(collection: str, ids: Sequence[str], visibility: Visibility) -> list[Document]:
    field = "project" if collection == REVIEWS else "_id"
    seen = visibility.condition() if collection == "projects" else {}
    where = all_of({field: {"$in": list(ids)}}, seen)
    return [{"$match": where}, {"$project": INTERNAL_FIELDS}, {"$set": {_COLLECTION: collection}}]
