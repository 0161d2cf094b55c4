"""Jobs of many classes (R32)."""

from chassis.storage.mongo import Database
from chassis.storage.repository import Repository
from services.assessment.domain.job import CertificateJob
from services.assessment.domain.vocabulary import JobState


class Jobs(Repository[CertificateJob]):
    """The jobs, one a year.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "jobs", CertificateJob, producer="assessment", noun="job")

    async def under_way(self) -> list[CertificateJob]:
        """Those that wait or run; there are few in all."""
        return await self.query({"state": {"$in": [JobState.WAITING, JobState.RUNNING]}})
