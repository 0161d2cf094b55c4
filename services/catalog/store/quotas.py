"""Quota documents: consumed and released only in the transaction of the project's change (R11, notes N21)."""

from pymongo import ReturnDocument

from chassis.storage.mongo import Database, Session, to_document
from chassis.storage.repository import Repository
from kernel.refusals import NOT_FOUND
from services.catalog.domain.quota import Quota


class Quotas(Repository[Quota]):
    """The quotas of bases and rounds, `{_id: "<base>:<year>", limit, used, serial, …}`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "quotas", Quota, producer="catalog", noun="quota")

    async def ensure(self, quota: Quota) -> None:
        """Create the document where there is none; anything that is there stays."""
        document = to_document(quota) | {"events": []}
        key = document.pop("_id")
        await self.collection.update_one({"_id": key}, {"$setOnInsert": document}, upsert=True)

    async def next_serial(self, key: str) -> int:
        """A serial number that no other project of the base and round has; gaps do no harm."""
        document = await self.collection.find_one_and_update(
            {"_id": key}, {"$inc": {"serial": 1}}, {"serial": 1}, return_document=ReturnDocument.AFTER
        )
        if document is None:
            raise NOT_FOUND(kind="quota", id=key)
        return int(document["serial"])

    async def consume(self, key: str, limit: int, session: Session) -> bool:
        """Take one of the quota if `used` is below the limit in force; one conditional write, no look before."""
        result = await self.collection.update_one(
            {"_id": key, "used": {"$lt": limit}}, {"$inc": {"used": 1}}, session=session
        )
        return result.modified_count == 1

    async def release(self, key: str, session: Session) -> None:
        """Give one back."""
        await self.collection.update_one({"_id": key, "used": {"$gt": 0}}, {"$inc": {"used": -1}}, session=session)
