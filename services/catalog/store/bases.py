"""Bases, experts, and the organisations that hold the ones and send the others (R2, R14)."""

from collections.abc import Sequence
from typing import cast

from pymongo import ASCENDING, ReturnDocument

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from services.catalog.domain.base import Base, Organization
from services.catalog.domain.review import Expert
from services.catalog.domain.vocabulary import BaseCategory
from services.catalog.store.visibility import BaseSelection, ExpertSelection

_BY_ID = [("_id", ASCENDING)]
_UNIQUE_NAME = [("organization.code", ASCENDING), ("name", ASCENDING)]
"""An organisation has no two bases, and sends no two experts, of one name."""


class Bases(Repository[Base]):
    """The training bases.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "bases", Base, producer="catalog", noun="base")
        self._counters = database["counters"]

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index(_UNIQUE_NAME, unique=True, name="organization_name")

    async def page(self, selection: BaseSelection, part: PageRequest) -> list[Base]:
        """Up to `first + 1` bases after a position, in the order of registration."""
        return await self.query(all_of(selection.condition(), after_position(_BY_ID, part.after)), limit=part.first + 1)

    async def count(self, selection: BaseSelection) -> int:
        """How many bases match."""
        return await self.collection.count_documents(selection.condition())

    async def next_number(self, category: BaseCategory, session: Session) -> int:
        """The next number among the bases of a category; it is used up only if the transaction commits."""
        document = await self._counters.find_one_and_update(
            {"_id": f"base:{category}"},
            {"$inc": {"last": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return int(cast("Document", document)["last"])

    async def merged_into(self, key: str, session: Session | None = None) -> list[str]:
        """The ids of the bases that a base acts for: merged into it, or into one that was (R2)."""
        pipeline: list[Document] = [
            {"$match": {"_id": key}},
            {
                "$graphLookup": {
                    "from": self.collection.name,
                    "startWith": "$_id",
                    "connectFromField": "_id",
                    "connectToField": "closed.into",
                    "as": "merged",
                }
            },
            {"$project": {"merged._id": 1}},
        ]
        found = await (await self.collection.aggregate(pipeline, session=session)).to_list()
        return [str(base["_id"]) for document in found for base in document["merged"]]

    async def standing(self, session: Session) -> tuple[str, ...]:
        """The ids of the bases that have not ended (R2), in the order of registration."""
        cursor = self.collection.find({"closed": None}, {"_id": 1}, sort=[("_id", 1)], session=session)
        return tuple([str(document["_id"]) async for document in cursor])

    async def take_turn(self, key: str, session: Session) -> None:
        """Write a document of that name, so that this transaction conflicts with others that write it."""
        await self._counters.update_one({"_id": key}, {"$inc": {"last": 1}}, upsert=True, session=session)


class Experts(Repository[Expert]):
    """The reviewers.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "experts", Expert, producer="catalog", noun="expert")

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        await self.collection.create_index(_UNIQUE_NAME, unique=True, name="organization_name")

    async def page(self, selection: ExpertSelection, part: PageRequest) -> list[Expert]:
        """Up to `first + 1` experts after a position, in the order of registration."""
        return await self.query(all_of(selection.condition(), after_position(_BY_ID, part.after)), limit=part.first + 1)

    async def count(self, selection: ExpertSelection) -> int:
        """How many experts match."""
        return await self.collection.count_documents(selection.condition())


class Organizations:
    """The organisations; each is on file with the bases it holds and the experts it sent, and has no document itself.

    Args:
        bases: The training bases.
        experts: The reviewers.
    """

    def __init__(self, bases: Bases, experts: Experts) -> None:
        self._bases = bases
        self._experts = experts

    async def find_many(self, codes: Sequence[str], session: Session | None = None) -> dict[str, Organization]:
        """The organisations of those codes that are on file, by code."""
        where = {"organization.code": {"$in": list(codes)}}
        organizations = [expert.organization for expert in await self._experts.query(where, session=session)]
        organizations += [base.organization for base in await self._bases.query(where, session=session)]
        return {organization.code: organization for organization in organizations}

    async def members(self, code: str, session: Session) -> tuple[list[Base], list[Expert]]:
        """The bases that an organisation holds, and the experts that it sent."""
        where = {"organization.code": code}
        return await self._bases.query(where, session=session), await self._experts.query(where, session=session)

    async def take_turn(self, code: str, session: Session) -> None:
        """Serialize the transactions that name an organisation, so that a code never gets two names (R3)."""
        await self._bases.take_turn(f"organization:{code}", session)
