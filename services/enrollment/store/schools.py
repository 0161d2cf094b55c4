"""The schools on file in MongoDB, and who may list which of them (R3, R27)."""

import re
from dataclasses import dataclass
from enum import StrEnum

from pymongo import ASCENDING, UpdateOne

from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, begins_with
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.domain.school import School
from services.enrollment.store.visibility import NOTHING, own_province

_BY_CODE = [("_id", ASCENDING)]
_LONGEST_SEARCH = 100
_UNSETTLED: Document = {"closed.settled": False}


class SchoolOrder(StrEnum):
    """The orders that a list of schools may have."""

    CODE = "CODE"
    NAME = "NAME"


_ORDERS = {SchoolOrder.CODE: _BY_CODE, SchoolOrder.NAME: [("name", ASCENDING), ("_id", ASCENDING)]}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolSelection:
    """Which schools a reader asks for; a field that is None or empty selects nothing out.

    Attributes:
        province: Two digits; `00` for schools of line ministries.
        designated: Whether they have named their designated person (R5).
        search: Part of the name, or the beginning of the code.
        order: How to sort; names by their characters.
    """

    province: str | None = None
    designated: bool | None = None
    search: str | None = None
    order: SchoolOrder = SchoolOrder.CODE

    def position(self, school: School) -> list[str]:
        """Where a school stands in the order."""
        return [school.id] if self.order is SchoolOrder.CODE else [school.name, school.id]

    def condition(self) -> Document:
        """As a filter of the schools."""
        condition: Document = {} if self.province is None else {"province": self.province}
        if self.designated is not None:
            condition["designated"] = {"$ne": None} if self.designated else None
        if wanted := (self.search or "").strip()[:_LONGEST_SEARCH]:
            condition["$or"] = [
                {"name": {"$regex": re.escape(wanted), "$options": "i"}},
                {"_id": begins_with(wanted.upper())},
            ]
        return condition


class Schools(Repository[School]):
    """One document a school, under its code.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "schools", School, producer="enrollment", noun="school")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index([("province", ASCENDING), ("_id", ASCENDING)], name="province")
        await self.collection.create_index([("name", ASCENDING), ("_id", ASCENDING)], name="name")
        by_name = [("province", ASCENDING), ("name", ASCENDING), ("_id", ASCENDING)]
        await self.collection.create_index(by_name, name="province_name")
        await self.collection.create_index("closed.into", partialFilterExpression=_UNSETTLED, name="unsettled")

    async def unsettled(self) -> list[School]:
        """The schools that have ended and that not everything has followed yet (R3)."""
        return await self.query(_UNSETTLED)

    async def is_succeeding(self, code: str, session: Session) -> bool:
        """Whether another school is being merged into this one (R3)."""
        where = {**_UNSETTLED, "closed.into": code}
        return await self.collection.find_one(where, {"_id": 1}, session=session) is not None

    def guard(self, school: School, unit: UnitOfWork) -> None:
        """Stage a write of a school's document, so that this unit of work and a change of the school conflict."""
        unit.guard(self.collection, UpdateOne({"_id": school.id, "version": school.version}, {"$inc": {"met": 1}}))

    async def page(self, selection: SchoolSelection, reader: Principal, part: PageRequest) -> list[School]:
        """Up to `first + 1` schools that the reader may see, after a position."""
        order = _ORDERS[selection.order]
        where = all_of(selection.condition(), _visible_to(reader), after_position(order, part.after))
        return await self.query(where, sort=order, limit=part.first + 1)

    async def count(self, selection: SchoolSelection, reader: Principal) -> int:
        """How many schools the reader may see."""
        return await self.collection.count_documents(all_of(selection.condition(), _visible_to(reader)))


def _visible_to(reader: Principal) -> Document:
    if reader.scope is Scope.MINISTRY:
        return {}
    own = own_province(reader)
    return {"province": own} if own else NOTHING
