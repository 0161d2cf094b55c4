"""The teachers on file in MongoDB: an ID number is once in the service (R41), and a school lists who is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import OperationFailure

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import BATCH, Database, Document, begins_with, from_document
from chassis.storage.paging import after_position, all_of, counts, piped
from chassis.storage.repository import INTERNAL_FIELDS, Repository
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.domain.affiliation import current
from services.enrollment.domain.teacher import Teacher

_BY_ID = [("_id", ASCENDING)]
_LONGEST_SEARCH = 100
_MOBILES = "mobile"
_INDEX_NOT_FOUND = 27


class TeacherOrder(StrEnum):
    """The orders that a list of teachers may have."""

    REGISTERED = "REGISTERED"
    NAME = "NAME"


_ORDERS = {TeacherOrder.REGISTERED: _BY_ID, TeacherOrder.NAME: [("name", ASCENDING), ("_id", ASCENDING)]}


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherSelection:
    """Which teachers of a school are asked for, and in which order.

    Attributes:
        school: The school's code.
        search: The beginning of the name.
        order: How to sort; names by their characters.
    """

    school: str
    search: str | None = None
    order: TeacherOrder = TeacherOrder.REGISTERED

    def condition(self) -> Document:
        """As a filter of the teachers."""
        wanted = (self.search or "").strip()[:_LONGEST_SEARCH]
        return all_of(at_school(self.school), {"name": begins_with(wanted)} if wanted else {})

    def position(self, teacher: Teacher) -> list[str]:
        """Where a teacher stands in the order."""
        return [teacher.id] if self.order is TeacherOrder.REGISTERED else [teacher.name, teacher.id]


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
        for field, name in (("school", "school"), ("index.schools", "schools")):
            await self.collection.create_index([(field, ASCENDING), *_BY_ID], name=name)
        for field, name in (("school", "names"), ("index.schools", "names_at_schools")):
            await self.collection.create_index([(field, ASCENDING), ("name", ASCENDING), *_BY_ID], name=name)
        await self.collection.create_index([("name", ASCENDING), *_BY_ID], name="all_names")

    def index(self, aggregate: Teacher) -> Document:
        """The codes of the schools where the person is (R20)."""
        return {"schools": [affiliation.school for affiliation in current(aggregate.schools)]}

    def guard(self, teacher: Teacher, unit: UnitOfWork) -> None:
        """Stage a write of a teacher's document, so that this unit of work and a change of the teacher conflict.

        A request for the teacher reads where the teacher is, and writes elsewhere (notes N21).
        """
        unit.guard(
            self.collection, UpdateOne({"_id": teacher.id, "version": teacher.version}, {"$inc": {"requested": 1}})
        )

    async def _allow_shared_mobiles(self) -> None:
        """Drop the unique index of mobiles that earlier releases made; several replicas may do so at the same time."""
        if _MOBILES not in await self.collection.index_information():
            return
        try:
            await self.collection.drop_index(_MOBILES)
        except OperationFailure as error:
            if error.code != _INDEX_NOT_FOUND:
                raise

    async def pages(self, lists: Sequence[tuple[TeacherSelection, PageRequest]]) -> list[list[Teacher]]:
        """Of each school up to `first + 1` teachers who are there after a position, in the order that is asked for.

        Raises:
            Refusal: `BAD_CURSOR`: a position belongs to another order.
        """
        pipelines: list[list[Document]] = [
            [
                {"$match": all_of(selection.condition(), after_position(_ORDERS[selection.order], part.after))},
                {"$sort": dict(_ORDERS[selection.order])},
                {"$limit": part.first + 1},
                {"$project": INTERNAL_FIELDS},
            ]
            for selection, part in lists
        ]
        rows = await piped(self.collection, pipelines)
        return [[from_document(document, Teacher) for document in page] for page in rows]

    async def ids_at(self, school: str, limit: int) -> list[str]:
        """Ids of up to `limit` teachers who are at a school, in no particular order."""
        cursor = self.collection.find(at_school(school), {"_id": 1}, limit=limit, batch_size=BATCH)
        return [document["_id"] async for document in cursor]

    async def counts(self, lists: Sequence[TeacherSelection]) -> list[int]:
        """How many teachers each list has."""
        return await counts(self.collection, [selection.condition() for selection in lists])


def at_school(school: str) -> Document:
    """A filter for the teachers at a school; what earlier releases have written has no derived fields."""
    return {"$or": [{"index.schools": school}, {"school": school, "index.schools": {"$exists": False}}]}
