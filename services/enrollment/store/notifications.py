"""Deliveries and notices in MongoDB (R24); an attempt is claimed by one write and settled by another."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, UpdateOne

from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import BATCH, Database, Document, Session, from_document, to_document
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.notification_texts import Names
from services.enrollment.domain.notifications import Delivery, Notice, NoticeKind, content_id, order_of
from services.enrollment.domain.project import Project
from services.enrollment.domain.school import School
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import DeliveryChannel, DeliveryFault, DeliveryState
from services.enrollment.store.visibility import NOTHING, own_province

_BY_ID = [("_id", ASCENDING)]
_WINDOW = 200
_LATEST = [("_id", DESCENDING)]
_UNDELIVERED = {"$in": [DeliveryState.PENDING.value, DeliveryState.FAILED.value]}


class Deliveries(Repository[Delivery]):
    """One document a delivery, of all channels.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "deliveries", Delivery, producer="enrollment", noun="delivery")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.create_index([("state", ASCENDING), ("due", ASCENDING)], name="due")
        await self.collection.create_index([("enrollment", ASCENDING)], name="enrollment")
        undelivered = [("year", ASCENDING), ("state", ASCENDING), ("_id", ASCENDING)]
        await self.collection.create_index(undelivered, name="left")
        for owner in ("school", "province"):
            await self.collection.create_index([(owner, ASCENDING), *undelivered], name=f"left_of_{owner}")

    async def claim(self, channel: DeliveryChannel, now: datetime, until: datetime, most: int) -> list[Delivery]:
        """Claim the deliveries that have waited longest, each for one attempt; no other process gets them meanwhile.

        Args:
            channel: The channel; documents of earlier releases name none and are the inbox's.
            now: Real time.
            until: Real time at which others may try again, should this process die.
            most: How many at the most.

        Returns:
            Those claimed; none only where none is due.
        """
        mail = DeliveryChannel.EMAIL.value
        due = {
            "state": DeliveryState.PENDING.value,
            "due": {"$not": {"$gt": now}},
            "channel": mail if channel is DeliveryChannel.EMAIL else {"$ne": mail},
        }
        while waiting := await self.query(due, sort=[("due", ASCENDING)], limit=most):
            token = new_id()
            claim = {"$set": {"due": until, "claim": token}, "$inc": {"attempts": 1, "version": 1}}
            result = await self.collection.update_many(_as_read(waiting), claim)
            if result.matched_count == len(waiting):
                return [replace(row, attempts=row.attempts + 1, version=row.version + 1, due=until) for row in waiting]
            # Other processes were faster with some of them.
            if claimed := await self.query({"_id": {"$in": [row.id for row in waiting]}, "claim": token}):
                return claimed
        return []

    async def delivered(self, deliveries: Sequence[Delivery], now: datetime) -> int:
        """Settle attempts that succeeded.

        Args:
            deliveries: As they were claimed.
            now: Domain time.

        Returns:
            How many were settled; one that is not the delivery's last attempt any more changes nothing.
        """
        changes = {"state": DeliveryState.DELIVERED.value, "delivered_at": now, "due": None, "fault": None}
        return await self._settle(deliveries, changes)

    async def reschedule(self, deliveries: Sequence[Delivery], fault: DeliveryFault, until: datetime) -> int:
        """Settle attempts that failed and are to be repeated.

        Args:
            deliveries: As they were claimed.
            fault: Why the attempts failed.
            until: Real time before which nobody tries again.

        Returns:
            How many were settled, as for `delivered`.
        """
        return await self._settle(deliveries, {"due": until, "fault": fault.value})

    async def fail(self, deliveries: Sequence[Delivery], fault: DeliveryFault) -> int:
        """Settle attempts that failed for good; how many were settled, as for `delivered`."""
        return await self._settle(deliveries, {"state": DeliveryState.FAILED.value, "due": None, "fault": fault.value})

    async def by_enrollment(self, enrollments: Sequence[str]) -> dict[str, list[Delivery]]:
        """The deliveries of enrollments in order, by enrollment."""
        deliveries: dict[str, list[Delivery]] = {key: [] for key in enrollments}
        for delivery in await self.query({"enrollment": {"$in": list(enrollments)}}):
            deliveries[delivery.enrollment or ""].append(delivery)
        return deliveries

    def stage(self, deliveries: Iterable[Delivery], unit: UnitOfWork) -> None:
        """Stage deliveries to be made; one that is stored already stays as it is."""
        for delivery in deliveries:
            unit.put(self.collection, _once(delivery))

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Leave deliveries to be made; one that is stored already stays as it is."""
        if deliveries:
            await self.collection.bulk_write([_once(delivery) for delivery in deliveries])

    async def undelivered(self, principal: Principal, year: int, part: PageRequest) -> Sequence[Delivery]:
        """Up to `first + 1` of a year's deliveries that have not arrived, the oldest first."""
        where = all_of(_undelivered(principal, year), after_position(_BY_ID, part.after))
        return await self.query(where, limit=part.first + 1)

    async def count_undelivered(self, principal: Principal, year: int) -> int:
        """How many of a year's deliveries have not arrived."""
        return await self.collection.count_documents(_undelivered(principal, year))

    async def count_failed(self, principal: Principal, years: Sequence[int]) -> dict[int, int]:
        """How many deliveries of some years no attempt will make any more, of those that the reader may see, by year.

        They are among `undelivered` of that year. A digest is of no year and so in neither: the next one says the same.
        """
        own = _readable_by(principal)
        failed = {"year": {"$in": list(years)}, "state": DeliveryState.FAILED.value, **own}
        rows = await self.collection.aggregate(
            [{"$match": failed}, {"$group": {"_id": "$year", "count": {"$sum": 1}}}], batchSize=BATCH
        )
        return {row["_id"]: row["count"] async for row in rows}

    async def _settle(self, deliveries: Sequence[Delivery], changes: Document) -> int:
        result = await self.collection.update_many(_as_read(deliveries), {"$set": changes, "$inc": {"version": 1}})
        return result.matched_count


class Notices:
    """The entries of inboxes, and what they call their subjects.

    Args:
        database: The service's database.
        enrollments: The repository of enrollments.
        teachers: The repository of teachers.
        schools: The repository of schools.
        projects: The repository of projects.
    """

    def __init__(
        self,
        database: Database,
        *,
        enrollments: Repository[Enrollment],
        teachers: Repository[Teacher],
        schools: Repository[School],
        projects: Repository[Project],
    ) -> None:
        self.collection = database["notices"]
        self._enrollments = enrollments
        self._teachers = teachers
        self._schools = schools
        self._projects = projects

    async def prepare(self) -> None:
        """Create the indexes: of a box, latest first; of what is unread in it; of all that is unread, by time."""
        await self.collection.create_index([("to", ASCENDING), ("_id", DESCENDING)], name="box")
        unread = [("to", ASCENDING), ("read_at", ASCENDING), ("_id", DESCENDING)]
        await self.collection.create_index(unread, name="unread")
        await self.collection.create_index([("read_at", ASCENDING), ("_id", ASCENDING)], name="new")

    def stage(self, notices: Iterable[Notice], unit: UnitOfWork) -> None:
        """Stage notices for their boxes; a second time changes nothing."""
        for notice in notices:
            unit.put(self.collection, _once(notice))

    async def put(self, notices: Sequence[Notice]) -> None:
        """Place notices in their boxes; a second time changes nothing, and one that fails holds up no other."""
        if notices:
            await self.collection.bulk_write([_once(notice) for notice in notices], ordered=False)

    async def contents(self, boxes: Sequence[str], kind: NoticeKind, session: Session) -> set[str]:
        """What notices of a kind the boxes hold, `Notice.content_id` each."""
        where = {"to": {"$in": list(boxes)}, "kind": kind.value}
        return {content_id(row["_id"]) async for row in self.collection.find(where, {"_id": 1}, session=session)}

    async def page(self, boxes: Sequence[str], part: PageRequest, *, unread: bool = False) -> list[Notice]:
        """Up to `first + 1` notices of some boxes after a position, the latest first.

        Args:
            boxes: Such as `teacher:<id>`.
            part: Which part of the list.
            unread: Only those that nobody has marked read.
        """
        where = all_of(_in_boxes(boxes, unread=unread), after_position(_LATEST, part.after))
        cursor = self.collection.find(where, sort=_LATEST, limit=part.first + 1)
        return [from_document(document, Notice) async for document in cursor]

    async def count(self, boxes: Sequence[str], *, unread: bool = False) -> int:
        """How many notices the boxes hold."""
        return await self.collection.count_documents(_in_boxes(boxes, unread=unread))

    async def boxes_with_news(self, since: datetime) -> AsyncIterator[list[str]]:
        """The inboxes with an unread notice that is not older, up to 200 at a time, in no particular order."""
        pipeline: list[Document] = [
            {"$match": {"read_at": None, "_id": {"$gte": order_of(since)}}},
            {"$group": {"_id": "$to"}},
        ]
        window: list[str] = []
        async for row in await self.collection.aggregate(pipeline, batchSize=BATCH):
            window.append(row["_id"])
            if len(window) == _WINDOW:
                yield window
                window = []
        if window:
            yield window

    async def names_of(self, notices: Sequence[Notice]) -> dict[Notice, Names]:
        """What notices call their subjects, as it is now, so that a corrected name is the one that they say (R41).

        A province reads the school's name and not the trainee's, as it does of enrollments (R27). Four reads at most.
        """
        loaded = await self._enrollments.find_many([notice.enrollment for notice in notices if notice.enrollment])
        enrollments = {enrollment.id: enrollment for enrollment in loaded if enrollment}
        people = [enrollment.teacher for enrollment in enrollments.values()]
        people += [notice.facts.successor for notice in notices if notice.facts.successor]
        people += [notice.facts.person for notice in notices if notice.facts.person]
        teachers = {teacher.id: teacher.name for teacher in await self._teachers.find_many(people) if teacher}
        codes = [enrollment.school for enrollment in enrollments.values()]
        facts = [notice.facts for notice in notices]
        codes += [code for fact in facts for code in (fact.school, fact.into) if code]
        schools = {school.id: school.name for school in await self._schools.find_many(codes) if school}
        keys = [notice.project for notice in notices if notice.project]
        projects = {project.id: project for project in await self._projects.find_many(keys) if project}

        def names(notice: Notice) -> Names:
            enrollment, project = enrollments.get(notice.enrollment or ""), projects.get(notice.project or "")
            shown = {} if notice.to.startswith("province:") else teachers
            from_outside = enrollment is not None and not notice.to.startswith("school:")
            return Names(
                person=shown.get(enrollment.teacher if enrollment else notice.facts.person or ""),
                school=schools.get(enrollment.school if enrollment and from_outside else notice.facts.school or ""),
                title=project.title if project else None,
                code=project.code if project else None,
                successor=shown.get(notice.facts.successor or ""),
                into=schools.get(notice.facts.into or ""),
            )

        return {notice: names(notice) for notice in notices}

    async def mark_read(self, boxes: Sequence[str], keys: Sequence[str], now: datetime) -> list[Notice]:
        """Mark notices read for all who share the boxes; the time of a notice that was read before stays.

        Args:
            boxes: The caller's.
            keys: Ids of notices; those of other boxes are passed over.
            now: Domain time.

        Returns:
            Those of the notices that lie in the boxes.
        """
        where = {"_id": {"$in": list(keys)}, "to": {"$in": list(boxes)}}
        await self.collection.update_many(where | {"read_at": None}, {"$set": {"read_at": now}})
        cursor = self.collection.find(where, sort=_LATEST, batch_size=BATCH)
        return [from_document(document, Notice) async for document in cursor]


def _as_read(deliveries: Iterable[Delivery]) -> Document:
    """A filter for deliveries that nobody has claimed or settled since they were read."""
    by_attempts: dict[int, list[str]] = {}
    for delivery in deliveries:
        by_attempts.setdefault(delivery.attempts, []).append(delivery.id)
    same = [{"attempts": attempts, "_id": {"$in": keys}} for attempts, keys in by_attempts.items()]
    return {"state": DeliveryState.PENDING.value, "$or": same}


def _once(entry: Delivery | Notice) -> UpdateOne:
    document = to_document(entry)
    key = document.pop("_id")
    return UpdateOne({"_id": key}, {"$setOnInsert": document}, upsert=True)


def _in_boxes(boxes: Sequence[str], *, unread: bool) -> Document:
    return {"to": {"$in": list(boxes)}} | ({"read_at": None} if unread else {})


def _undelivered(principal: Principal, year: int) -> Document:
    """The deliveries of a year that have not arrived and that the reader may see."""
    return {"year": year, "state": _UNDELIVERED, **_readable_by(principal)}


def _readable_by(principal: Principal) -> Document:
    """The deliveries that the reader may see: its school's, its province's, or all."""
    match principal.scope:
        case Scope.MINISTRY:
            return {}
        case Scope.SCHOOL if principal.school:
            return {"school": principal.school}
        case Scope.PROVINCE if province := own_province(principal):
            return {"province": province}
        case _:
            return NOTHING
