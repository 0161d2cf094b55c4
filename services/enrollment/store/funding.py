"""The revisions of funding records in MongoDB; the last revision of a record is in force (R27)."""

from collections.abc import Sequence

from pymongo import ASCENDING

from chassis.storage.mongo import Document
from chassis.storage.repository import Repository
from services.enrollment.domain.funding import Funding
from services.enrollment.domain.vocabulary import FundingSource

_IN_ORDER = [("record", ASCENDING), ("revision", ASCENDING)]


class FundingBook(Repository[Funding]):
    """One document a revision, written once and never changed.

    The number of a revision is unique within its record, so of two corrections at the same time one is refused.
    """

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index(_IN_ORDER, unique=True, name="revision")
        await self.collection.create_index([("province", ASCENDING), ("year", ASCENDING), *_IN_ORDER], name="province")

    async def in_force(self, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[Funding]]:
        """The last revision of each record of provinces' years, in the order of recording, by province and year."""
        wanted = [{"province": province, "year": year} for province, year in keys]
        last = {revision.record: revision for revision in await self.query({"$or": wanted}, sort=_IN_ORDER)}
        in_force: dict[tuple[str, int], list[Funding]] = {key: [] for key in keys}
        for revision in last.values():
            in_force[revision.province, revision.year].append(revision)
        return in_force

    async def revisions(self, records: Sequence[str]) -> dict[str, list[Funding]]:
        """All revisions of records, in order."""
        revisions: dict[str, list[Funding]] = {}
        for revision in await self.query({"record": {"$in": list(records)}}, sort=_IN_ORDER):
            revisions.setdefault(revision.record, []).append(revision)
        return revisions

    async def totals(
        self, provinces: Sequence[str], years: Sequence[int]
    ) -> dict[tuple[str, int], dict[FundingSource, int]]:
        """The sums in force, in fen, by province and year, then by source."""
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
        totals: dict[tuple[str, int], dict[FundingSource, int]] = {}
        async for row in await self.collection.aggregate(pipeline):
            key, amount = row["_id"], row["amount"]
            if amount:
                totals.setdefault((key["province"], key["year"]), {})[FundingSource(key["source"])] = amount
        return totals
