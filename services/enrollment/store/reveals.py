"""Who saw whose numbers, and how often an account may (R41)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo import ASCENDING, DESCENDING, ReturnDocument

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from services.enrollment.domain.refusals import TOO_MANY_REVEALS
from services.enrollment.domain.reveal import BOUNDS, Reveal

_LATEST = [("_id", DESCENDING)]


class Reveals:
    """The acts of revealing, each with its event, and the counters that bound them.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self.kept: Repository[Reveal] = Repository(database, "reveals", Reveal, producer="enrollment", noun="reveal")
        self._counts = database["reveal_counts"]

    async def prepare(self) -> None:
        """Create the indexes; a counter goes when its time is over."""
        await self.kept.prepare()
        await self.kept.collection.create_index([("teacher", ASCENDING), ("_id", DESCENDING)], name="teacher")
        await self._counts.create_index("until", expireAfterSeconds=0, name="until")

    async def spend(self, account: str, now: datetime) -> None:
        """Count a reveal of an account before it happens; one that fails afterwards stays counted.

        Raises:
            Refusal: `TOO_MANY_REVEALS`.
        """
        for window, most in BOUNDS.items():
            slot = int(now.timestamp() // window.total_seconds())
            until = datetime.fromtimestamp((slot + 1) * window.total_seconds(), UTC)
            count = await self._counts.find_one_and_update(
                {"_id": f"{account}|{window.total_seconds():.0f}|{slot}"},
                {"$inc": {"count": 1}, "$setOnInsert": {"until": until}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
            if count and count["count"] > most:
                raise TOO_MANY_REVEALS(limit=most, until=until.isoformat())

    async def of(self, teacher: str, part: PageRequest) -> Sequence[Reveal]:
        """Up to `first + 1` reveals of a teacher after a position, the latest first."""
        where = all_of({"teacher": teacher}, after_position(_LATEST, part.after))
        return await self.kept.query(where, sort=_LATEST, limit=part.first + 1)

    async def count(self, teacher: str) -> int:
        """How often a teacher was revealed."""
        return await self.kept.collection.count_documents({"teacher": teacher})
