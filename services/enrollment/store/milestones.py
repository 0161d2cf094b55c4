"""What the calendar has brought about once, so that a timer does not look for it again."""

from chassis.storage.mongo import Database


class Milestones:
    """One document a milestone; its id says which, such as `decisions-due:2024:<deadline>`.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database["milestones"]

    async def passed(self, key: str) -> bool:
        """Whether it was passed."""
        return await self._collection.find_one({"_id": key}) is not None

    async def set_passed(self, key: str) -> None:
        """Remember that it was passed; a second time changes nothing."""
        await self._collection.update_one({"_id": key}, {"$set": {"passed": True}}, upsert=True)
