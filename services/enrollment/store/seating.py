"""The counters of seats and the accepted dates of persons, written only with enrollments (R19, R23, notes N21)."""

import random
from collections.abc import Iterable, Sequence
from datetime import date

from pymongo import UpdateOne

from chassis.storage.mongo import BATCH, Database, Document, Session, from_document, to_document
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.domain.commitments import Commitments
from services.enrollment.domain.project import Project
from services.enrollment.domain.seats import Seats

_DOORS = 8  # two processes at the same door conflict; one process keeps to one door
_LEFT = {"$expr": {"$lt": [{"$add": ["$accepted", "$offered"]}, "$capacity"]}}


class Seating:
    """One `seats` document a project and one `persons` document a teacher.

    Besides, each project has some `doors` documents. A step that moves no seat would not conflict with a change of its
    project; therefore it writes one door, and the change writes all of them. A school has doors too: what begins at it
    writes one, and its end writes all.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self.seats = database["seats"]
        self.doors = database["doors"]
        self.persons = database["persons"]
        self._door = random.randrange(_DOORS)  # noqa: S311 - not a secret

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.persons.create_index("accepted.project", name="project")
        await self.seats.create_index("waitlisted", partialFilterExpression={"waitlisted": {"$gt": 0}}, name="waiting")

    async def create_seats(self, seats: Seats, session: Session) -> None:
        """Create a project's seats where there are none."""
        document = to_document(seats)
        key = document.pop("_id")
        await self.seats.update_one({"_id": key}, {"$setOnInsert": document}, upsert=True, session=session)

    async def load_seats(self, projects: Iterable[str], unit: UnitOfWork) -> dict[str, Seats]:
        """The seats of projects, to be moved in this unit of work; by project."""
        return await self._seats({"_id": {"$in": list(projects)}}, unit.session)

    async def load_commitments(self, teachers: Iterable[str], unit: UnitOfWork) -> dict[str, Commitments]:
        """The accepted dates of teachers, to be changed in this unit of work; by teacher, of each of them."""
        commitments = {teacher: Commitments(teacher) for teacher in teachers}
        if commitments:
            where = {"_id": {"$in": list(commitments)}}
            async for document in self.persons.find(where, batch_size=BATCH, session=unit.session):
                commitments[document["_id"]] = from_document(document, Commitments)
        return commitments

    def store_seats(self, read: Seats, seats: Seats, project: Project, unit: UnitOfWork) -> None:
        """Stage counters that have moved, and with them which version of the project they were moved for.

        Args:
            read: As they were loaded.
            seats: As the unit of work leaves them.
            project: The project that the steps were decided on.
            unit: The unit of work.
        """
        document = to_document(seats) | {"project_version": project.version}
        key = document.pop("_id")
        unit.guard(self.seats, UpdateOne({"_id": key, "version": read.version}, {"$set": document}))

    def store_commitments(self, commitments: Commitments, unit: UnitOfWork) -> None:
        """Stage the accepted dates of a teacher. They were loaded in this transaction, so nobody has changed them."""
        document = to_document(commitments)
        key = document.pop("_id")
        unit.guard(self.persons, UpdateOne({"_id": key}, {"$set": document}, upsert=True))

    def guard(self, project: Project, unit: UnitOfWork, *, cached: bool) -> None:
        """Stage the write of a door, so that this unit of work and a change of its project conflict (notes N21).

        One of the two then runs again. Without the conflict a sign-up could commit after the project was cancelled, and
        the sweep would miss it (R33). The project and its seats are not written: sign-ups would then conflict with
        every decision. A retry takes another door, for two processes at one door conflict.

        Args:
            project: The project that steps were decided on.
            unit: The unit of work.
            cached: Whether the project comes from a cache; the door then checks its version.
        """
        if not unit.may_use_caches:
            self._door = random.randrange(_DOORS)  # noqa: S311 - not a secret
        key = {"_id": f"{project.id}:{self._door}"}
        if cached:
            unit.guard(self.doors, UpdateOne(key | {"project_version": project.version}, {"$inc": {"met": 1}}))
        else:
            unit.guard(self.doors, _touch(project, self._door))

    async def touch_all(self, project: Project, session: Session) -> None:
        """Write the seats and all doors of a project that changes: steps under way conflict, caches are found stale.

        Args:
            project: With its new version.
            session: The transaction of the change.
        """
        version = {"project_version": project.version}
        await self.seats.update_one({"_id": project.id}, {"$set": version}, session=session)
        await self.doors.bulk_write([_touch(project, number) for number in range(_DOORS)], session=session)

    def guard_school(self, school: str, unit: UnitOfWork) -> None:
        """Stage the write of a school's door, so that this unit of work and the end of the school conflict (R3).

        One of the two then runs again: what has begun before the end is seen by it, and afterwards nothing begins.

        Args:
            school: The code of a school that was read as open in this unit of work.
            unit: The unit of work.
        """
        if not unit.may_use_caches:
            self._door = random.randrange(_DOORS)  # noqa: S311 - not a secret
        unit.guard(self.doors, _meet(school, self._door))

    def touch_school(self, school: str, unit: UnitOfWork) -> None:
        """Stage the write of all doors of a school that ends, or is open again (R3)."""
        for number in range(_DOORS):
            unit.guard(self.doors, _meet(school, number))

    def open_person(self, teacher: str, unit: UnitOfWork) -> None:
        """Stage the document of a teacher's accepted dates, together with the teacher."""
        unit.put(self.persons, UpdateOne({"_id": teacher}, {"$setOnInsert": {"accepted": []}}, upsert=True))

    async def seats_of(self, projects: Sequence[str]) -> dict[str, Seats]:
        """The seats of projects, in one operation."""
        return await self._seats({"_id": {"$in": list(projects)}})

    async def seats_to_offer(self, project: str | None = None) -> list[Seats]:
        """The seats of the projects that have a free seat and a waiting list (R25); of one where it is named."""
        about: Document = {"_id": project} if project else {}
        return list((await self._seats({**about, "waitlisted": {"$gt": 0}, **_LEFT})).values())

    async def move_dates(self, project: str, starts_on: date, ends_on: date, session: Session) -> None:
        """Move the accepted dates of everybody accepted by a project (R18).

        An acceptance under way that has read the old dates conflicts with `touch_all`, and runs again.

        Args:
            project: The project's id.
            starts_on: The new first day.
            ends_on: The new last day.
            session: The transaction.
        """
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
        return [
            (here.enrollment, elsewhere.enrollment)
            for commitments in await self._in_conflict({"accepted.project": project})
            for here, elsewhere in commitments.conflicts()
            if here.project == project
        ]

    async def overlaps_of(self, teachers: Sequence[str]) -> dict[str, frozenset[str]]:
        """Ids of each teacher's accepted enrollments whose dates overlap another one, in one operation (R19)."""
        return {
            commitments.id: frozenset(interval.enrollment for interval, _ in commitments.conflicts())
            for commitments in await self._in_conflict({"_id": {"$in": list(teachers)}})
        }

    async def _seats(self, where: Document, session: Session | None = None) -> dict[str, Seats]:
        cursor = self.seats.find(where, batch_size=BATCH, session=session)
        return {document["_id"]: from_document(document, Seats) async for document in cursor}

    async def _in_conflict(self, where: Document) -> list[Commitments]:
        """Those of the persons who may have overlapping dates: who has at least two."""
        cursor = self.persons.find({**where, "accepted.1": {"$exists": True}}, batch_size=BATCH)
        return [from_document(document, Commitments) async for document in cursor]


def _meet(school: str, number: int) -> UpdateOne:
    return UpdateOne({"_id": f"school:{school}:{number}"}, {"$inc": {"met": 1}}, upsert=True)


def _touch(project: Project, number: int) -> UpdateOne:
    change = {"$inc": {"met": 1}, "$set": {"project_version": project.version}}
    return UpdateOne({"_id": f"{project.id}:{number}"}, change, upsert=True)
