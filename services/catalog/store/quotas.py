"""Quota documents: consumed and released only in the transaction of the project's change (R11, notes N21)."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING, ReturnDocument, UpdateOne

from chassis.storage.mongo import Database, Session, to_document
from chassis.storage.repository import Repository, changed_now
from chassis.storage.unit_of_work import UnitOfWork
from kernel.refusals import NOT_FOUND
from services.catalog.domain.quota import CONSUMING, Quota, quota_id
from services.catalog.store.visibility import ONE_BATCH


class Quotas(Repository[Quota]):
    """The quotas of bases and rounds, `{_id: "<base>:<year>", limit, used, serial, …}`.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "quotas", Quota, producer="catalog", noun="quota")
        self._projects = database["projects"]
        self._counters = database["counters"]

    async def ensure(self, quota: Quota, session: Session) -> None:
        """Create the document where there is none; an existing one stays as it is."""
        document = to_document(quota) | {"events": []}
        key = document.pop("_id")
        await self.collection.update_one({"_id": key}, {"$setOnInsert": document}, upsert=True, session=session)

    async def take_turn(self, year: int, session: Session) -> None:
        """Serialize the transactions that create quotas of a round and those that raise all of them (R1, R11)."""
        await self._counters.update_one({"_id": f"quotas:{year}"}, {"$inc": {"last": 1}}, upsert=True, session=session)

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

    def consume(self, unit: UnitOfWork, key: str, limit: int) -> None:
        """Count one more project, on condition that fewer than `limit` are counted.

        The write itself is conditional, so two submissions at once cannot both take the last place.

        Args:
            unit: Of the transaction that also writes the project.
            key: The quota's id.
            limit: Projects, the limit in force today.
        """
        unit.guard(
            self.collection,
            UpdateOne({"_id": key, "used": {"$lt": limit}, "frozen": {"$ne": True}}, {"$inc": {"used": 1}}),
        )

    def release(self, unit: UnitOfWork, key: str) -> None:
        """Give one project's place back to the quota (R11); a quota at zero or missing stays as it is."""
        unit.put(self.collection, UpdateOne({"_id": key, "used": {"$gt": 0}}, {"$inc": {"used": -1}}))

    async def freeze(self, base: str, session: Session) -> None:
        """Count nothing more for a base that ends; what a submission writes at the same time conflicts with it (R2)."""
        await self.collection.update_many(
            {"base": base}, {"$set": {"frozen": True, **changed_now()}, "$inc": {"version": 1}}, session=session
        )

    async def relocate(self, base: str, province: str, session: Session) -> None:
        """Let the events of a base's quotas go to another province (R2)."""
        await self.collection.update_many(
            {"base": base}, {"$set": {"province": province, **changed_now()}, "$inc": {"version": 1}}, session=session
        )

    async def exist(self, base: str, session: Session) -> bool:
        """Whether a base has a quota of any round, and so, perhaps, projects."""
        return await self.collection.find_one({"base": base}, {"_id": 1}, session=session) is not None

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

    async def consuming_codes(self, keys: Sequence[str], session: Session) -> dict[str, list[str]]:
        """The codes of the projects that count towards each of several quotas, sorted (R11)."""
        codes: dict[str, list[str]] = {key: [] for key in keys}
        parts = [key.rpartition(":") for key in keys]
        where = {
            "base": {"$in": [base for base, _, _ in parts]},
            "year": {"$in": list({int(year) for _, _, year in parts})},
            "status": {"$in": list(CONSUMING)},
        }
        fields = {"base": 1, "year": 1, "code": 1}
        order = [("code", ASCENDING)]
        async for project in self._projects.find(where, fields, sort=order, batch_size=ONE_BATCH, session=session):
            key = quota_id(project["base"], project["year"])
            if key in codes:
                codes[key].append(project["code"])
        return codes
