"""The aggregates of assessment, their indexes, and the reads that the graph needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import ASCENDING

from chassis.principal import Principal, Scope
from chassis.storage.cursor import Slice
from chassis.storage.mongo import Database, Session, from_document
from chassis.storage.paging import both, first_rows, following, lengths
from chassis.storage.repository import Repository
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record
from services.assessment.store.audit import AuditLog

COLLECTIONS = ("records",)
"""The collections whose documents carry events."""
_NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}


class Store:
    """Everything assessment keeps.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self.records = Repository(database, "records", Record, producer="assessment", noun="record")
        self.projects = Repository(database, "projects", Project, producer="assessment", noun="project")
        self.audit = AuditLog(database)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.records.prepare()
        await self.records.collection.create_index([("project", ASCENDING), ("_id", ASCENDING)], name="project")
        await self.audit.prepare()

    async def visible_records(self, keys: Sequence[str], principal: Principal) -> dict[str, Record]:
        """Those of the records that the principal may see, by enrolment, in one operation."""
        where = both({"_id": {"$in": list(keys)}}, visible_to(principal))
        return {record.id: record for record in await self.records.query(where)}

    async def attendees(self, project: str, session: Session | None = None) -> list[Record]:
        """The live records of a project."""
        return await self.records.query({"project": project, "live": True}, session=session)

    async def rosters(self, lists: Sequence[tuple[str, Slice]], principal: Principal) -> list[list[Record]]:
        """Of each project up to `first + 1` live records after a position."""
        order = [("_id", ASCENDING)]
        found = await first_rows(
            self.records.collection,
            [
                (both(_live(project), visible_to(principal), following(order, part.after)), part.first + 1)
                for project, part in lists
            ],
            order,
        )
        return [[from_document(document, Record) for document in rows] for rows in found]

    async def count_rosters(self, projects: Sequence[str], principal: Principal) -> list[int]:
        """How many live records of each project the principal may see."""
        return await lengths(self.records.collection, [both(_live(one), visible_to(principal)) for one in projects])


def _live(project: str) -> Mapping[str, Any]:
    return {"project": project, "live": True}


def visible_to(principal: Principal) -> Mapping[str, Any]:
    """The rows of the principal's own organisation or province (architecture.md, Trust)."""
    own: dict[Scope, Mapping[str, Any]] = {
        Scope.MINISTRY: {},
        Scope.BASE: {"base": {"$in": list(principal.bases)}},
        Scope.SCHOOL: {"school": principal.school},
        Scope.PROVINCE: {"province": principal.province},
        Scope.TEACHER: {"teacher": principal.person},
    }
    return own.get(principal.scope, _NOTHING)
