"""Rosters and their rows in MongoDB (R22)."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING, UpdateOne

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import BATCH, Database, Document, Session, from_document, to_document
from chassis.storage.paging import after_position, all_of, counts, pages
from chassis.storage.repository import Repository
from kernel.refusals import NOT_FOUND
from services.enrollment.domain.roster.roster import Roster, Row, RowState
from services.enrollment.domain.vocabulary import RosterState
from services.enrollment.store.feed import FencedOff

_LATEST = [("_id", DESCENDING)]
_IN_ORDER = [("number", ASCENDING)]
RowsOf = tuple[str, bool | None]
"""A roster, and whether the rows wanted are the bad ones, the good ones, or all."""
_OUTCOME = ("state", "problems", "warnings", "teacher", "enrollment")


class Rosters(Repository[Roster]):
    """One document a roster and one a row; the database removes both when their time is over.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "rosters", Roster, producer="enrollment", noun="roster")
        self.rows = database["roster_rows"]

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index([("school", ASCENDING), ("_id", DESCENDING)], name="school")
        await self.collection.create_index(
            "committed_at", partialFilterExpression={"state": RosterState.COMMITTING.value}, name="committing"
        )
        await self.rows.create_index([("roster", ASCENDING), ("number", ASCENDING)], name="roster")
        for collection in (self.collection, self.rows):
            await collection.create_index("kept_until", expireAfterSeconds=0, name="kept_until")

    async def stage(self, roster: Roster, rows: Sequence[Row], most: int) -> None:
        """Store a checked roster; of a school's open rosters only the latest stay.

        The rows are written first, so that a roster that can be found has all its rows.

        Args:
            roster: The roster.
            rows: Its rows.
            most: How many open rosters a school may have.
        """
        await self.rows.insert_many([to_document(row) for row in rows])
        await self.insert(roster)
        where = {"school": roster.school, "state": RosterState.STAGED}
        for expired in (await self.query(where, sort=_LATEST))[most:]:
            # A roster that is committed at this moment is not open any more, and keeps its rows.
            if await self.collection.find_one_and_delete({"_id": expired.id, "state": RosterState.STAGED.value}):
                await self.rows.delete_many({"roster": expired.id})

    async def own(self, key: str, school: str) -> Roster:
        """A school's roster.

        Raises:
            Refusal: `NOT_FOUND`, also for another school's.
        """
        roster = await self.find(key)
        if roster is None or roster.school != school:
            raise NOT_FOUND(kind="roster", id=key)
        return roster

    async def list_jobs(self, school: str, part: PageRequest) -> list[Roster]:
        """Up to `first + 1` rosters of a school after a position, the latest first."""
        where = all_of({"school": school}, after_position(_LATEST, part.after))
        return await self.query(where, sort=_LATEST, limit=part.first + 1)

    async def count_jobs(self, school: str) -> int:
        """How many rosters a school has."""
        return await self.collection.count_documents({"school": school})

    async def list_rows(self, lists: Sequence[tuple[RowsOf, PageRequest]]) -> list[list[Row]]:
        """Of each list up to `first + 1` rows after a position, in the file's order."""
        wanted = [(all_of(_of(*rows), after_position(_IN_ORDER, part.after)), part.first + 1) for rows, part in lists]
        row_pages = await pages(self.rows, wanted, _IN_ORDER)
        return [[from_document(document, Row) for document in page] for page in row_pages]

    async def count_rows(self, lists: Sequence[RowsOf]) -> list[int]:
        """How many rows each list has."""
        return await counts(self.rows, [_of(*rows) for rows in lists])

    async def all_rows(self, roster: str) -> list[Row]:
        """Every row, in the file's order."""
        return await self._rows({"roster": roster})

    async def waiting(self) -> Roster | None:
        """The roster that was committed first and is not in yet."""
        where = {"state": RosterState.COMMITTING}
        first = await self.query(where, sort=[("committed_at", ASCENDING)], limit=1)
        return first[0] if first else None

    async def take_on(self, key: str, token: int) -> bool:
        """Fence a roster off from every worker with a lower token.

        Returns:
            Whether it is there to be taken on.

        Raises:
            FencedOff: A worker with a higher token has it.
        """
        takeable = {"_id": key, "state": RosterState.COMMITTING.value, "fence": {"$lte": token}}
        if (await self.collection.update_one(takeable, {"$set": {"fence": token}})).matched_count:
            return True
        roster = await self.find(key)
        if roster and roster.state is RosterState.COMMITTING:
            raise FencedOff
        return False

    async def get_held(self, key: str, token: int, session: Session) -> Roster:
        """The roster, for one step of its worker.

        The step's transaction saves the roster too, so a step of another worker conflicts with it.

        Raises:
            FencedOff: Another worker has it.
        """
        roster = await self.get(key, session)
        if roster.fence != token or roster.state is not RosterState.COMMITTING:
            raise FencedOff
        return roster

    async def next_rows(self, roster: str, limit: int, session: Session) -> list[Row]:
        """Rows that the run has not dealt with, in the file's order."""
        return await self._rows({"roster": roster, "state": RowState.STAGED.value}, limit=limit, session=session)

    async def store_outcomes(self, rows: Sequence[Row], session: Session) -> None:
        """Store the outcomes of rows."""
        if rows:
            await self.rows.bulk_write([_outcome_of(row) for row in rows], ordered=False, session=session)

    async def project_codes(self, roster: str) -> list[str]:
        """The project codes that a roster's rows name."""
        codes: list[str] = await self.rows.distinct("project_code", {"roster": roster})
        return codes

    async def _rows(self, where: Document, *, limit: int = 0, session: Session | None = None) -> list[Row]:
        cursor = self.rows.find(where, sort=_IN_ORDER, limit=limit, batch_size=BATCH, session=session)
        return [from_document(document, Row) async for document in cursor]


def _of(roster: str, bad: bool | None) -> Document:
    return {"roster": roster} | ({} if bad is None else {"problems.0": {"$exists": bad}})


def _outcome_of(row: Row) -> UpdateOne:
    document: dict[str, Any] = to_document(row)
    return UpdateOne({"_id": row.id}, {"$set": {name: document[name] for name in _OUTCOME}})
