"""Annual assessments in MongoDB, the facts that they are measured by, and who may see which (R38)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, UpdateOne

from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import BATCH, Collection, Database, Document, Session, from_document, to_document
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from kernel.refusals import BAD_CURSOR
from services.assessment.domain.annual import Assessment
from services.assessment.domain.annual_year import AssessmentYear
from services.assessment.domain.complaint import Complaint
from services.assessment.domain.indicators import Application, Attendee, EvidenceRow, Questionnaire
from services.assessment.domain.rubric import Grade
from services.assessment.domain.vocabulary import AnnualState

_NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}
_BY_ID = [("_id", ASCENDING)]


class Assessments(Repository[Assessment]):
    """The annual assessments, one of each base and year.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "annual", Assessment, producer="assessment", noun="annual-assessment")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        for name in ("year", "base"):
            await self.collection.create_index([(name, ASCENDING), ("_id", ASCENDING)], name=name)

    async def of_year(self, year: int, session: Session | None = None) -> list[Assessment]:
        """All assessments of a year."""
        return await self.query({"year": year}, session=session)

    async def count_computed_after(self, year: int, at: datetime) -> int:
        """How many assessments of a year were computed after an instant."""
        return await self.collection.count_documents({"year": year, "computed_at": {"$gt": at}})

    async def page(self, condition: Document, part: PageRequest, principal: Principal) -> list[Assessment]:
        """Up to `first + 1` assessments after a position that the principal may see, by id.

        Args:
            condition: From `chosen`.
            part: Which part.
            principal: Who reads.
        """
        where = all_of(condition, visible_to(principal), after_position(_BY_ID, part.after))
        return await self.query(where, sort=_BY_ID, limit=part.first + 1)

    async def count(self, condition: Document, principal: Principal) -> int:
        """How many assessments are chosen that the principal may see."""
        return await self.collection.count_documents(all_of(condition, visible_to(principal)))

    async def of_bases(self, bases: Sequence[str], principal: Principal) -> dict[str, list[Assessment]]:
        """The assessments of bases that the principal may see, the latest year first; one database operation."""
        found: dict[str, list[Assessment]] = {base: [] for base in bases}
        where = all_of({"base": {"$in": list(bases)}}, visible_to(principal))
        for assessment in await self.query(where, sort=[("_id", DESCENDING)]):
            found[assessment.base].append(assessment)
        return found

    async def visible_of_year(self, year: int, principal: Principal) -> list[Assessment]:
        """All assessments of a year that the principal may see, by id."""
        return await self.query(all_of({"year": year}, visible_to(principal)))

    async def visible(self, key: str, principal: Principal) -> Assessment | None:
        """An assessment, if the principal may see it."""
        found = await self.query(all_of({"_id": key}, visible_to(principal)))
        return found[0] if found else None


class Years(Repository[AssessmentYear]):
    """What is stored of the assessments of a year together.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "annual_years", AssessmentYear, producer="assessment", noun="annual-year")


class Complaints(Repository[Complaint]):
    """Complaints about bases that were upheld.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "complaints", Complaint, producer="assessment", noun="complaint")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index([("year", ASCENDING), ("base", ASCENDING)], name="year")

    async def of_year(self, year: int, session: Session | None = None) -> list[Complaint]:
        """All complaints of a year, in no order."""
        return await self.query({"year": year}, sort=(), session=session)

    async def of_subjects(self, subjects: Iterable[tuple[int, str]]) -> dict[tuple[int, str], list[Complaint]]:
        """Complaints by year and base, the earliest first; one database operation."""
        found: dict[tuple[int, str], list[Complaint]] = {subject: [] for subject in subjects}
        if found:
            where = {"$or": [{"year": year, "base": base} for year, base in found]}
            for complaint in await self.query(where, sort=[("at", ASCENDING), ("_id", ASCENDING)]):
                found[complaint.year, complaint.base].append(complaint)
        return found


@dataclass(frozen=True, slots=True)
class _Issued:
    """When a certificate was issued."""

    enrollment: str
    issued_on: date


class Evidence:
    """The facts behind the numbers of assessments: a document an item and computation.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["evidence"]

    def keep(self, assessment: Assessment, rows: Mapping[str, Sequence[EvidenceRow]]) -> list[UpdateOne]:
        """The writes that keep the facts behind a computation.

        Args:
            assessment: As computed.
            rows: By code of the item.
        """
        return [
            UpdateOne(
                {"_id": _evidence_id(assessment, code)},
                {"$set": {"rows": [to_document(row) for row in found]}},
                upsert=True,
            )
            for code, found in rows.items()
        ]

    async def behind(self, assessment: Assessment) -> dict[str, list[EvidenceRow]]:
        """By code of the item the facts behind the computation in force."""
        keys = {_evidence_id(assessment, item.code): item.code for item in assessment.items}
        cursor = self.collection.find({"_id": {"$in": list(keys)}}, batch_size=BATCH)
        return {
            keys[document["_id"]]: [from_document(row, EvidenceRow) for row in document["rows"]]
            async for document in cursor
        }

    async def page(self, assessment: Assessment, code: str, part: PageRequest) -> list[EvidenceRow]:
        """Up to `first + 1` facts behind an item after a position, by kind and id; none where there is no such item.

        Args:
            assessment: Whose item it is; the facts are those of its computation in force.
            code: The item's.
            part: Which part.

        Raises:
            Refusal: `BAD_CURSOR`.
        """
        document = await self.collection.find_one({"_id": _evidence_id(assessment, code)})
        rows = [from_document(row, EvidenceRow) for row in document["rows"]] if document else []
        if part.after is not None:
            match part.after:
                case [str(position)]:
                    rows = [row for row in rows if row.position > position]
                case _:
                    raise BAD_CURSOR(field="after")
        return rows[: part.first + 1]


class Applications:
    """How bases have dealt with applications, by what enrollment's events say of each (R23).

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database["applications"]

    async def prepare(self) -> None:
        """Create the index."""
        await self.collection.create_index([("project", ASCENDING)], name="project")

    async def note(self, steps: Iterable[tuple[str, str, str]], session: Session) -> None:
        """Note what has happened to applications; one that happens twice is one. Idempotent.

        Args:
            steps: Enrollment, project, and what has happened: `submitted`, `decided` or `escalated`.
            session: The transaction to write in.
        """
        writes = [
            UpdateOne({"_id": enrollment}, {"$set": {"project": project, step: True}}, upsert=True)
            for enrollment, project, step in dict.fromkeys(steps)
        ]
        await self.collection.bulk_write(writes, session=session)

    async def of_projects(self, projects: Sequence[str]) -> list[Application]:
        """The applications for projects."""
        cursor = self.collection.find({"project": {"$in": list(projects)}}, batch_size=BATCH)
        return [from_document(document, Application) async for document in cursor]


class AnnualFacts:
    """Reads what assessments are measured by, and of each document no more than that.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def attendees(self, projects: Sequence[str]) -> list[Attendee]:
        """Whoever attends projects, with the result in force."""
        shown = {"project": 1, "results": {"$slice": -1}}
        where = {"project": {"$in": list(projects)}, "live": True}
        cursor = self._database["records"].find(where, shown, batch_size=BATCH)
        return [from_document(document, Attendee) async for document in cursor]

    async def certified(self, projects: Sequence[str]) -> dict[str, date]:
        """By enrollment of projects the day on which the first certificate was issued."""
        where = {"project": {"$in": list(projects)}}
        cursor = self._database["certificates"].find(where, {"_id": 0, "enrollment": 1, "issued_on": 1})
        first: dict[str, date] = {}
        async for document in cursor:
            issued = from_document(document, _Issued)
            first[issued.enrollment] = min(issued.issued_on, first.get(issued.enrollment, issued.issued_on))
        return first

    async def questionnaires(self, year: int) -> list[Questionnaire]:
        """The questionnaires of a year; of a suppressed one neither answers nor a mean are stored (R36)."""
        shown = {
            **dict.fromkeys(("project", "base", "kind", "state"), 1),
            "counted": {"$ifNull": ["$result.counted", 0]},
            "mean_hundredths": "$result.mean_hundredths",
        }
        cursor = self._database["instruments"].find({"year": year}, shown, batch_size=BATCH)
        return [from_document(document, Questionnaire) async for document in cursor]


def chosen(year: int, grade: Grade | None, state: AnnualState | None) -> Document:
    """The filter of a list of assessments.

    Args:
        year: The year of the round.
        grade: If set, only with this grade.
        state: If set, only in this state.
    """
    return {"year": year} | ({"grade": grade} if grade else {}) | ({"state": state} if state else {})


def visible_to(principal: Principal) -> Mapping[str, Any]:
    """The filter of the assessments that a principal may see.

    The ministry sees all, a base its own once comments are open, a province those of its bases whose grade is final.
    """
    match principal.scope:
        case Scope.MINISTRY:
            return {}
        case Scope.BASE:
            return {"base": {"$in": list(principal.bases)}, "state": {"$ne": AnnualState.DRAFT}}
        case Scope.PROVINCE:
            return {"province": principal.province, "state": AnnualState.FINAL}
        case _:
            return _NOTHING


def _evidence_id(assessment: Assessment, code: str) -> str:
    return f"{assessment.id}/{assessment.computation}/{code}"
