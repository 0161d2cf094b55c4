"""What the ministry's table of a year is counted from, read in seven operations (R42)."""

import asyncio
from datetime import date
from typing import Any

import msgspec

from services.assessment.domain.vocabulary import (
    CreditStatus,
    FindingState,
    InstrumentState,
    ProjectPhase,
    ResultOutcome,
)
from services.assessment.domain.year_table import Found, Outcomes, ProjectFacts, Published, YearFacts
from services.assessment.store.store import Store

_COUNTED = {
    "passed": ("$outcome", ResultOutcome.PASSED),
    "failed": ("$outcome", ResultOutcome.FAILED),
    "incomplete": ("$outcome", ResultOutcome.INCOMPLETE),
    "credited": ("$credit.status", CreditStatus.CONFIRMED),
}


async def year_facts(store: Store, year: int, day: date) -> YearFacts:
    """What there is of a year's projects.

    Args:
        store: The service's repositories.
        year: The year of their round.
        day: Whose limits are in force.
    """
    projects = await _projects(store, year)
    among = {"$in": [project.id for project in projects]}
    outcomes, evaluations, findings, inspections, known = await asyncio.gather(
        _outcomes(store, among),
        _evaluations(store, among),
        _findings(store, year),
        store.inspections.of_year(year),
        store.rounds.find(str(year)),
    )
    drawn = (sampled for inspection in inspections for sampled in inspection.sample)
    inspected = frozenset(sampled.project for sampled in drawn if sampled.replaced_for is None)
    bases = sorted({project.base for project in projects})
    stored = await store.limits.find_many([f"{base}:{year}" for base in bases])
    limits = {
        base: limit for base, found in zip(bases, stored, strict=True) if found and (limit := found.on(day)) is not None
    }
    return YearFacts(projects, outcomes, evaluations, inspected, findings, known.quotas if known else {}, limits)


async def _projects(store: Store, year: int) -> list[ProjectFacts]:
    cursor = store.projects.collection.find({"year": year}, {"phase": 1, "category": 1, "province": 1, "base": 1})
    return [
        ProjectFacts(
            found["_id"],
            found.get("category"),
            found.get("province") or "00",
            ProjectPhase(found["phase"]),
            found["base"],
        )
        async for found in cursor
    ]


async def _outcomes(store: Store, among: dict[str, Any]) -> dict[str, Outcomes]:
    counts = {name: {"$sum": {"$cond": [{"$eq": [path, value]}, 1, 0]}} for name, (path, value) in _COUNTED.items()}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"project": among, "live": True}},
        {"$project": {"project": 1, "credit.status": 1, "outcome": {"$last": "$results.outcome"}}},
        {"$group": {"_id": "$project", "attendees": {"$sum": 1}, **counts}},
    ]
    found = await store.records.collection.aggregate(pipeline)
    return {row.pop("_id"): msgspec.convert(row, Outcomes) async for row in found}


async def _evaluations(store: Store, among: dict[str, Any]) -> list[Published]:
    shown = {
        "_id": 0,
        "project": 1,
        "kind": 1,
        "counted": "$result.counted",
        "mean_hundredths": "$result.mean_hundredths",
    }
    where = {"project": among, "state": InstrumentState.PUBLISHED}
    return [msgspec.convert(found, Published) async for found in store.instruments.collection.find(where, shown)]


async def _findings(store: Store, year: int) -> list[Found]:
    where = {"year": year, "state": {"$ne": FindingState.WITHDRAWN}}
    shown = {"_id": 0, "project": 1, "severity": 1, "state": 1}
    return [msgspec.convert(found, Found) async for found in store.findings.collection.find(where, shown)]
