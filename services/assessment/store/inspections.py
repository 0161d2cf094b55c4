"""Inspections, their populations and their findings in MongoDB, and who may see which finding (R37)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pymongo import ASCENDING, DESCENDING

from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from services.assessment.domain.finding import Finding
from services.assessment.domain.inspection import Inspection
from services.assessment.domain.vocabulary import FindingState, InspectionState, Severity

_NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}
_LATEST_FIRST = [("_id", DESCENDING)]
_NOT_DRAWN = [InspectionState.FROZEN.value, InspectionState.ANNOUNCED.value]
_TO_RECTIFY = [FindingState.OPEN.value, FindingState.RECTIFYING.value]
_STANDING = {"$ne": FindingState.WITHDRAWN.value}


class Inspections(Repository[Inspection]):
    """The random inspections; the file of each one's population is in the collection `populations`.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "inspections", Inspection, producer="assessment", noun="inspection")
        self.populations = database["populations"]

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index([("year", ASCENDING), ("state", ASCENDING)], name="year")
        await self.collection.create_index([("state", ASCENDING)], name="state")

    async def of_year(self, year: int) -> list[Inspection]:
        """The inspections of a year, in the order in which they were frozen."""
        inspections = await self.query({"year": year})
        return sorted(inspections, key=lambda inspection: inspection.frozen_at)

    async def announced(self) -> list[Inspection]:
        """The inspections that are announced and not drawn yet."""
        return await self.query({"state": InspectionState.ANNOUNCED})

    async def not_drawn(self, year: int, session: Session) -> list[Inspection]:
        """The inspections of a year that are frozen or announced."""
        return await self.query({"year": year, "state": {"$in": _NOT_DRAWN}}, session=session)

    async def count_of(self, year: int, session: Session) -> int:
        """How many inspections a year has had, void ones included."""
        return await self.collection.count_documents({"year": year}, session=session)

    async def keep_population(self, key: str, content: bytes, session: Session) -> None:
        """Store the file of an inspection's population; it is never changed.

        Args:
            key: The inspection's id.
            content: Of `population.jsonl`.
            session: The transaction that freezes it.
        """
        await self.populations.insert_one({"_id": key, "content": content}, session=session)

    async def population(self, key: str) -> bytes:
        """The file of an inspection's population."""
        document = await self.populations.find_one({"_id": key})
        return bytes(document["content"]) if document else b""


class Findings(Repository[Finding]):
    """What inspections have found.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "findings", Finding, producer="assessment", noun="finding")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        for name in ("inspection", "project"):
            await self.collection.create_index([(name, ASCENDING)], name=name)
        await self.collection.create_index([("year", ASCENDING), ("_id", DESCENDING)], name="year")
        await self.collection.create_index([("base", ASCENDING), ("_id", DESCENDING)], name="base")
        await self.collection.create_index([("state", ASCENDING), ("due_on", ASCENDING)], name="due")

    async def of_inspection(self, inspection: str, session: Session | None = None) -> list[Finding]:
        """All findings of an inspection."""
        return await self.query({"inspection": inspection}, session=session)

    async def of_projects(self, projects: Sequence[str], principal: Principal) -> dict[str, list[Finding]]:
        """The findings of projects that the principal may see, the oldest first; one database operation."""
        findings: dict[str, list[Finding]] = {project: [] for project in projects}
        for finding in await self.query(all_of({"project": {"$in": list(projects)}}, visible_to(principal))):
            findings[finding.project].append(finding)
        return findings

    async def page(self, condition: Document, part: PageRequest, principal: Principal) -> list[Finding]:
        """Up to `first + 1` findings after a position that the principal may see, the latest first.

        Args:
            condition: From `selected`.
            part: Which part.
            principal: Who reads.
        """
        where = all_of(condition, visible_to(principal), after_position(_LATEST_FIRST, part.after))
        return await self.query(where, sort=_LATEST_FIRST, limit=part.first + 1)

    async def count(self, condition: Document, principal: Principal) -> int:
        """How many findings are selected that the principal may see."""
        return await self.collection.count_documents(all_of(condition, visible_to(principal)))

    async def earlier(self, since: int) -> dict[str, dict[str, int]]:
        """By base, how many findings of each severity its projects have had since a year, that one included.

        Withdrawn ones are left out.
        """
        pipeline: list[Document] = [
            {"$match": {"year": {"$gte": since}, "severity": {"$ne": Severity.NONE}, "state": _STANDING}},
            {"$group": {"_id": {"base": "$base", "severity": "$severity"}, "count": {"$sum": 1}}},
        ]
        counts: dict[str, dict[str, int]] = {}
        async for row in await self.collection.aggregate(pipeline):
            counts.setdefault(row["_id"]["base"], {})[row["_id"]["severity"]] = row["count"]
        return counts

    async def to_remind_of(self, day: date, until: date, most: int) -> list[Finding]:
        """Findings whose rectification is not reported and is to be called to mind.

        Args:
            day: Today: what is overdue is called to mind once a day.
            until: Of what is not overdue, the latest last day.
            most: How many at most.
        """
        overdue = {"due_on": {"$lt": day.isoformat()}, "told_on": {"$lt": day.isoformat()}}
        untold = {"due_on": {"$lte": until.isoformat()}, "told_on": None}
        return await self.query({"state": {"$in": _TO_RECTIFY}, "$or": [overdue, untold]}, limit=most)


def selected(year: int, base: str | None, state: FindingState | None) -> Document:
    """The filter of a list of findings.

    Args:
        year: The inspections' year.
        base: If set, only of this base.
        state: If set, only in this state.
    """
    return {"year": year} | ({"base": base} if base else {}) | ({"state": state} if state else {})


def visible_to(principal: Principal) -> Mapping[str, Any]:
    """The filter of the findings that a principal may see: the ministry all, a base those of its own projects."""
    if principal.scope is Scope.MINISTRY:
        return {}
    return {"base": {"$in": list(principal.bases)}} if principal.scope is Scope.BASE else _NOTHING
