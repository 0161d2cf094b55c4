"""Quota documents: consumed and released only in the transaction of the project's change (R11, notes N21)."""

from typing import Any

from pymongo import ASCENDING, ReturnDocument

from chassis.storage.mongo import Database, Session, to_document
from chassis.storage.repository import Repository
from kernel.refusals import NOT_FOUND
from services.catalog.domain.quota import CONSUMING, Quota, quota_id


class Quotas(Repository[Quota]):
    """The quotas of bases and rounds, `{_id: "<base>:<year>", limit, used, serial, …}`.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "quotas", Quota, producer="catalog", noun="quota")
        self._projects = database["projects"]

    async def ensure(self, quota: Quota) -> None:
        """Create the document where there is none; an existing one stays as it is."""
        document = to_document(quota) | {"events": []}
        key = document.pop("_id")
        await self.collection.update_one({"_id": key}, {"$setOnInsert": document}, upsert=True)

    async def next_serial(self, key: str) -> int:
        """A serial number that no other project of the base and round has; gaps do no harm.

        Raises:
            Refusal: `NOT_FOUND`: there is no such quota.
        """
        document = await self.collection.find_one_and_update(
            {"_id": key}, {"$inc": {"serial": 1}}, {"serial": 1}, return_document=ReturnDocument.AFTER
        )
        if document is None:
            raise NOT_FOUND(kind="quota", id=key)
        return int(document["serial"])

    async def consume(self, key: str, limit: int, session: Session) -> bool:
        """Count one more project, if fewer than `limit` are counted.

        The write itself is conditional, so two submissions at once cannot both take the last place.

        Args:
            key: The quota's id.
            limit: Projects, the limit in force today.
            session: The transaction that also writes the project.

        Returns:
            Whether there was a place left.
        """
        result = await self.collection.update_one(
            {"_id": key, "used": {"$lt": limit}}, {"$inc": {"used": 1}}, session=session
        )
        return result.modified_count == 1

    async def release(self, key: str, session: Session) -> None:
        """Give one project's place back to the quota (R11); a quota at zero or missing stays as it is."""
        await self.collection.update_one({"_id": key, "used": {"$gt": 0}}, {"$inc": {"used": -1}}, session=session)

    async def ids(self, year: int | None) -> list[str]:
        """The ids of the quotas that exist, or should because a base has projects, sorted; of one round or of all."""
        where: dict[str, Any] = {} if year is None else {"year": year}
        existing = await self.collection.distinct("_id", where)
        groups = await self._projects.aggregate(
            [
                {"$match": where | {"status": {"$in": list(CONSUMING)}}},
                {"$group": {"_id": {"base": "$base", "year": "$year"}}},
            ]
        )
        return sorted({*existing} | {quota_id(group["_id"]["base"], group["_id"]["year"]) async for group in groups})

    async def consuming_codes(self, key: str, session: Session) -> list[str]:
        """The codes of the projects that count towards a quota, sorted (R11)."""
        base, _, year = key.rpartition(":")
        where = {"base": base, "year": int(year), "status": {"$in": list(CONSUMING)}}
        cursor = self._projects.find(where, {"code": 1}, sort=[("code", ASCENDING)], session=session)
        return [document["code"] async for document in cursor]
