"""Which names of attendees assessment was told (R32, ADR 52)."""

from pymongo import ASCENDING

from chassis.storage.mongo import Database
from chassis.storage.repository import Repository
from services.enrollment.domain.attendee_name import AttendeeName


class AttendeeNames(Repository[AttendeeName]):
    """What was told of each attendee's name, under the enrollment's id.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "attendee_names", AttendeeName, producer="enrollment", noun="attendee-name")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index([("teacher", ASCENDING)], name="teacher")
