"""The enrollments in MongoDB: their indexes, and the reads of commands and of the graph."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import BATCH, Database, Document, Session, begins_with, from_document
from chassis.storage.paging import Tally, after_position, all_of, piped, tallies
from chassis.storage.repository import INTERNAL_FIELDS, Repository
from services.enrollment.domain.enrollment import UNSETTLED, Enrollment
from services.enrollment.domain.refusals import SEARCH_TOO_WIDE
from services.enrollment.domain.seats import ADMITTED
from services.enrollment.domain.vocabulary import (
    ASSESSABLE,
    LIVE,
    SEATED,
    WITHOUT_SEAT,
    EnrollmentStatus,
    ReasonCode,
    WithdrawalRequestState,
)
from services.enrollment.store.visibility import EnrollmentOrder, EnrollmentSelection, Visibility

_BY_ID = [("_id", ASCENDING)]
_LONGEST_SEARCH = 100
MOST_NAMED = 2_000
"""How many teachers a search by the beginning of a name may find, where the list is not one of a school or project."""
_ASKING = {"withdrawal_request.state": WithdrawalRequestState.OPEN.value}
_INDEXES: dict[str, tuple[str, ...]] = {
    "project": ("project", "status", "_id"),
    "base": ("base", "_id"),
    "base_duties": ("base", "status", "year"),
    "school": ("school", "_id"),
    "school_duties": ("school", "status", "year"),
    "teacher": ("teacher", "_id"),
    "province": ("province", "year", "status"),
}


Listed = tuple[Enrollment, list[Any]]
"""An enrollment of a list, and its position in the list's order."""

_LAST = 2**53 - 1
_KEYS: dict[EnrollmentOrder, Any] = {
    EnrollmentOrder.SUBMITTED_AT: {"$ifNull": [{"$toLong": "$submitted_at"}, _LAST]},
    EnrollmentOrder.RANK: {"$ifNull": ["$rank", _LAST]},
    EnrollmentOrder.WAITING_RANK: {"$ifNull": ["$waiting_rank", _LAST]},
    EnrollmentOrder.SCHOOL: "$school",
    EnrollmentOrder.STATUS: "$status",
    EnrollmentOrder.NAME: {"$ifNull": [{"$first": "$person.name"}, ""]},
}
"""What each order sorts by before the id; the order of sign-up is that of the ids."""
_KEYED = [("key", ASCENDING), ("_id", ASCENDING)]


def _sorted(order: EnrollmentOrder, part: PageRequest) -> list[Document]:
    """The stages that sort, go on after the position, and end the page."""
    if order is EnrollmentOrder.SIGNED_UP_AT:
        return [{"$match": after_position(_BY_ID, part.after)}, {"$sort": dict(_BY_ID)}, {"$limit": part.first + 1}]
    after = part.after
    if after is not None:
        after = after[1:] if tuple(after[:1]) == (order.value,) else ()
    return [
        {"$set": {"key": _KEYS[order]}},
        {"$match": after_position(_KEYED, after)},
        {"$sort": dict(_KEYED)},
        {"$limit": part.first + 1},
    ]


def _listed(document: Document, order: EnrollmentOrder) -> Listed:
    key = document.pop("key", None)
    document.pop("person", None)
    enrollment = from_document(document, Enrollment)
    by_id = order is EnrollmentOrder.SIGNED_UP_AT
    return enrollment, [enrollment.id] if by_id else [
        order.value,
        int(key) if isinstance(key, int) else key,
        enrollment.id,
    ]


class Enrollments(Repository[Enrollment]):
    """One document an enrollment, with its events inside.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "enrollments", Enrollment, producer="enrollment", noun="enrollment")
        self._teachers = database["teachers"]

    async def prepare(self) -> None:
        """Create the indexes; `one_live` is what refuses a second live sign-up for a project (R19)."""
        await super().prepare()
        await self.collection.create_index(
            [("teacher", ASCENDING), ("project", ASCENDING)],
            unique=True,
            partialFilterExpression={"live": True},
            name="one_live",
        )
        await self.collection.create_index(
            "offer_expires_at", partialFilterExpression={"status": EnrollmentStatus.OFFERED.value}, name="offers"
        )
        await self.collection.create_index(
            [("year", ASCENDING), ("escalated_at", ASCENDING)],
            partialFilterExpression={"status": EnrollmentStatus.SUBMITTED.value},
            name="undecided",
        )
        await self.collection.create_index(
            [("project", ASCENDING), ("_id", ASCENDING)],
            partialFilterExpression=_ASKING,
            name="leaving",
        )
        for name, keys in _INDEXES.items():
            await self.collection.create_index([(key, ASCENDING) for key in keys], name=name)

    async def overdue_offers(self, now: datetime, limit: int, *, besides: Sequence[str]) -> list[str]:
        """Ids of the enrollments whose offer has expired, the longest first (R25).

        Args:
            now: Domain time.
            limit: The most enrollments to return.
            besides: Ids to leave out.
        """
        where = {
            "status": EnrollmentStatus.OFFERED,
            "offer_expires_at": {"$lte": now},
            "_id": {"$nin": list(besides)},
        }
        return await self._ids(where, sort=[("offer_expires_at", ASCENDING)], limit=limit)

    async def undecided(self, year: int, deadline: datetime, limit: int) -> list[str]:
        """Ids of submitted enrollments that were not escalated since the deadline that their base missed (R23).

        Args:
            year: The year of the round.
            deadline: The end of its admission phase.
            limit: The most enrollments to return.
        """
        not_escalated = [{"escalated_at": None}, {"escalated_at": {"$lt": deadline}}]
        where = {"status": EnrollmentStatus.SUBMITTED, "year": year, "$or": not_escalated}
        return await self._ids(where, limit=limit)

    async def without_seat(self, projects: Sequence[str], limit: int) -> list[str]:
        """Ids of enrollments in these projects that have neither a seat nor the offer of one.

        Args:
            projects: Ids of projects.
            limit: The most enrollments to return.
        """
        where = {"project": {"$in": list(projects)}, "status": {"$in": list(WITHOUT_SEAT)}}
        return await self._ids(where, limit=limit)

    async def projects_to_leave(self) -> list[str]:
        """The projects in which somebody waits for an answer to a request to leave (R26)."""
        found: list[str] = await self.collection.distinct("project", _ASKING)
        return found

    async def asking_to_leave(self, projects: Sequence[str], limit: int) -> list[str]:
        """Ids of enrollments in these projects whose teacher waits for an answer to a request to leave (R26).

        Args:
            projects: Ids of projects.
            limit: The most enrollments to return.
        """
        return await self._ids({"project": {"$in": list(projects)}, **_ASKING}, limit=limit)

    async def live(self, project: str) -> list[Enrollment]:
        """The enrollments of a project that are still under way."""
        return await self.query({"project": project, "status": {"$in": list(LIVE)}})

    async def provinces_of(self, project: str, session: Session) -> list[str]:
        """The provinces of the schools that have an enrollment under way in a project; `00` among them."""
        where = {"project": project, "status": {"$in": list(LIVE)}}
        found: list[str] = await self.collection.distinct("province", where, session=session)
        return found

    async def seated(self, project: str, session: Session) -> list[Enrollment]:
        """The enrollments of a project that have a seat."""
        return await self.query({"project": project, "status": {"$in": list(SEATED)}}, session=session)

    async def attended(self, project: str, session: Session) -> list[Enrollment]:
        """The enrollments of a project whose trainees took part in something of it (R34)."""
        where = {"project": project, "status": {"$in": list(ASSESSABLE)}}
        return [enrollment for enrollment in await self.query(where, session=session) if enrollment.attended]

    async def undecided_by_project(self, year: int) -> dict[tuple[str, str], int]:
        """How many enrollments of a year's round no base has decided, by base and project (R23)."""
        pipeline: list[Document] = [
            {"$match": {"status": EnrollmentStatus.SUBMITTED, "year": year}},
            {"$group": {"_id": {"base": "$base", "project": "$project"}, "count": {"$sum": 1}}},
        ]
        rows = await self.collection.aggregate(pipeline, batchSize=BATCH)
        return {(row["_id"]["base"], row["_id"]["project"]): row["count"] async for row in rows}

    async def ids_of(
        self, project: str, statuses: Iterable[EnrollmentStatus], *, or_asking_to_leave: bool = False
    ) -> list[str]:
        """Ids of the enrollments of a project that are in one of these states.

        Args:
            project: The project's id.
            statuses: The states.
            or_asking_to_leave: Also those whose teacher waits for an answer to a request to leave (R26).
        """
        state: Document = {"status": {"$in": list(statuses)}}
        return await self._ids({"project": project, **({"$or": [state, _ASKING]} if or_asking_to_leave else state)})

    async def ended_by_start(self, project: str, days: Iterable[datetime]) -> list[str]:
        """Ids of the enrollments of a project that ended when its first day came (R18).

        Args:
            project: The project's id.
            days: The beginning of each first day that the project has had; an offer that ended then was cut short.
        """
        lapsed = {"status": EnrollmentStatus.LAPSED, "reason_code": ReasonCode.PROJECT_STARTED}
        cut_short = {"status": EnrollmentStatus.EXPIRED, "offer_expires_at": {"$in": list(days)}}
        return await self._ids({"project": project, "$or": [lapsed, cut_short]})

    async def unsettled(self, school: str, limit: int) -> list[str]:
        """Ids of up to `limit` enrollments of a school that something may still follow."""
        where = {"school": school, "status": {"$in": sorted(UNSETTLED)}}
        return await self._ids(where, sort=[("status", ASCENDING)], limit=limit)

    async def counted(
        self, school: str, statuses: Iterable[EnrollmentStatus], session: Session
    ) -> dict[EnrollmentStatus, int]:
        """How many enrollments of a school are in each of these states; a state with none is left out."""
        pipeline: list[Document] = [
            {"$match": {"school": school, "status": {"$in": sorted(statuses)}}},
            {"$group": {"_id": "$status", "count": {"$sum": 1}}},
        ]
        rows = await self.collection.aggregate(pipeline, session=session)
        return {EnrollmentStatus(row["_id"]): row["count"] async for row in rows}

    async def page(self, selection: EnrollmentSelection, visibility: Visibility, part: PageRequest) -> list[Enrollment]:
        """Up to `first + 1` visible enrollments after a position, in the order of sign-up."""
        where = all_of(selection.condition(), visibility.condition(), after_position(_BY_ID, part.after))
        return await self.query(where, limit=part.first + 1)

    async def count(self, selection: EnrollmentSelection, visibility: Visibility) -> int:
        """How many enrollments the reader may see."""
        return await self.collection.count_documents(all_of(selection.condition(), visibility.condition()))

    async def pages(
        self, lists: Sequence[tuple[EnrollmentSelection, PageRequest]], visibility: Visibility
    ) -> list[list[Listed]]:
        """Of each list up to `first + 1` visible enrollments after a position, in the order that it asks for.

        Raises:
            Refusal: `BAD_CURSOR`: a position belongs to another order; `SEARCH_TOO_WIDE`.
        """
        pipelines = [
            [
                *await self._found(selection, visibility),
                *_sorted(selection.order, part),
                {"$project": INTERNAL_FIELDS},
            ]
            for selection, part in lists
        ]
        rows = await piped(self.collection, pipelines)
        return [
            [_listed(document, selection.order) for document in page]
            for page, (selection, _) in zip(rows, lists, strict=True)
        ]

    async def counts(self, lists: Sequence[EnrollmentSelection], visibility: Visibility) -> list[int]:
        """How many enrollments of each list the reader may see.

        Raises:
            Refusal: `SEARCH_TOO_WIDE`.
        """
        # The order does not matter here, so the names that only it looks at are left out.
        unsorted = [replace(selection, order=EnrollmentOrder.SIGNED_UP_AT) for selection in lists]
        pipelines = [[*await self._found(selection, visibility), {"$count": "count"}] for selection in unsorted]
        rows = await piped(self.collection, pipelines)
        return [page[0]["count"] if page else 0 for page in rows]

    async def _found(self, selection: EnrollmentSelection, visibility: Visibility) -> list[Document]:
        """The pipeline of the enrollments of a selection, with the trainee's name where it is looked at.

        Within a project or a school each enrollment's name is looked at; otherwise the names are found first.
        """
        pipeline: list[Document] = [{"$match": all_of(selection.condition(), visibility.condition())}]
        wanted = (selection.search or "").strip()[:_LONGEST_SEARCH]
        if wanted and not selection.is_confined(visibility.principal):
            pipeline[0] = {"$match": all_of(pipeline[0]["$match"], {"teacher": {"$in": await self._named(wanted)}})}
            wanted = ""
        if wanted or selection.order is EnrollmentOrder.NAME:
            name = [{"$project": {"name": 1}}]
            person = {"from": "teachers", "localField": "teacher", "foreignField": "_id", "pipeline": name}
            pipeline.append({"$lookup": person | {"as": "person"}})
        if wanted:
            pipeline.append({"$match": {"person.name": begins_with(wanted)}})
        return pipeline

    async def _named(self, beginning: str) -> list[str]:
        """Ids of all teachers whose name begins so, read from the index of names.

        Raises:
            Refusal: `SEARCH_TOO_WIDE`.
        """
        where = {"name": begins_with(beginning)}
        cursor = self._teachers.find(where, {"_id": 1}, limit=MOST_NAMED + 1, batch_size=MOST_NAMED + 2)
        named = [document["_id"] async for document in cursor]
        if len(named) > MOST_NAMED:
            raise SEARCH_TOO_WIDE(field="search", most=MOST_NAMED)
        return named

    async def tallies(self, lists: Sequence[EnrollmentSelection], visibility: Visibility) -> list[Tally]:
        """How many enrollments of each list the reader may see, of which one project, and when the first offer ends."""
        wheres = [all_of(selection.condition(), visibility.condition()) for selection in lists]
        return await tallies(self.collection, wheres, by="project", least="offer_expires_at")

    async def visible(self, keys: Sequence[str], visibility: Visibility) -> dict[str, Enrollment]:
        """Those of the enrollments that the reader may see, by id."""
        where = all_of({"_id": {"$in": list(keys)}}, visibility.condition())
        return {enrollment.id: enrollment for enrollment in await self.query(where)}

    async def teachers_met(self, keys: Sequence[str], visibility: Visibility) -> set[str]:
        """Which of the teachers have an enrollment that the reader may see."""
        where = all_of({"teacher": {"$in": list(keys)}}, visibility.condition())
        return set(await self.collection.distinct("teacher", where))

    async def schools_met(self, keys: Sequence[str], visibility: Visibility) -> set[str]:
        """Which of the schools have an enrollment that the reader may see."""
        where = all_of({"school": {"$in": list(keys)}}, visibility.condition())
        return set(await self.collection.distinct("school", where))

    async def class_of(self, project: str, visibility: Visibility) -> list[Enrollment]:
        """The enrollments that have had a seat in a project, as far as the reader may see them, in order of sign-up."""
        where = all_of({"project": project, "status": {"$in": list(ADMITTED)}}, visibility.condition())
        return await self.query(where)

    async def under_way(self, teacher: str, school: str) -> bool:
        """Whether a school has an enrollment of the teacher that has not ended (R20)."""
        where = {"teacher": teacher, "school": school, "live": True}
        return await self.collection.find_one(where, {"_id": 1}) is not None

    async def admitted(self, teacher: str, bases: Sequence[str]) -> tuple[str, str] | None:
        """The school, with its province, of the teacher's latest enrollment that one of the bases has accepted (R41).

        None where they have accepted none.
        """
        where = {"teacher": teacher, "base": {"$in": list(bases)}, "status": {"$in": list(ADMITTED)}}
        found = await self.collection.find_one(where, {"school": 1, "province": 1}, sort=[("_id", DESCENDING)])
        return (found["school"], found["province"]) if found else None

    async def _ids(self, where: Document, *, sort: Sequence[tuple[str, int]] = _BY_ID, limit: int = 0) -> list[str]:
        cursor = self.collection.find(where, {"_id": 1}, sort=list(sort), limit=limit, batch_size=BATCH)
        return [document["_id"] async for document in cursor]
