"""The two guards of an acceptance: seats of a project, and the time of a person (R19, R23, notes N21)."""

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

_DOORS = 8  # many sign up for one project at a time, and two by one door meet each other too
_LEFT = {"$expr": {"$lt": [{"$add": ["$accepted", "$offered"]}, "$capacity"]}}


class Seating:
    """One `seats` document a project and one `persons` document a teacher, changed only with an enrollment.

    Some `doors` documents a project besides, for those who take no seat yet.

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

    async def open_project(self, seats: Seats, session: Session) -> None:
        """Create a project's seats where there are none."""
        fresh = to_document(seats)
        key = fresh.pop("_id")
        await self.seats.update_one({"_id": key}, {"$setOnInsert": fresh}, upsert=True, session=session)

    async def enter(self, project: str, person: str, session: Session) -> None:
        """Sign up by one of the project's doors; whoever moves it at that moment meets one there (notes N21).

        One of the two runs again, so nobody signs up for a project that was called off meanwhile, whose sweep would
        miss the sign-up (R33). Neither the project nor its seats are written, which others must be able to write.
        """
        await self.doors.bulk_write([_met(project, crc32(person.encode()) % _DOORS)], session=session)

    async def pass_doors(self, project: str, session: Session) -> None:
        """Meet whoever signs up for the project at the moment it moves."""
        await self.doors.bulk_write([_met(project, number) for number in range(_DOORS)], session=session)

    async def open_person(self, teacher: str, session: Session) -> None:
        """Create a person's guard, with the person."""
        await self.persons.insert_one({"_id": teacher, "accepted": []}, session=session)

    async def open_persons(self, teachers: Sequence[str], session: Session) -> None:
        """Create the guards of several persons, with the persons."""
        await self.persons.insert_many([{"_id": teacher, "accepted": []} for teacher in teachers], session=session)

    async def seats_of(self, projects: Sequence[str]) -> dict[str, Seats]:
        """The seats of projects, in one operation."""
        cursor = self.seats.find({"_id": {"$in": list(projects)}})
        return {document["_id"]: from_document(document, Seats) async for document in cursor}

    async def wanted(self) -> list[str]:
        """The projects that have a free seat and somebody who waits for one (R25)."""
        cursor = self.seats.find({"waitlisted": {"$gt": 0}, **_LEFT}, {"_id": 1})
        return [document["_id"] async for document in cursor]

    async def settle(
        self, before: Enrollment | None, after: Enrollment, project: Project, session: Session
    ) -> Seats | None:
        """Move the counters and the person's time with an enrollment; no look before, the writes themselves refuse.

        Returns:
            The seats as the step leaves them, None where it moves none.

        Raises:
            Refusal: `CLASS_FULL` or `OVERLAPPING_ACCEPTANCE`.
        """
        seats = await self._count(project, difference(before.status if before else None, after.status), session)
        held, holds = before is not None and before.status in ADMITTED, after.status in ADMITTED
        if holds and not held:
            await self._hold(after, project, session)
        elif held and not holds:
            await self._free(after, session)
        return seats

    async def move_dates(self, project: str, starts_on: date, ends_on: date, session: Session) -> None:
        """Move the held time of everybody accepted by a project (R18).

        The seats are written too: an acceptance that has looked at the old dates writes them as well, so that one of
        the two runs again instead of both missing the other (write skew, notes N21).
        """
        await self.seats.update_one({"_id": project}, {"$inc": {"moves": 1}}, session=session)
        dates = {"accepted.$[one].starts_on": starts_on.isoformat(), "accepted.$[one].ends_on": ends_on.isoformat()}
        await self.persons.update_many(
            {"accepted.project": project}, {"$set": dates}, array_filters=[{"one.project": project}], session=session
        )

    async def overlapping(self, project: str) -> list[tuple[str, str]]:
        """`(enrollment here, enrollment elsewhere)` of everybody whose other acceptance meets this one (R19)."""
        cursor = self.persons.find({"accepted.project": project, "accepted.1": {"$exists": True}})
        return [
            (here["enrollment"], other["enrollment"])
            async for person in cursor
            for here, other in _meeting(person["accepted"])
            if here["project"] == project
        ]

    async def overlaps_of(self, teachers: Sequence[str]) -> dict[str, frozenset[str]]:
        """The accepted enrollments of each person that meet another one of theirs, in one operation (R19)."""
        cursor = self.persons.find({"_id": {"$in": list(teachers)}, "accepted.1": {"$exists": True}})
        return {
            person["_id"]: frozenset(one["enrollment"] for one, _ in _meeting(person["accepted"]))
            async for person in cursor
        }

    async def _count(self, project: Project, changes: dict[Counter, int], session: Session) -> Seats | None:
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
        free = {"accepted": {"$not": {"$elemMatch": _meets(project.starts_on, project.ends_on)}}}
        result = await self.persons.update_one(
            {"_id": enrollment.teacher} | free, {"$push": {"accepted": interval}}, session=session
        )
        if result.matched_count == 0:
            raise OVERLAPPING_ACCEPTANCE()

    async def _free(self, enrollment: Enrollment, session: Session) -> None:
        await self.persons.update_one(
            {"_id": enrollment.teacher}, {"$pull": {"accepted": {"enrollment": enrollment.id}}}, session=session
        )


def _meeting(accepted: Sequence[Document]) -> list[tuple[Document, Document]]:
    """Every two that have a day in common, in both orders."""
    return [
        (one, other)
        for one, other in permutations(accepted, 2)
        if one["starts_on"] <= other["ends_on"] and other["starts_on"] <= one["ends_on"]
    ]


def _meets(starts_on: date, ends_on: date) -> Document:
    """Days that both have, first and last included."""
    return {"starts_on": {"$lte": ends_on.isoformat()}, "ends_on": {"$gte": starts_on.isoformat()}}


def _met(project: str, number: int) -> UpdateOne:
    return UpdateOne({"_id": f"{project}:{number}"}, {"$inc": {"met": 1}}, upsert=True)
