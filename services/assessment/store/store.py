"""The repositories of assessment, composed."""

from pymongo import ASCENDING

from chassis.storage.mongo import Client, Database
from chassis.storage.repository import Repository
from services.assessment.domain.project import Project
from services.assessment.domain.settlement import Settlement
from services.assessment.store.audit import AuditLog
from services.assessment.store.records import Records

COLLECTIONS = ("records", "settlements")
"""The collections whose documents carry events."""


class Store:
    """Everything that assessment stores.

    Args:
        database: The service's own database.

    Attributes:
        client: For transactions.
        records: The records of attendees.
        projects: Assessment's own view of projects, built from catalog's events.
        settlements: Which projects are settled (R30, R31).
        audit: The audit log (R40).
    """

    def __init__(self, database: Database) -> None:
        self.client: Client = database.client
        self.records = Records(database)
        self.projects = Repository(database, "projects", Project, producer="assessment", noun="project")
        self.settlements = Repository(database, "settlements", Settlement, producer="assessment", noun="settlement")
        self.audit = AuditLog(database)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.records.prepare()
        await self.settlements.prepare()
        await self.projects.collection.create_index([("base", ASCENDING), ("phase", ASCENDING)], name="base")
        await self.projects.collection.create_index([("phase", ASCENDING), ("_id", ASCENDING)], name="phase")
        await self.audit.prepare()
