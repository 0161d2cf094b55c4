"""The records of attendees, and who may see which."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING

from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, from_document
from chassis.storage.paging import Tally, after_position, all_of, counts, pages, tallies
from chassis.storage.repository import Repository
from services.assessment.domain.certificate import has_published_pass
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import CreditStatus, ResultOutcome

_BY_ID = [("_id", ASCENDING)]
_NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}
_UNMARKED: Mapping[str, Any] = {"marks.0": {"$exists": False}}
_UNSTATED: Mapping[str, Any] = {"results.0": {"$exists": False}, "drafts.0": {"$exists": False}}
"""Who has neither a published result nor a draft of one (R30)."""
_ATTENDED: Mapping[str, Any] = {
    "marks.present": True,  # spares the reckoning of whoever never was
    "$expr": {
        "$ne": [
            [],
            {
                "$reduce": {
                    "input": "$marks",
                    "initialValue": [],
                    "in": {
                        "$cond": [
                            "$$this.present",
                            {"$setUnion": ["$$value", ["$$this.session"]]},
                            {"$setDifference": ["$$value", ["$$this.session"]]},
                        ]
                    },
                }
            },
        ]
    },
}
"""Who has attended a session, by the last mark of each, as `Record.attended` says."""


class Records(Repository[Record]):
    """The records of attendees, each under its enrollment's id.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "records", Record, producer="assessment", noun="record")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index([("project", ASCENDING), ("_id", ASCENDING)], name="project")
        await self.collection.create_index([("teacher", ASCENDING), ("project", ASCENDING)], name="teacher")
        await self.collection.create_index([("school", ASCENDING), ("credit.status", ASCENDING)], name="credits")

    async def visible(self, enrollments: Sequence[str], principal: Principal) -> dict[str, Record]:
        """The records of these enrollments that the principal may see, by enrollment id; one database operation."""
        return {record.id: record for record in await self.query(self.where(enrollments, principal))}

    def where(self, enrollments: Sequence[str], principal: Principal, project: str | None = None) -> Document:
        """The filter of the records of these enrollments that the principal may see.

        Args:
            enrollments: Their ids.
            principal: Who asks.
            project: If set, only records of this project.
        """
        of_project = {"project": project} if project else {}
        return all_of({"_id": {"$in": list(enrollments)}}, of_project, visible_to(principal))

    async def credits_to_confirm(self, school: str) -> Tally:
        """How many credits wait for the school to confirm them (R31), and of which project if of one."""
        where = {"school": school, "credit.status": CreditStatus.PENDING}
        (tally,) = await tallies(self.collection, [where], by="project")
        return tally

    async def left_to_record(
        self, held: Mapping[str, Sequence[str]], finished: Sequence[str], afterwards: Sequence[str]
    ) -> list[Tally]:
        """How many attendees lack a mark of a session that was held, how many a result, and of how many a draft waits.

        It is one database operation.

        Whoever attended nothing is a no-show and needs no result, as `domain.result.is_no_show` has it.

        Args:
            held: Ids of the projects whose attendance is recorded now to the ids of their sessions up to today (R29).
            finished: Ids of projects whose training is over (R30).
            afterwards: Those of them that were recorded as held after their end: who has no mark is no no-show there.
        """
        unmarked = [
            {"project": project, "live": True, "marks.session": {"$not": {"$all": list(sessions)}}}
            for project, sessions in held.items()
            if sessions
        ]
        unassessed = {**_UNSTATED} | _among(finished) | _waiting_for_a_result(afterwards)
        drafted = {"drafts.0": {"$exists": True}} | _among(finished)
        lists = [{"$or": unmarked} if unmarked else _NOTHING, unassessed, drafted]
        return await tallies(self.collection, lists, by="project")

    async def attendees(self, project: str, session: Session | None = None) -> list[Record]:
        """The records of all who attend a project."""
        return await self.query(_attending(project), session=session)

    async def passed(self, project: str) -> list[Record]:
        """The records of all attendees of a project who have passed, by the result in force."""
        return [record for record in await self.attendees(project) if has_published_pass(record)]

    async def count_passed(self, projects: Sequence[str]) -> int:
        """How many attendees of these projects have passed, by the result in force."""
        passed = {"$eq": [{"$last": "$results.outcome"}, ResultOutcome.PASSED]}
        where = {"project": {"$in": list(projects)}, "live": True, "$expr": passed}
        return await self.collection.count_documents(where)

    async def attendees_of(self, projects: Sequence[str]) -> dict[str, list[Record]]:
        """The records of all who attend each of several projects, in one database operation."""
        attendees: dict[str, list[Record]] = {project: [] for project in projects}
        if attendees:
            for record in await self.query({"project": {"$in": list(projects)}, "live": True}, sort=()):
                attendees[record.project].append(record)
        return attendees

    async def own(self, teacher: str, projects: Sequence[str] | None = None) -> list[Record]:
        """The live records of a teacher, of all projects or of these."""
        among = {"project": {"$in": list(projects)}} if projects is not None else {}
        return await self.query({"teacher": teacher, "live": True} | among)

    async def rosters(self, lists: Sequence[tuple[str, PageRequest]], principal: Principal) -> list[list[Record]]:
        """A page of the roster of each of several projects, in one database operation.

        Args:
            lists: Project ids, each with the page that is asked for.
            principal: Who reads; only records that this principal may see.

        Returns:
            For each of `lists` up to `first + 1` records: the extra one tells that more follow.
        """
        rosters = await pages(
            self.collection,
            [
                (
                    all_of(_attending(project), visible_to(principal), after_position(_BY_ID, page.after)),
                    page.first + 1,
                )
                for project, page in lists
            ],
            _BY_ID,
        )
        return [[from_document(document, Record) for document in documents] for documents in rosters]

    async def count_rosters(self, projects: Sequence[str], principal: Principal) -> list[int]:
        """How many attendees of each project the principal may see."""
        return await counts(
            self.collection, [all_of(_attending(project), visible_to(principal)) for project in projects]
        )


def _among(projects: Sequence[str]) -> Document:
    return {"project": {"$in": list(projects)}, "live": True}


def _waiting_for_a_result(afterwards: Sequence[str]) -> Document:
    """Of those without a result: who attended, and who has no mark in a project that was recorded afterwards."""
    return {"$or": [_ATTENDED, {"project": {"$in": list(afterwards)}, **_UNMARKED}]}


def _attending(project: str) -> Mapping[str, Any]:
    return {"project": project, "live": True}


def visible_to(principal: Principal) -> Mapping[str, Any]:
    """The filter of the records of the principal's own organisation or province (docs/architecture.md, Trust)."""
    own: dict[Scope, Mapping[str, Any]] = {
        Scope.MINISTRY: {},
        Scope.BASE: {"base": {"$in": list(principal.bases)}},
        Scope.SCHOOL: {"school": principal.school},
        Scope.PROVINCE: {"province": principal.province},
        Scope.TEACHER: {"teacher": principal.person},
    }
    return own.get(principal.scope, _NOTHING)
