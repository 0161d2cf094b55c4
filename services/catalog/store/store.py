"""The collections of the catalog, their indexes, and the reads that the graph needs."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from pymongo import ASCENDING, ReturnDocument

from chassis.mongo import Database, Repository, Session, transact
from chassis.paging import Slice, both, following
from services.catalog.domain.base import Base, Organization
from services.catalog.domain.project import Project
from services.catalog.domain.review import Expert, Review
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import BaseCategory, ProjectStatus
from services.catalog.store.filters import ORDERS, BaseSelection, ExpertSelection, ProjectSelection, Visibility
from services.catalog.store.quotas import Quotas

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
        self.projects: Repository[Project] = _repository(database, "projects", Project, "project")
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
        await self.projects.collection.create_index([("code", ASCENDING)], unique=True, name="code")
        for name, keys in _PROJECT_INDEXES.items():
            await self.projects.collection.create_index([(key, ASCENDING) for key in keys], name=name)
        await self.reviews.collection.create_index([("project", ASCENDING), ("cycle", ASCENDING)], name="project")
        await self.reviews.collection.create_index([("expert", ASCENDING), ("_id", ASCENDING)], name="expert")

    async def transact(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction (facts 21)."""
        return await transact(self._database.client, work)

    async def next_base_number(self, category: BaseCategory) -> int:
        """The next number among the bases of a category; bases are registered rarely."""
        document = await self._database["counters"].find_one_and_update(
            {"_id": f"base:{category}"}, {"$inc": {"last": 1}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return int(document["last"]) if document else 1

    async def visible_project(self, key: str, visibility: Visibility) -> Project | None:
        """A project, if the reader may see it."""
        return (await self.visible_projects([key], visibility)).get(key)

    async def visible_projects(self, keys: Sequence[str], visibility: Visibility) -> dict[str, Project]:
        """Those of the projects that the reader may see."""
        where = both({"_id": {"$in": list(keys)}}, visibility.condition())
        return {project.id: project for project in await self.projects.query(where)}

    async def list_projects(self, selection: ProjectSelection, visibility: Visibility, part: Slice) -> list[Project]:
        """Up to `first + 1` visible projects after a position."""
        order = ORDERS[selection.order]
        where = both(selection.condition(), visibility.condition(), following(order, part.after))
        return await self.projects.query(where, sort=order, limit=part.first + 1)

    async def count_projects(self, selection: ProjectSelection, visibility: Visibility) -> int:
        """How many projects the reader may see."""
        return await self.projects.collection.count_documents(both(selection.condition(), visibility.condition()))

    async def list_bases(self, selection: BaseSelection, part: Slice) -> list[Base]:
        """Up to `first + 1` bases after a position, in the order of registration."""
        return await self.bases.query(both(selection.condition(), following(_BY_ID, part.after)), limit=part.first + 1)

    async def count_bases(self, selection: BaseSelection) -> int:
        """How many bases match."""
        return await self.bases.collection.count_documents(selection.condition())

    async def list_experts(self, selection: ExpertSelection, part: Slice) -> list[Expert]:
        """Up to `first + 1` experts after a position, in the order of registration."""
        return await self.experts.query(
            both(selection.condition(), following(_BY_ID, part.after)), limit=part.first + 1
        )

    async def count_experts(self, selection: ExpertSelection) -> int:
        """How many experts match."""
        return await self.experts.collection.count_documents(selection.condition())

    async def list_reviews(self, expert: str, part: Slice) -> list[Review]:
        """Up to `first + 1` reviews of an expert after a position, in the order of the projects."""
        return await self.reviews.query(both({"expert": expert}, following(_BY_ID, part.after)), limit=part.first + 1)

    async def count_reviews(self, expert: str) -> int:
        """How many reviews an expert has or had to write."""
        return await self.reviews.collection.count_documents({"expert": expert})

    async def reviews_of(self, projects: Sequence[str], session: Session | None = None) -> dict[str, list[Review]]:
        """The reviews of projects, by project."""
        found: dict[str, list[Review]] = {key: [] for key in projects}
        for review in await self.reviews.query({"project": {"$in": list(projects)}}, session=session):
            found[review.project].append(review)
        return found

    async def organizations(self, codes: Sequence[str]) -> dict[str, Organization]:
        """Organisations that hold a base or sent an expert, by code."""
        where = {"organization.code": {"$in": list(codes)}}
        holders = [base.organization for base in await self.bases.query(where)]
        holders += [expert.organization for expert in await self.experts.query(where)]
        return {holder.code: holder for holder in holders}

    async def returned_projects(self) -> list[Project]:
        """The projects that wait for their base to hand them in again (R13)."""
        return await self.projects.query({"status": ProjectStatus.RETURNED})


_PROJECT_INDEXES: dict[str, tuple[str, ...]] = {
    "base": ("base", "code"),
    "status": ("status", "year", "code"),
    "experts": ("experts", "code"),
    "series": ("series",),
    "starts": ("plan.starts_on", "_id"),
    "terms": ("terms",),
}


def _repository(database: Database, collection: str, kind: type[Any], noun: str) -> Repository[Any]:
    return Repository(database, collection, kind, producer="catalog", noun=noun)
