"""The counters of seats and the accepted dates of persons, guarded by conditional writes (R19, R23, notes N21)."""

from collections.abc import Sequence
from datetime import date
from itertools import permutations
from zlib import crc32

from pymongo import ReturnDocument, UpdateOne

from chassis.storage.mongo import Database, Document, Session, from_document, to_document
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.project import Project
from services.enrollment.domain.refusals import CLASS_FULL, OVERLAPPING_ACCEPTANCE
from services.enrollment.domain.seats import (
    ADMITTED,
    Counter,
    Seats,
    difference,
    takes_seat,
)

_DOORS = 8  # two sign-ups by the same door conflict too, so one door would make a rush run one by one
_LEFT = {"$expr": {"$lt": [{"$add": ["$accepted", "$offered"]}, "$capacity"]}}


class Seating:
    """One `seats` document a project and one `persons` document a teacher, written only with an enrollment.

    Besides, each project has some `doors` documents. A sign-up takes no seat, so it would not conflict with a change of
    its project; therefore it writes one door, and the change writes all of them.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self.seats = database["seats"]
        self.doors = database["doors"]
        self.persons = database["persons"]

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.persons.create_index("accepted.project", name="project")
        await self.seats.create_index("waitlisted", partialFilterExpression={"waitlisted": {"$gt": 0}}, name="waiting")

    async def create_seats(self, seats: Seats, session: Session) -> None:
        """Create a project's seats where there are none."""
        document = to_document(seats)
        key = document.pop("_id")
        await self.seats.update_one({"_id": key}, {"$setOnInsert": document}, upsert=True, session=session)

    async def enter(self, project: str, person: str, session: Session) -> None:
        """Write a door for a sign-up, so that it and a change of the project conflict (notes N21).

        One of the two transactions then runs again. Without the conflict a sign-up could commit after the project was
        cancelled, and the sweep would miss it (R33). The project and its seats are not written: sign-ups would then
        conflict with every decision.

        Args:
            project: The project's id.
            person: The teacher's id; it chooses the door.
            session: The transaction of the sign-up.
        """
        await self.doors.bulk_write([_touch(project, crc32(person.encode()) % _DOORS)], session=session)

    async def pass_doors(self, project: str, session: Session) -> None:
        """Write all doors of a project that changes, so that sign-ups under way conflict with the change."""
        await self.doors.bulk_write([_touch(project, number) for number in range(_DOORS)], session=session)

    async def open_person(self, teacher: str, session: Session) -> None:
        """Create the document of a teacher's accepted dates, together with the teacher."""
        await self.persons.insert_one({"_id": teacher, "accepted": []}, session=session)

    async def open_persons(self, teachers: Sequence[str], session: Session) -> None:
        """Create the documents of several teachers' accepted dates, together with the teachers."""
        await self.persons.insert_many([{"_id": teacher, "accepted": []} for teacher in teachers], session=session)

    async def seats_of(self, projects: Sequence[str]) -> dict[str, Seats]:
        """The seats of projects, in one operation."""
        cursor = self.seats.find({"_id": {"$in": list(projects)}})
        return {document["_id"]: from_document(document, Seats) async for document in cursor}

    async def projects_to_offer(self) -> list[str]:
        """Ids of the projects that have a free seat and a waiting list (R25)."""
        cursor = self.seats.find({"waitlisted": {"$gt": 0}, **_LEFT}, {"_id": 1})
        return [document["_id"] async for document in cursor]

    async def settle(
        self, before: Enrollment | None, after: Enrollment, project: Project, session: Session
    ) -> Seats | None:
        """Move the counters and the person's accepted dates with a step of an enrollment.

        Nothing is read before: the conditions of the writes refuse, so that no other transaction can come between.

        Args:
            before: The enrollment before the step; None for one that is created with its seat.
            after: The enrollment after it.
            project: Its project.
            session: The transaction.

        Returns:
            The seats as the step leaves them, None where it moves none.

        Raises:
            Refusal: `CLASS_FULL` or `OVERLAPPING_ACCEPTANCE`.
        """
        seats = await self._move_counters(project, difference(before.status if before else None, after.status), session)
        was_admitted, is_admitted = before is not None and before.status in ADMITTED, after.status in ADMITTED
        if is_admitted and not was_admitted:
            await self._hold(after, project, session)
        elif was_admitted and not is_admitted:
            await self._free(after, session)
        return seats

    async def move_dates(self, project: str, starts_on: date, ends_on: date, session: Session) -> None:
        """Move the accepted dates of everybody accepted by a project (R18).

        The seats are written too. An acceptance that has read the old dates writes them as well, so the two conflict
        and one runs again; otherwise each would miss the other (write skew, notes N21).

        Args:
            project: The project's id.
            starts_on: The new first day.
            ends_on: The new last day.
            session: The transaction.
        """
        await self.seats.update_one({"_id": project}, {"$inc": {"moves": 1}}, session=session)
        dates = {
            "accepted.$[interval].starts_on": starts_on.isoformat(),
            "accepted.$[interval].ends_on": ends_on.isoformat(),
        }
        await self.persons.update_many(
            {"accepted.project": project},
            {"$set": dates},
            array_filters=[{"interval.project": project}],
            session=session,
        )

    async def overlapping(self, project: str) -> list[tuple[str, str]]:
        """Pairs `(enrollment here, enrollment elsewhere)` of accepted enrollments with overlapping dates (R19)."""
        cursor = self.persons.find({"accepted.project": project, "accepted.1": {"$exists": True}})
        return [
            (here["enrollment"], other["enrollment"])
            async for person in cursor
            for here, other in _overlapping(person["accepted"])
            if here["project"] == project
        ]

    async def overlaps_of(self, teachers: Sequence[str]) -> dict[str, frozenset[str]]:
        """Ids of each teacher's accepted enrollments whose dates overlap another one, in one operation (R19)."""
        cursor = self.persons.find({"_id": {"$in": list(teachers)}, "accepted.1": {"$exists": True}})
        return {
            person["_id"]: frozenset(interval["enrollment"] for interval, _ in _overlapping(person["accepted"]))
            async for person in cursor
        }

    async def _move_counters(self, project: Project, changes: dict[Counter, int], session: Session) -> Seats | None:
        if not changes:
            return None
        guard = _LEFT if takes_seat(changes) else {}
        increments = {counter.value: change for counter, change in changes.items()} | {"version": 1}
        document = await self.seats.find_one_and_update(
            {"_id": project.id} | guard,
            {"$inc": increments},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if document is None:
            raise CLASS_FULL(capacity=project.capacity)
        return from_document(document, Seats)

    async def _hold(self, enrollment: Enrollment, project: Project, session: Session) -> None:
        interval = {
            "enrollment": enrollment.id,
            "project": project.id,
            "starts_on": project.starts_on.isoformat(),
            "ends_on": project.ends_on.isoformat(),
        }
        free = {"accepted": {"$not": {"$elemMatch": _overlaps(project.starts_on, project.ends_on)}}}
        result = await self.persons.update_one(
            {"_id": enrollment.teacher} | free, {"$push": {"accepted": interval}}, session=session
        )
        if result.matched_count == 0:
            raise OVERLAPPING_ACCEPTANCE()

    async def _free(self, enrollment: Enrollment, session: Session) -> None:
        await self.persons.update_one(
            {"_id": enrollment.teacher}, {"$pull": {"accepted": {"enrollment": enrollment.id}}}, session=session
        )


def _overlapping(accepted: Sequence[Document]) -> list[tuple[Document, Document]]:
    """Every two intervals that have a day in common, in both orders."""
    return [
        (first, second)
        for first, second in permutations(accepted, 2)
        if first["starts_on"] <= second["ends_on"] and second["starts_on"] <= first["ends_on"]
    ]


def _overlaps(starts_on: date, ends_on: date) -> Document:
    """The condition that a stored interval has a day in common with these days, first and last included."""
    return {"starts_on": {"$lte": ends_on.isoformat()}, "ends_on": {"$gte": starts_on.isoformat()}}


def _touch(project: str, number: int) -> UpdateOne:
    return UpdateOne({"_id": f"{project}:{number}"}, {"$inc": {"met": 1}}, upsert=True)
