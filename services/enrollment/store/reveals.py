"""The records of reveals in MongoDB, and the counters that limit them (R41)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import ASCENDING, DESCENDING, ReturnDocument

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from services.enrollment.domain.refusals import TOO_MANY_REVEALS
from services.enrollment.domain.reveal import BOUNDS, ContactReveal, Reveal

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
        self._counts = database["reveal_counts"]

    async def prepare(self) -> None:
        """Create the indexes; the database removes a counter when its period is over."""
        await self.repository.prepare()
        await self.contacts.prepare()
        await self.repository.collection.create_index([("teacher", ASCENDING), ("_id", DESCENDING)], name="teacher")
        await self._counts.create_index("until", expireAfterSeconds=0, name="until")

    async def spend(self, account: str, now: datetime, rows: int = 1) -> None:
        """Count reveals before they happen; what fails afterwards stays counted, what is refused does not.

        Args:
            account: The account's subject.
            now: Real time.
            rows: How many persons are revealed.

        Raises:
            Refusal: `TOO_MANY_REVEALS`: nobody is revealed then.
        """
        spent: list[str] = []
        for window, most in BOUNDS.items():
            slot = int(now.timestamp() // window.total_seconds())
            until = datetime.fromtimestamp((slot + 1) * window.total_seconds(), UTC)
            key = f"{account}|{window.total_seconds():.0f}|{slot}"
            spent.append(key)
            count = await self._counts.find_one_and_update(
                {"_id": key},
                {"$inc": {"count": rows}, "$setOnInsert": {"until": until}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            if count and count["count"] > most:
                await self._counts.update_many({"_id": {"$in": spent}}, {"$inc": {"count": -rows}})
                raise TOO_MANY_REVEALS(limit=most, until=until.isoformat())

    async def of(self, teacher: str, part: PageRequest) -> Sequence[Reveal]:
        """Up to `first + 1` reveals of a teacher after a position, the latest first."""
        where = all_of({"teacher": teacher}, after_position(_LATEST, part.after))
        return await self.repository.query(where, sort=_LATEST, limit=part.first + 1)

    async def count(self, teacher: str) -> int:
        """How often a teacher was revealed."""
        return await self.repository.collection.count_documents({"teacher": teacher})
