"""Counting the enrollments of provinces, in the database, in as many operations for one as for all (R27, R42)."""

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
    """Counts by index alone; five operations, however many provinces and years are asked for.

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
        """Create the indexes that hold all that is counted, and by what."""
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
            one, base = row["_id"], bases.get(row["_id"]["base"], _UNKNOWN)
            kind = ((one["province"], one["year"]), base.get("category"), base["province"], one["status"])
            counts[kind] += row["count"]
            submitted[kind] += row["submitted"]
        found: dict[Key, list[Share]] = {}
        for kind, count in counts.items():
            key, category, province, status = kind
            known = None if category is None else BaseCategory(category)
            share = Share(known, province, EnrollmentStatus(status), count, submitted[kind])
            found.setdefault(key, []).append(share)
        return found

    async def _bases(self, bases: Sequence[str]) -> dict[str, Document]:
        """What is known of bases, from their projects; the category from any that has it."""
        known: Document = {"_id": "$base", "category": {"$max": "$category"}, "province": {"$max": "$province"}}
        rows = await self._rows(self._projects, [{"$match": {"base": {"$in": list(bases)}}}, {"$group": known}])
        return {row["_id"]: row for row in rows}

    async def _active_schools(self, match: Document) -> dict[Key, tuple[int, int]]:
        """How many schools have sign-ups, and how many of them submissions."""
        fields = {name: f"${name}" for name in ("province", "year", "school")}
        each: Document = {"$group": {"_id": fields, "submitted": {"$max": _SUBMITTED}}}
        both: Document = {
            "$group": {
                "_id": {"province": "$_id.province", "year": "$_id.year"},
                "count": {"$sum": 1},
                "submitted": {"$sum": "$submitted"},
            }
        }
        rows = await self._rows(self._enrollments, [match, each, both])
        return {(row["_id"]["province"], row["_id"]["year"]): (row["count"], row["submitted"]) for row in rows}

    async def _registered(self, codes: Sequence[str]) -> dict[str, int]:
        group: Document = {"$group": {"_id": "$province", "count": {"$sum": 1}}}
        rows = await self._rows(self._schools, [{"$match": {"province": {"$in": list(codes)}}}, group])
        return {row["_id"]: row["count"] for row in rows}

    @staticmethod
    async def _rows(collection: Any, pipeline: list[Document]) -> list[Document]:
        rows: list[Document] = await (await collection.aggregate(pipeline)).to_list()
        return rows
