"""The names that bases have got, for events that come in another order than they were sent (R2)."""

from typing import cast

from pymongo import ReturnDocument

from chassis.storage.mongo import Database, Document, Session


class BaseNames:
    """The latest new name of each base that was ever renamed, with the version of the base that had it first.

    A transaction that asks for a name writes the base's document too. So a rename and a project's publication at once
    conflict, and one of them runs again on what the other has written.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self._names = database["base_names"]

    async def rename(self, base: str, name: str, version: int, session: Session) -> bool:
        """Store a name, unless a later one is stored.

        Args:
            base: The base's id.
            name: Its new name.
            version: The version of the base from which on it has the name.
            session: The transaction.

        Returns:
            Whether the name is the latest.
        """
        latest = await self._names.find_one_and_update(
            {"_id": base},
            {"$max": {"version": version}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if cast("Document", latest)["version"] != version:
            return False
        await self._names.update_one({"_id": base}, {"$set": {"name": name}}, session=session)
        return True

    async def latest(self, base: str, session: Session) -> str | None:
        """The name that the base has got last; None where it was never renamed."""
        document = await self._names.find_one_and_update(
            {"_id": base},
            {"$inc": {"touched": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        name: str | None = cast("Document", document).get("name")
        return name
