"""The experts' reviews, and how many each expert has (R14, R15)."""

from collections.abc import Sequence

from pymongo import ASCENDING, DeleteOne, UpdateOne

from chassis.storage.cursor import PageRequest
from chassis.storage.mongo import Database, Document, Session
from chassis.storage.paging import Tally, after_position, all_of
from chassis.storage.repository import Repository
from chassis.storage.unit_of_work import UnitOfWork
from services.catalog.domain.review import Review
from services.catalog.domain.vocabulary import ProjectStatus
from services.catalog.store.visibility import ONE_BATCH

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

    async def blank_by_year(self, expert: str) -> dict[int, Tally]:
        """How many plans under review wait for the expert's review, by round, in one database operation (R15).

        A review that stayed blank when its plan was decided or taken back waits no more.
        """
        under_review = [{"$match": {"status": ProjectStatus.UNDER_REVIEW}}, {"$project": {"cycle": 1}}]
        pipeline: list[Document] = [
            {"$match": {"expert": expert, "submitted_at": None}},
            {
                "$lookup": {
                    "from": "projects",
                    "localField": "project",
                    "foreignField": "_id",
                    "pipeline": under_review,
                    "as": "plan",
                }
            },
            {"$match": {"$expr": {"$in": ["$cycle", "$plan.cycle"]}}},
            {"$group": {"_id": "$year", "count": {"$sum": 1}, "first": {"$first": "$project"}}},
        ]
        rows = await self.collection.aggregate(pipeline, batchSize=ONE_BATCH)
        return {row["_id"]: Tally(row["count"], row["first"] if row["count"] == 1 else None) async for row in rows}

    async def of_projects(self, projects: Sequence[str], session: Session | None = None) -> dict[str, list[Review]]:
        """The reviews of projects of all cycles, by the project's id; an empty list where there is none."""
        reviews: dict[str, list[Review]] = {project: [] for project in projects}
        for review in await self.query({"project": {"$in": list(projects)}}, session=session):
            reviews[review.project].append(review)
        return reviews

    async def blank_of(self, experts: Sequence[str], session: Session | None = None) -> dict[str, list[Review]]:
        """The reviews that are not handed in, by expert; an empty list where there is none."""
        blank: dict[str, list[Review]] = {expert: [] for expert in experts}
        where = {"expert": {"$in": list(experts)}, "submitted_at": None}
        for review in await self.query(where, session=session):
            blank[review.expert].append(review)
        return blank

    async def take_every_turn(self, years: Sequence[int], session: Session) -> None:
        """Serialize this transaction with those that assign experts in these rounds, the first time too (R14)."""
        if years:
            await self._counters.bulk_write([_turn(year) for year in sorted(years)], session=session)

    async def loads(self, years: Sequence[int], session: Session) -> dict[int, dict[str, int]]:
        """How many reviews of each round each expert has, handed in or not, answered from an index."""
        loads: dict[int, dict[str, int]] = {year: {} for year in years}
        fields = {"year": "$year", "expert": "$expert"}
        groups = await self.collection.aggregate(
            [{"$match": {"year": {"$in": list(loads)}}}, {"$group": {"_id": fields, "count": {"$sum": 1}}}],
            batchSize=ONE_BATCH,
            session=session,
        )
        async for group in groups:
            loads[group["_id"]["year"]][group["_id"]["expert"]] = group["count"]
        return loads

    def drop(self, unit: UnitOfWork, review: Review) -> None:
        """Delete a review, which is blank."""
        unit.put(self.collection, DeleteOne({"_id": review.id}))

    def take_turn(self, unit: UnitOfWork, year: int) -> None:
        """Serialize the transactions that assign experts in a round: all of them write the same document.

        Without it two assignments at once would read the same loads and choose the same experts (R14).
        """
        unit.guard(self._counters, _turn(year))


def _turn(year: int) -> UpdateOne:
    return UpdateOne({"_id": f"reviews:{year}"}, {"$inc": {"last": 1}}, upsert=True)
