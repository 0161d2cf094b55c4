"""What the calendar has brought about once, so that a timer does not look for it again."""

from datetime import datetime

from chassis.storage.mongo import Database


class Milestones:
    """One document a milestone; its id says which, such as `decisions-due:2024:<deadline>`.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database["milestones"]

    async def passed(self, key: str) -> datetime | None:
        """The domain time at which it was passed last; None if never."""
        found = await self._collection.find_one({"_id": key})
        return found["at"] if found else None

    async def set_passed(self, key: str, now: datetime) -> None:
        """Remember that it was passed.

        Args:
            key: Which.
            now: Domain time.
        """
        await self._collection.update_one({"_id": key}, {"$set": {"at": now}}, upsert=True)
