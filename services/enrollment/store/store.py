"""The collections of enrolment, their indexes, and the reads that the graph needs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pymongo import ASCENDING, DESCENDING

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, from_document, to_document, transact
from chassis.storage.paging import after_position, all_of, counts, pages
from chassis.storage.repository import Repository
from services.enrollment.domain.cut_off import CutOffs
from services.enrollment.domain.enrollment import Enrollment, Step
from services.enrollment.domain.events import EnrollmentEvent
from services.enrollment.domain.funding import Funding
from services.enrollment.domain.notifications import Delivery, Notice
from services.enrollment.domain.project import Project, Round
from services.enrollment.domain.school import School
from services.enrollment.domain.seats import ADMITTED, told
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import LIVE, EnrollmentStatus
from services.enrollment.domain.waitlist import in_order
from services.enrollment.store.feed import Feed, Tail
from services.enrollment.store.funding import FundingBook
from services.enrollment.store.notifications import Deliveries
from services.enrollment.store.progress import ProgressCounts
from services.enrollment.store.reveals import Reveals
from services.enrollment.store.rosters import Rosters
from services.enrollment.store.schools import SchoolList
from services.enrollment.store.seating import Seating
from services.enrollment.store.visibility import EnrollmentSelection, Visibility

COLLECTIONS = ("schools", "teachers", "enrollments", "cut_offs", "funding", "rosters", "reveals")
"""The collections whose documents carry events."""
SEALED = ("schools", "roster_rows", "teachers")
"""The collections whose documents hold sealed numbers (R41), in the order in which a new key reaches them.

A roster's rows go before the teachers that they may become: what was copied under the old seal is seen to after them.
"""

_BY_ID = [("_id", ASCENDING)]
_LATEST = [("_id", DESCENDING)]
T = TypeVar("T")


class Store:
    """Everything enrolment keeps.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.schools: Repository[School] = _repository(database, "schools", School, "school")
        self.teachers: Repository[Teacher] = _repository(database, "teachers", Teacher, "teacher")
        self.enrollments: Repository[Enrollment] = _repository(database, "enrollments", Enrollment, "enrollment")
        self.cut_offs: Repository[CutOffs] = _repository(database, "cut_offs", CutOffs, "cut-off")
        self.deliveries = Deliveries(database)
        self.projects: Repository[Project] = _repository(database, "projects", Project, "project")
        self.rounds: Repository[Round] = _repository(database, "rounds", Round, "round")
        self.funding = FundingBook(database, "funding", Funding, producer="enrollment", noun="funding")
        self.progress = ProgressCounts(database, self.funding)
        self.notices = database["notices"]
        self.school_list = SchoolList(self.schools)
        self.seating = Seating(database)
        self.rosters = Rosters(database, self)
        self.reveals = Reveals(database)
        self.feed = Feed(database)
        self.tail = Tail(self.feed)

    async def prepare(self) -> None:
        """Create the indexes."""
        aggregates = (self.schools, self.teachers, self.enrollments, self.cut_offs, self.funding)
        for part in (*aggregates, self.school_list, self.progress):
            await part.prepare()
        for number in ("id_number", "mobile"):
            await self.teachers.collection.create_index(f"{number}.hash", unique=True, name=number)
        await self.teachers.collection.create_index([("school", ASCENDING), ("_id", ASCENDING)], name="school")
        await self.enrollments.collection.create_index(
            [("teacher", ASCENDING), ("project", ASCENDING)],
            unique=True,
            partialFilterExpression={"live": True},
            name="one_live",
        )
        await self.enrollments.collection.create_index(
            "offer_expires_at", partialFilterExpression={"status": EnrollmentStatus.OFFERED.value}, name="offers"
        )
        await self.enrollments.collection.create_index(
            [("year", ASCENDING), ("escalated_at", ASCENDING)],
            partialFilterExpression={"status": EnrollmentStatus.SUBMITTED.value},
            name="undecided",
        )
        for name, keys in _ENROLLMENT_INDEXES.items():
            await self.enrollments.collection.create_index([(key, ASCENDING) for key in keys], name=name)
        await self.deliveries.prepare()
        await self.notices.create_index([("to", ASCENDING), ("_id", DESCENDING)], name="box")
        await self.seating.prepare()
        await self.rosters.prepare()
        await self.reveals.prepare()
        await self.feed.prepare()

    async def transact(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction (notes N21)."""
        return await transact(self._database.client, work)

    async def settle(
        self,
        before: Enrollment,
        after: Enrollment,
        events: Sequence[EnrollmentEvent],
        project: Project,
        session: Session,
    ) -> Enrollment:
        """Store a step of an enrolment with its seat, its person's time and its events, in one transaction.

        Raises:
            Refusal: `CLASS_FULL`, `OVERLAPPING_ACCEPTANCE` or `STALE_VERSION`; the transaction is then lost.
        """
        seats = await self.seating.settle(before, after, project, session)
        return await self.enrollments.save(after, told(events, seats), session)

    async def succeed(
        self, before: Enrollment, ended: Step, born: Step, project: Project, session: Session
    ) -> Enrollment:
        """Store an enrolment that ends and the one that has its seat from then on (R26).

        The successor is written first: as the outcome of the request, it is the one to keep its mark.

        Returns:
            The successor.

        Raises:
            Refusal: `CLASS_FULL`, `OVERLAPPING_ACCEPTANCE` or `STALE_VERSION`.
            DuplicateKey: The person has a live sign-up for the project.
        """
        freed = await self.seating.settle(before, ended[0], project, session)
        taken = await self.seating.settle(None, born[0], project, session)
        successor = await self.enrollments.insert(born[0], told(born[1], taken), session)
        await self.enrollments.save(ended[0], told(ended[1], freed), session)
        return successor

    async def waiting_list(self, project: str, session: Session) -> list[Enrollment]:
        """The waiting list of a project, in order (R25)."""
        where = {"project": project, "status": EnrollmentStatus.WAITLISTED}
        return in_order(await self.enrollments.query(where, session=session))

    async def overdue_offers(self, now: datetime, limit: int, *, besides: Sequence[str]) -> list[Enrollment]:
        """Offers whose time is over, besides some (R25)."""
        where = {
            "status": EnrollmentStatus.OFFERED,
            "offer_expires_at": {"$lte": now},
            "_id": {"$nin": list(besides)},
        }
        return await self.enrollments.query(where, sort=[("offer_expires_at", ASCENDING)], limit=limit)

    async def undecided(self, year: int, deadline: datetime, limit: int) -> list[Enrollment]:
        """What a base has not decided, and has not been escalated since the deadline that it missed (R23)."""
        fresh = [{"escalated_at": None}, {"escalated_at": {"$lt": deadline}}]
        return await self.enrollments.query(
            {"status": EnrollmentStatus.SUBMITTED, "year": year, "$or": fresh}, limit=limit
        )

    async def list_enrollments(
        self, selection: EnrollmentSelection, visibility: Visibility, part: PageRequest
    ) -> list[Enrollment]:
        """Up to `first + 1` visible enrolments after a position, in the order of sign-up."""
        where = all_of(selection.condition(), visibility.condition(), after_position(_BY_ID, part.after))
        return await self.enrollments.query(where, limit=part.first + 1)

    async def count_enrollments(self, selection: EnrollmentSelection, visibility: Visibility) -> int:
        """How many enrolments the reader may see."""
        where = all_of(selection.condition(), visibility.condition())
        return await self.enrollments.collection.count_documents(where)

    async def enrollment_pages(
        self, lists: Sequence[tuple[EnrollmentSelection, PageRequest]], visibility: Visibility
    ) -> list[list[Enrollment]]:
        """Of each list up to `first + 1` visible enrolments after a position, in the order of sign-up."""
        found = await pages(
            self.enrollments.collection,
            [
                (all_of(one.condition(), visibility.condition(), after_position(_BY_ID, part.after)), part.first + 1)
                for one, part in lists
            ],
            _BY_ID,
        )
        return [[from_document(document, Enrollment) for document in rows] for rows in found]

    async def enrollment_counts(self, lists: Sequence[EnrollmentSelection], visibility: Visibility) -> list[int]:
        """How many enrolments of each list the reader may see."""
        wheres = [all_of(one.condition(), visibility.condition()) for one in lists]
        return await counts(self.enrollments.collection, wheres)

    async def visible_enrollments(self, keys: Sequence[str], visibility: Visibility) -> dict[str, Enrollment]:
        """Those of the enrolments that the reader may see."""
        where = all_of({"_id": {"$in": list(keys)}}, visibility.condition())
        return {one.id: one for one in await self.enrollments.query(where)}

    async def live_enrollments(
        self, project: str, statuses: Sequence[EnrollmentStatus] = tuple(LIVE), session: Session | None = None
    ) -> list[Enrollment]:
        """The enrolments of a project that are still under way."""
        where = {"project": project, "status": {"$in": list(statuses)}}
        return await self.enrollments.query(where, session=session)

    async def teachers_met(self, keys: Sequence[str], visibility: Visibility) -> set[str]:
        """Which of the teachers have an enrolment that the reader may see."""
        where = all_of({"teacher": {"$in": list(keys)}}, visibility.condition())
        return set(await self.enrollments.collection.distinct("teacher", where))

    async def admitted(self, teacher: str, bases: Sequence[str]) -> bool:
        """Whether one of the bases has accepted the teacher (R41)."""
        where = {"teacher": teacher, "base": {"$in": list(bases)}, "status": {"$in": list(ADMITTED)}}
        return await self.enrollments.collection.find_one(where, {"_id": 1}) is not None

    async def list_teachers(self, lists: Sequence[tuple[str, PageRequest]]) -> list[list[Teacher]]:
        """Of each school up to `first + 1` teachers after a position."""
        found = await pages(
            self.teachers.collection,
            [
                (all_of({"school": school}, after_position(_BY_ID, part.after)), part.first + 1)
                for school, part in lists
            ],
            _BY_ID,
        )
        return [[from_document(document, Teacher) for document in rows] for rows in found]

    async def count_teachers(self, schools: Sequence[str]) -> list[int]:
        """How many teachers each school has on file."""
        return await counts(self.teachers.collection, [{"school": school} for school in schools])

    async def deliveries_of(self, enrollments: Sequence[str]) -> dict[str, list[Delivery]]:
        """The deliveries of enrolments, by enrolment, in order."""
        found: dict[str, list[Delivery]] = {key: [] for key in enrollments}
        for one in await self.deliveries.query({"enrollment": {"$in": list(enrollments)}}):
            found[one.enrollment].append(one)
        return found

    async def add_deliveries(self, deliveries: Sequence[Delivery], session: Session | None = None) -> None:
        """Leave deliveries to be made; those that are there stay as they are."""
        for one in deliveries:
            document = to_document(one)
            key = document.pop("_id")
            await self.deliveries.collection.update_one(
                {"_id": key}, {"$setOnInsert": document}, upsert=True, session=session
            )

    async def put_notice(self, notice: Notice, session: Session | None = None) -> None:
        """Place a notice in its box; a second time changes nothing."""
        document: Document = to_document(notice)
        key = document.pop("_id")
        await self.notices.update_one({"_id": key}, {"$setOnInsert": document}, upsert=True, session=session)

    async def list_notices(self, boxes: Sequence[str], part: PageRequest, *, unread: bool = False) -> list[Notice]:
        """Up to `first + 1` notices of some boxes after a position, the latest first."""
        where = all_of(_in(boxes, unread=unread), after_position(_LATEST, part.after))
        cursor = self.notices.find(where, sort=_LATEST, limit=part.first + 1)
        return [from_document(document, Notice) async for document in cursor]

    async def count_notices(self, boxes: Sequence[str], *, unread: bool = False) -> int:
        """How many notices the boxes hold."""
        return await self.notices.count_documents(_in(boxes, unread=unread))

    async def mark_read(self, boxes: Sequence[str], keys: Sequence[str], now: datetime) -> list[Notice]:
        """Mark notices of the boxes read, for all who share them; those that were stay as they are."""
        where = {"_id": {"$in": list(keys)}, "to": {"$in": list(boxes)}}
        await self.notices.update_many(where | {"read_at": None}, {"$set": {"read_at": now}})
        return [from_document(document, Notice) async for document in self.notices.find(where, sort=_LATEST)]


def _in(boxes: Sequence[str], *, unread: bool) -> Document:
    return {"to": {"$in": list(boxes)}} | ({"read_at": None} if unread else {})


_ENROLLMENT_INDEXES: dict[str, tuple[str, ...]] = {
    "project": ("project", "status", "_id"),
    "base": ("base", "_id"),
    "school": ("school", "_id"),
    "teacher": ("teacher", "_id"),
    "province": ("province", "year", "status"),
}


def _repository(database: Database, collection: str, kind: type[Any], noun: str) -> Repository[Any]:
    return Repository(database, collection, kind, producer="enrollment", noun=noun)
