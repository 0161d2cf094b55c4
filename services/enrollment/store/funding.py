"""The revisions of funding records, and what is in force of them (R27)."""

from collections.abc import Sequence

from pymongo import ASCENDING

from chassis.storage.mongo import Document
from chassis.storage.repository import Repository
from services.enrollment.domain.funding import Funding
from services.enrollment.domain.vocabulary import FundingSource

_IN_ORDER = [("record", ASCENDING), ("revision", ASCENDING)]


class FundingBook(Repository[Funding]):
    """One document a revision, written once and never changed.

    That a revision's number is unique makes each correct the one before it and no other, whoever corrects at once.
    """

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index(_IN_ORDER, unique=True, name="revision")
        await self.collection.create_index([("province", ASCENDING), ("year", ASCENDING), *_IN_ORDER], name="province")

    async def in_force(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[Funding]]:
        """The last revision of each record of provinces' years, in the order of recording, by province and year."""
        wanted = [{"province": province, "year": year} for province, year in keys]
        last = {one.record: one for one in await self.query({"$or": wanted}, sort=_IN_ORDER)}
        found: dict[tuple[str, int], list[Funding]] = {key: [] for key in keys}
        for one in last.values():
            found[one.province, one.year].append(one)
        return found

    async def revisions(self, records: Sequence[str]) -> dict[str, list[Funding]]:
        """All revisions of records, in order."""
        found: dict[str, list[Funding]] = {}
        for one in await self.query({"record": {"$in": list(records)}}, sort=_IN_ORDER):
            found.setdefault(one.record, []).append(one)
        return found

    async def totals(
        self, provinces: Sequence[str], years: Sequence[int]
    ) -> dict[tuple[str, int], dict[FundingSource, int]]:
        """What is in force, in fen, by province, year and source."""
        pipeline: list[Document] = [
            {"$match": {"province": {"$in": list(provinces)}, "year": {"$in": list(years)}}},
            {"$sort": {"province": 1, "year": 1, "record": 1, "revision": 1}},
            {"$group": {"_id": "$record", "last": {"$last": "$$ROOT"}}},
            {
                "$group": {
                    "_id": {"province": "$last.province", "year": "$last.year", "source": "$last.source"},
                    "amount": {"$sum": "$last.amount"},
                }
            },
        ]
        found: dict[tuple[str, int], dict[FundingSource, int]] = {}
        async for row in await self.collection.aggregate(pipeline):
            key, amount = row["_id"], row["amount"]
            if amount:
                found.setdefault((key["province"], key["year"]), {})[FundingSource(key["source"])] = amount
        return found
