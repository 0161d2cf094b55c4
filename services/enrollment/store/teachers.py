"""The teachers on file in MongoDB: an ID number is once in the service (R41), and a school lists its own."""

from collections.abc import Sequence

from pymongo import ASCENDING
from pymongo.errors import OperationFailure

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, from_document
from chassis.storage.paging import after_position, all_of, counts, pages
from chassis.storage.repository import Repository
from services.enrollment.domain.teacher import Teacher

_BY_ID = [("_id", ASCENDING)]
_MOBILES = "mobile"
_INDEX_NOT_FOUND = 27


class Teachers(Repository[Teacher]):
    """One document a teacher, personal numbers sealed.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "teachers", Teacher, producer="enrollment", noun="teacher")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self._allow_shared_mobiles()
        await self.collection.create_index("id_number.hash", unique=True, name="id_number")
        await self.collection.create_index([("school", ASCENDING), ("_id", ASCENDING)], name="school")

    async def _allow_shared_mobiles(self) -> None:
        """Drop the unique index of mobiles that earlier releases made; several replicas may do so at the same time."""
        if _MOBILES not in await self.collection.index_information():
            return
        try:
            await self.collection.drop_index(_MOBILES)
        except OperationFailure as error:
            if error.code != _INDEX_NOT_FOUND:
                raise

    async def pages(self, lists: Sequence[tuple[str, PageRequest]]) -> list[list[Teacher]]:
        """Of each school up to `first + 1` teachers after a position."""
        wanted = [
            (all_of({"school": school}, after_position(_BY_ID, part.after)), part.first + 1) for school, part in lists
        ]
        rows = await pages(self.collection, wanted, _BY_ID)
        return [[from_document(document, Teacher) for document in page] for page in rows]

    async def counts(self, schools: Sequence[str]) -> list[int]:
        """How many teachers each school has on file."""
        return await counts(self.collection, [{"school": school} for school in schools])
