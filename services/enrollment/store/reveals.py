"""The records of reveals in MongoDB, with the counters that limit them (R41)."""

from collections.abc import Sequence

from pymongo import ASCENDING, DESCENDING

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from chassis.storage.reveal_counts import RevealCounts
from services.enrollment.domain.reveal import ContactReveal, Reveal

_LATEST = [("_id", DESCENDING)]


class Reveals:
    """One document a reveal, and one counter for each account and period.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self.repository: Repository[Reveal] = Repository(
            database, "reveals", Reveal, producer="enrollment", noun="reveal"
        )
        self.contacts: Repository[ContactReveal] = Repository(
            database, "contact_reveals", ContactReveal, producer="enrollment", noun="reveal"
        )
        self.counts = RevealCounts(database)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.repository.prepare()
        await self.contacts.prepare()
        await self.repository.collection.create_index([("teacher", ASCENDING), ("_id", DESCENDING)], name="teacher")
        await self.counts.prepare()

    async def of(self, teacher: str, part: PageRequest) -> Sequence[Reveal]:
        """Up to `first + 1` reveals of a teacher after a position, the latest first."""
        where = all_of({"teacher": teacher}, after_position(_LATEST, part.after))
        return await self.repository.query(where, sort=_LATEST, limit=part.first + 1)

    async def count(self, teacher: str) -> int:
        """How often a teacher was revealed."""
        return await self.repository.collection.count_documents({"teacher": teacher})
