"""Counts of provinces' enrollments by aggregation, in the same number of operations for any number of them (R27)."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING

from chassis.storage.mongo import Database, Document
from services.enrollment.domain.progress import Progress, Share
from services.enrollment.domain.vocabulary import BaseCategory, EnrollmentStatus
from services.enrollment.store.funding import FundingBook

_COUNTED = ("province", "year", "base", "status", "school", "submitted_at")
_SUBMITTED: Document = {"$cond": [{"$gt": ["$submitted_at", None]}, 1, 0]}
_UNKNOWN: Document = {"province": "00"}

Key = tuple[str, int]
"""A province and a year."""


class ProgressCounts:
    """Counts that read indexes only, in five operations for any number of provinces and years.

    Args:
        database: The service's database.
        funding: The funding records.
    """

    def __init__(self, database: Database, funding: FundingBook) -> None:
        self._enrollments = database["enrollments"]
        self._schools = database["schools"]
        self._projects = database["projects"]
        self._funding = funding

    async def prepare(self) -> None:
        """Create the indexes that hold every field that is counted or grouped by."""
        await self._enrollments.create_index([(name, ASCENDING) for name in _COUNTED], name="progress")
        await self._projects.create_index([(name, ASCENDING) for name in ("base", "category", "province")], name="base")

    async def of(self, keys: Sequence[Key]) -> dict[Key, Progress]:
        """The progress of provinces in years; `00` counts the schools of line ministries."""
        codes, years = sorted({code for code, _ in keys}), sorted({year for _, year in keys})
        match: Document = {"$match": {"province": {"$in": codes}, "year": {"$in": years}}}
        shares, active, registered, funding = await asyncio.gather(
            self._shares(match),
            self._active_schools(match),
            self._registered(codes),
            self._funding.totals(codes, years),
        )
        return {
            (code, year): Progress(
                province=code,
                year=year,
                schools=registered.get(code, 0),
                schools_signed_up=active.get((code, year), (0, 0))[0],
                schools_submitted=active.get((code, year), (0, 0))[1],
                shares=tuple(shares.get((code, year), ())),
                funding=funding.get((code, year), {}),
            )
            for code, year in keys
        }

    async def _shares(self, match: Document) -> dict[Key, list[Share]]:
        fields = {name: f"${name}" for name in ("province", "year", "base", "status")}
        group: Document = {"$group": {"_id": fields, "count": {"$sum": 1}, "submitted": {"$sum": _SUBMITTED}}}
        rows = await self._rows(self._enrollments, [match, group])
        bases = await self._bases(sorted({row["_id"]["base"] for row in rows}))
        counts: Counter[tuple[Key, Any, str, str]] = Counter()
        submitted: Counter[tuple[Key, Any, str, str]] = Counter()
        for row in rows:
            group_key, base = row["_id"], bases.get(row["_id"]["base"], _UNKNOWN)
            year = (group_key["province"], group_key["year"])
            kind = (year, base.get("category"), base["province"], group_key["status"])
            counts[kind] += row["count"]
            submitted[kind] += row["submitted"]
        shares: dict[Key, list[Share]] = {}
        for kind, count in counts.items():
            key, category, province, status = kind
            base_category = None if category is None else BaseCategory(category)
            share = Share(base_category, province, EnrollmentStatus(status), count, submitted[kind])
            shares.setdefault(key, []).append(share)
        return shares

    async def _bases(self, bases: Sequence[str]) -> dict[str, Document]:
        """Category and province of bases, from their projects; the category from any project that has one."""
        group: Document = {"_id": "$base", "category": {"$max": "$category"}, "province": {"$max": "$province"}}
        rows = await self._rows(self._projects, [{"$match": {"base": {"$in": list(bases)}}}, {"$group": group}])
        return {row["_id"]: row for row in rows}

    async def _active_schools(self, match: Document) -> dict[Key, tuple[int, int]]:
        """How many schools have sign-ups, and how many of them submissions."""
        fields = {name: f"${name}" for name in ("province", "year", "school")}
        by_school: Document = {"$group": {"_id": fields, "submitted": {"$max": _SUBMITTED}}}
        by_year: Document = {
            "$group": {
                "_id": {"province": "$_id.province", "year": "$_id.year"},
                "count": {"$sum": 1},
                "submitted": {"$sum": "$submitted"},
            }
        }
        rows = await self._rows(self._enrollments, [match, by_school, by_year])
        return {(row["_id"]["province"], row["_id"]["year"]): (row["count"], row["submitted"]) for row in rows}

    async def _registered(self, codes: Sequence[str]) -> dict[str, int]:
        group: Document = {"$group": {"_id": "$province", "count": {"$sum": 1}}}
        rows = await self._rows(self._schools, [{"$match": {"province": {"$in": list(codes)}}}, group])
        return {row["_id"]: row["count"] for row in rows}

    @staticmethod
    async def _rows(collection: Any, pipeline: list[Document]) -> list[Document]:
        rows: list[Document] = await (await collection.aggregate(pipeline)).to_list()
        return rows
