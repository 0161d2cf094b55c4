"""The collections of the catalog, their indexes, and the reads that the graph needs."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from pymongo import ASCENDING, ReturnDocument

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session, transact
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from services.catalog.domain.base import Base, Organization
from services.catalog.domain.project import Project
from services.catalog.domain.quota import CONSUMING, quota_id
from services.catalog.domain.review import Expert, Review
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import BaseCategory, ProjectStatus
from services.catalog.store.projects import Key, Projects, related
from services.catalog.store.quotas import Quotas
from services.catalog.store.visibility import BaseSelection, ExpertSelection, Visibility

COLLECTIONS = ("rounds", "bases", "experts", "quotas", "projects", "reviews")
"""The collections whose documents carry events."""
SEALED = ("bases",)
"""The collections whose documents hold sealed numbers (R41)."""

_BY_ID = [("_id", ASCENDING)]
T = TypeVar("T")


class Store:
    """Everything the catalog keeps.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rounds: Repository[Round] = _repository(database, "rounds", Round, "round")
        self.bases: Repository[Base] = _repository(database, "bases", Base, "base")
        self.experts: Repository[Expert] = _repository(database, "experts", Expert, "expert")
        self.projects = Projects(database)
        self.reviews: Repository[Review] = _repository(database, "reviews", Review, "review")
        self.quotas = Quotas(database)

    async def prepare(self) -> None:
        """Create the indexes."""
        for repository in (self.rounds, self.bases, self.experts, self.projects, self.reviews, self.quotas):
            await repository.prepare()
        await self.bases.collection.create_index(
            [("organization.code", ASCENDING), ("name", ASCENDING)], unique=True, name="organization_name"
        )
        await self.experts.collection.create_index(
            [("organization.code", ASCENDING), ("name", ASCENDING)], unique=True, name="organization_name"
        )
        await self.reviews.collection.create_index([("project", ASCENDING), ("cycle", ASCENDING)], name="project")
        await self.reviews.collection.create_index([("expert", ASCENDING), ("_id", ASCENDING)], name="expert")
        await self.reviews.collection.create_index([("year", ASCENDING), ("expert", ASCENDING)], name="load")

    async def transact(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction (notes N21)."""
        return await transact(self._database.client, work)

    async def next_base_number(self, category: BaseCategory, session: Session) -> int:
        """The next number among the bases of a category, taken only if the base is; bases are registered rarely."""
        document = await self._database["counters"].find_one_and_update(
            {"_id": f"base:{category}"},
            {"$inc": {"last": 1}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return int(cast("Document", document)["last"])

    async def related(self, keys: Sequence[Key], visibility: Visibility) -> dict[Key, Any]:
        """The aggregates of those keys, of any kinds, in one operation; projects where the reader may see them."""
        return await related(self._database, keys, visibility)

    async def list_bases(self, selection: BaseSelection, part: PageRequest) -> list[Base]:
        """Up to `first + 1` bases after a position, in the order of registration."""
        return await self.bases.query(
            all_of(selection.condition(), after_position(_BY_ID, part.after)), limit=part.first + 1
        )

    async def count_bases(self, selection: BaseSelection) -> int:
        """How many bases match."""
        return await self.bases.collection.count_documents(selection.condition())

    async def list_experts(self, selection: ExpertSelection, part: PageRequest) -> list[Expert]:
        """Up to `first + 1` experts after a position, in the order of registration."""
        return await self.experts.query(
            all_of(selection.condition(), after_position(_BY_ID, part.after)), limit=part.first + 1
        )

    async def count_experts(self, selection: ExpertSelection) -> int:
        """How many experts match."""
        return await self.experts.collection.count_documents(selection.condition())

    async def list_reviews(self, expert: str, part: PageRequest) -> list[Review]:
        """Up to `first + 1` reviews of an expert after a position, in the order of the projects."""
        return await self.reviews.query(
            all_of({"expert": expert}, after_position(_BY_ID, part.after)), limit=part.first + 1
        )

    async def count_reviews(self, expert: str) -> int:
        """How many reviews an expert has or had to write."""
        return await self.reviews.collection.count_documents({"expert": expert})

    async def reviews_of(self, projects: Sequence[str], session: Session | None = None) -> dict[str, list[Review]]:
        """The reviews of projects, by project."""
        found: dict[str, list[Review]] = {key: [] for key in projects}
        for review in await self.reviews.query({"project": {"$in": list(projects)}}, session=session):
            found[review.project].append(review)
        return found

    async def review_loads(self, year: int, session: Session) -> dict[str, int]:
        """How many reviews of a round each expert has, handed in or not, answered from an index."""
        groups = await self.reviews.collection.aggregate(
            [{"$match": {"year": year}}, {"$group": {"_id": "$expert", "count": {"$sum": 1}}}], session=session
        )
        return {group["_id"]: group["count"] async for group in groups}

    async def drop_blank_reviews(self, project: Project, session: Session) -> None:
        """Take the blank reviews of the present submission from those who are no longer asked."""
        where = {"project": project.id, "cycle": project.cycle, "expert": {"$nin": list(project.experts)}}
        await self.reviews.collection.delete_many(where | {"submitted_at": None}, session=session)

    async def take_turn(self, name: str, session: Session) -> None:
        """Let transactions that call this with one name take effect one after the other."""
        await self._database["counters"].update_one({"_id": name}, {"$inc": {"last": 1}}, upsert=True, session=session)

    async def organizations(self, codes: Sequence[str]) -> dict[str, Organization]:
        """Organisations that hold a base or sent an expert, by code."""
        where = {"organization.code": {"$in": list(codes)}}
        holders = [base.organization for base in await self.bases.query(where)]
        holders += [expert.organization for expert in await self.experts.query(where)]
        return {holder.code: holder for holder in holders}

    async def quota_ids(self, year: int | None) -> list[str]:
        """The ids of the quotas that there are or should be, of a round or of all."""
        where: dict[str, Any] = {} if year is None else {"year": year}
        held = await self.quotas.collection.distinct("_id", where)
        groups = await self.projects.collection.aggregate(
            [
                {"$match": where | {"status": {"$in": list(CONSUMING)}}},
                {"$group": {"_id": {"base": "$base", "year": "$year"}}},
            ]
        )
        return sorted({*held} | {quota_id(group["_id"]["base"], group["_id"]["year"]) async for group in groups})

    async def consuming_codes(self, key: str, session: Session) -> list[str]:
        """The codes of the projects that use a quota (R11)."""
        base, _, year = key.rpartition(":")
        where = {"base": base, "year": int(year), "status": {"$in": list(CONSUMING)}}
        cursor = self.projects.collection.find(where, {"code": 1}, sort=[("code", ASCENDING)], session=session)
        return [document["code"] async for document in cursor]

    async def returned_in(self, years: Sequence[int]) -> list[str]:
        """The ids of the projects of those rounds that wait for their base to hand them in again (R13)."""
        where = {"status": ProjectStatus.RETURNED, "year": {"$in": list(years)}}
        return [document["_id"] async for document in self.projects.collection.find(where, {"_id": 1})]


def _repository(database: Database, collection: str, kind: type[Any], noun: str) -> Repository[Any]:
    return Repository(database, collection, kind, producer="catalog", noun=noun)
