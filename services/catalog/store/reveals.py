"""The records of reveals in MongoDB, with the counters that limit them, and who works with whom (R41)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pymongo import UpdateOne

from chassis.storage.mongo import Database, Session
from chassis.storage.repository import Repository
from chassis.storage.reveal_counts import RevealCounts
from services.catalog.domain.reveal import TeamReveal


class Reveals(Repository[TeamReveal]):
    """One document a reveal, and one counter for each account and period.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "contact_reveals", TeamReveal, producer="catalog", noun="reveal")
        self.counts = RevealCounts(database)

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.counts.prepare()


@dataclass(frozen=True, slots=True)
class Partnership:
    """A school that has submitted an enrollment to a project of a base.

    Attributes:
        base: The base's id.
        school: The school's code.
    """

    base: str
    school: str

    @property
    def key(self) -> str:
        """The id of its document."""
        return f"{self.base}|{self.school}"


class Partners:
    """Which schools work with which bases, one document a pair: at most as many as there are schools at each base.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database["partners"]

    async def add(self, partnerships: Iterable[Partnership], session: Session) -> None:
        """Store pairs; one that is stored already stays as it is.

        Args:
            partnerships: From events, which may arrive late or twice.
            session: The transaction of the inbox.
        """
        updates = [
            UpdateOne({"_id": pair.key}, {"$setOnInsert": {"base": pair.base, "school": pair.school}}, upsert=True)
            for pair in dict.fromkeys(partnerships)
        ]
        if updates:
            await self._collection.bulk_write(updates, ordered=False, session=session)

    async def work_together(self, school: str, bases: Sequence[str]) -> bool:
        """Whether a school has submitted to one of these bases."""
        keys = [Partnership(base, school).key for base in bases]
        return await self._collection.find_one({"_id": {"$in": keys}}, {"_id": 1}) is not None
