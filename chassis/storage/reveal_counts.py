"""How many persons an account has revealed lately (R41)."""

from datetime import UTC, datetime

from pymongo import ReturnDocument

from chassis.storage.mongo import Database
from kernel.refusals import TOO_MANY_REVEALS
from kernel.reveals import BOUNDS


class RevealCounts:
    """One counter for each account and period.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._counts = database["reveal_counts"]

    async def prepare(self) -> None:
        """Create the index; the database removes a counter when its period is over."""
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
