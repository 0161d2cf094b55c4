"""The experts' reviews, and how many each expert has (R14, R15)."""

from collections.abc import Sequence

from pymongo import ASCENDING

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Session
from chassis.storage.paging import after_position, all_of
from chassis.storage.repository import Repository
from services.catalog.domain.project import Project
from services.catalog.domain.review import Review

_BY_ID = [("_id", ASCENDING)]
_INDEXES = {"project": ("project", "cycle"), "expert": ("expert", "_id"), "load": ("year", "expert")}


class Reviews(Repository[Review]):
    """The reviews, blank ones included.

    Args:
        database: The service's own database.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database, "reviews", Review, producer="catalog", noun="review")
        self._counters = database["counters"]

    async def prepare(self) -> None:
        """Create the indexes."""
        await super().prepare()
        for name, keys in _INDEXES.items():
            await self.collection.create_index([(key, ASCENDING) for key in keys], name=name)

    async def page(self, expert: str, part: PageRequest) -> list[Review]:
        """Up to `first + 1` reviews of an expert after a position, in the order of the projects."""
        return await self.query(all_of({"expert": expert}, after_position(_BY_ID, part.after)), limit=part.first + 1)

    async def count(self, expert: str) -> int:
        """How many reviews an expert has or had to write."""
        return await self.collection.count_documents({"expert": expert})

    async def of_projects(self, projects: Sequence[str], session: Session | None = None) -> dict[str, list[Review]]:
        """The reviews of projects of all cycles, by the project's id; an empty list where there is none."""
        reviews: dict[str, list[Review]] = {project: [] for project in projects}
        for review in await self.query({"project": {"$in": list(projects)}}, session=session):
            reviews[review.project].append(review)
        return reviews

    async def loads(self, year: int, session: Session) -> dict[str, int]:
        """How many reviews of a round each expert has, handed in or not, answered from an index."""
        groups = await self.collection.aggregate(
            [{"$match": {"year": year}}, {"$group": {"_id": "$expert", "count": {"$sum": 1}}}], session=session
        )
        return {group["_id"]: group["count"] async for group in groups}

    async def drop_blank(self, project: Project, session: Session) -> None:
        """Delete the blank reviews of the present cycle of those who are no longer among the project's experts."""
        where = {"project": project.id, "cycle": project.cycle, "expert": {"$nin": list(project.experts)}}
        await self.collection.delete_many(where | {"submitted_at": None}, session=session)

    async def take_turn(self, year: int, session: Session) -> None:
        """Serialize the transactions that assign experts in a round: all of them write the same document.

        Without it two assignments at once would read the same loads and choose the same experts (R14).
        """
        turn = {"_id": f"reviews:{year}"}
        await self._counters.update_one(turn, {"$inc": {"last": 1}}, upsert=True, session=session)
