"""Rosters and their rows in MongoDB, and what a row is checked against (R22)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING, DESCENDING, UpdateOne

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, from_document, to_document
from chassis.storage.paging import after_position, all_of, counts, pages
from chassis.storage.repository import Repository
from kernel.refusals import NOT_FOUND
from services.enrollment.domain.roster.check import Facts, RowEntry
from services.enrollment.domain.roster.roster import Roster, Row, RowState
from services.enrollment.domain.school import School
from services.enrollment.domain.vocabulary import RosterState
from services.enrollment.store.feed import Deposed

if TYPE_CHECKING:
    from services.enrollment.store.store import Store

_LATEST = [("_id", DESCENDING)]
_IN_ORDER = [("number", ASCENDING)]
RowsOf = tuple[str, bool | None]
"""A roster, and whether the rows wanted are the bad ones, the good ones, or all."""
_OUTCOME = ("state", "problems", "warnings", "teacher", "enrollment")


class Rosters(Repository[Roster]):
    """One document a roster and one a row; the database removes both when their time is over.

    Args:
        database: The service's database.
        store: What rows are checked against, and put into.
    """

    def __init__(self, database: Database, store: "Store") -> None:
        super().__init__(database, "rosters", Roster, producer="enrollment", noun="roster")
        self._store = store
        self.rows = database["roster_rows"]

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index([("school", ASCENDING), ("_id", DESCENDING)], name="school")
        await self.collection.create_index(
            "committed_at", partialFilterExpression={"state": RosterState.COMMITTING.value}, name="committing"
        )
        await self.rows.create_index([("roster", ASCENDING), ("number", ASCENDING)], name="roster")
        await self._store.projects.collection.create_index("code", name="code")
        for collection in (self.collection, self.rows):
            await collection.create_index("kept_until", expireAfterSeconds=0, name="kept_until")

    async def stage(self, roster: Roster, rows: Sequence[Row], most: int) -> None:
        """Keep a checked roster; of a school's open ones only the latest stay. Rows come first: a roster has its rows.

        Args:
            roster: It.
            rows: Its rows.
            most: How many open ones a school may have.
        """
        await self.rows.insert_many([to_document(row) for row in rows])
        await self.insert(roster)
        where = {"school": roster.school, "state": RosterState.STAGED}
        for one in (await self.query(where, sort=_LATEST))[most:]:
            # One that is put in at this moment is no open one any more, and keeps its rows.
            if await self.collection.find_one_and_delete({"_id": one.id, "state": RosterState.STAGED.value}):
                await self.rows.delete_many({"roster": one.id})

    async def own(self, key: str, school: str) -> Roster:
        """A school's roster.

        Raises:
            Refusal: `NOT_FOUND`, also for another school's.
        """
        found = await self.find(key)
        if found is None or found.school != school:
            raise NOT_FOUND(kind="roster", id=key)
        return found

    async def list_jobs(self, school: str, part: PageRequest) -> list[Roster]:
        """Up to `first + 1` rosters of a school after a position, the latest first."""
        where = all_of({"school": school}, after_position(_LATEST, part.after))
        return await self.query(where, sort=_LATEST, limit=part.first + 1)

    async def count_jobs(self, school: str) -> int:
        """How many rosters a school has."""
        return await self.collection.count_documents({"school": school})

    async def list_rows(self, lists: Sequence[tuple[RowsOf, PageRequest]]) -> list[list[Row]]:
        """Of each list up to `first + 1` rows after a position, in the file's order."""
        wanted = [(all_of(_of(*one), after_position(_IN_ORDER, part.after)), part.first + 1) for one, part in lists]
        found = await pages(self.rows, wanted, _IN_ORDER)
        return [[from_document(document, Row) for document in rows] for rows in found]

    async def count_rows(self, lists: Sequence[RowsOf]) -> list[int]:
        """How many rows each list has."""
        return await counts(self.rows, [_of(*one) for one in lists])

    async def all_rows(self, roster: str) -> list[Row]:
        """Every row, in the file's order."""
        return await self._rows({"roster": roster})

    async def waiting(self) -> Roster | None:
        """The roster that was committed first and is not in yet."""
        where = {"state": RosterState.COMMITTING}
        found = await self.query(where, sort=[("committed_at", ASCENDING)], limit=1)
        return found[0] if found else None

    async def take_on(self, key: str, token: int) -> bool:
        """Fence a roster off from every worker with a lower token.

        Returns:
            Whether it is there to be taken on.

        Raises:
            Deposed: A worker with a higher token has it.
        """
        mine = {"_id": key, "state": RosterState.COMMITTING.value, "fence": {"$lte": token}}
        if (await self.collection.update_one(mine, {"$set": {"fence": token}})).matched_count:
            return True
        found = await self.find(key)
        if found and found.state is RosterState.COMMITTING:
            raise Deposed
        return False

    async def held(self, key: str, token: int, session: Session) -> Roster:
        """The roster, for one step of its worker; the step's transaction saves it, so that no other may.

        Raises:
            Deposed: Another worker has it.
        """
        found = await self.get(key, session)
        if found.fence != token or found.state is not RosterState.COMMITTING:
            raise Deposed
        return found

    async def next_rows(self, roster: str, limit: int, session: Session) -> list[Row]:
        """Rows that the run has not dealt with, in the file's order."""
        return await self._rows({"roster": roster, "state": RowState.STAGED.value}, limit=limit, session=session)

    async def put_in(self, entries: Sequence[RowEntry], session: Session) -> None:
        """Write the teachers and enrolments of good rows.

        The projects are written too: whoever calls one off meanwhile meets this transaction, or this one meets that.
        """
        added = [one.teacher for one in entries if one.teacher]
        born = [(one.enrollment, one.events) for one in entries if one.signed_up is None]
        if added:
            await self._store.seating.open_persons([teacher.id for teacher, _ in added], session)
            await self._store.teachers.insert_many(added, session)
        if born:
            await self._store.enrollments.insert_many(born, session)
        for one in entries:
            if one.signed_up:
                await self._store.enrollments.save(one.enrollment, one.events, session)
        projects = list({one.enrollment.project for one in entries})
        await self._store.projects.collection.update_many(
            {"_id": {"$in": projects}}, {"$inc": {"rosters": 1}}, session=session
        )

    async def note(self, rows: Sequence[Row], session: Session) -> None:
        """Keep what has become of rows."""
        if rows:
            await self.rows.bulk_write([_noted(row) for row in rows], ordered=False, session=session)

    async def years(self, roster: str) -> list[int]:
        """The rounds that a roster's projects belong to."""
        codes = await self.rows.distinct("project_code", {"roster": roster})
        found: list[int] = await self._store.projects.collection.distinct("year", {"code": {"$in": codes}})
        return found

    async def codes(self) -> list[str]:
        """The codes of all projects."""
        found: list[str] = await self._store.projects.collection.distinct("code")
        return found

    async def facts(self, rows: Sequence[Row], school: School, at: datetime, session: Session | None = None) -> Facts:
        """What is on file about the people and projects of rows, in five operations however many they are."""
        store, facts = self._store, Facts(school.id, school.province, at)
        numbers = [row.id_number.hash for row in rows if row.id_number]
        for teacher in await store.teachers.query({"id_number.hash": {"$in": numbers}}, session=session):
            facts.people[teacher.id_number.hash] = teacher
        mobiles = {"mobile.hash": {"$in": [row.mobile.hash for row in rows if row.mobile]}}
        async for one in store.teachers.collection.find(mobiles, {"mobile.hash": 1}, session=session):
            facts.mobiles[one["mobile"]["hash"]] = one["_id"]
        codes = list({row.project_code for row in rows if row.project_code})
        projects = await store.projects.query({"code": {"$in": codes}}, session=session)
        facts.projects = {one.code: one for one in projects}
        years = [str(year) for year in {one.year for one in facts.projects.values()}]
        facts.rounds = {int(one.id): one for one in await store.rounds.query({"_id": {"$in": years}}, session=session)}
        live = {"live": True, "teacher": {"$in": [one.id for one in facts.people.values() if one.school == school.id]}}
        for enrollment in await store.enrollments.query(live, session=session):
            facts.live[enrollment.teacher, enrollment.project] = enrollment
        return facts

    async def _rows(self, where: Document, *, limit: int = 0, session: Session | None = None) -> list[Row]:
        cursor = self.rows.find(where, sort=_IN_ORDER, limit=limit, session=session)
        return [from_document(document, Row) async for document in cursor]


def _of(roster: str, bad: bool | None) -> Document:
    return {"roster": roster} | ({} if bad is None else {"problems.0": {"$exists": bad}})


def _noted(row: Row) -> UpdateOne:
    document: dict[str, Any] = to_document(row)
    return UpdateOne({"_id": row.id}, {"$set": {name: document[name] for name in _OUTCOME}})
