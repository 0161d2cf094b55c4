"""The questionnaires that are open, for those who are marked as attendees only later (R34, R35)."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING

from chassis.storage.mongo import Database, Session, from_document, to_document
from services.enrollment.domain.evaluation_news import OpenEvaluation


class OpenEvaluations:
    """One document a questionnaire, until it has ended.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self.collection = database["open_evaluations"]

    async def prepare(self) -> None:
        """Create the index."""
        await self.collection.create_index([("project", ASCENDING)], name="project")

    async def put(self, opened: OpenEvaluation, session: Session) -> None:
        """Remember that one is open."""
        document = to_document(opened)
        await self.collection.replace_one({"_id": document["_id"]}, document, upsert=True, session=session)

    async def remove(self, instrument: str, session: Session) -> None:
        """Forget one that has ended."""
        await self.collection.delete_one({"_id": instrument}, session=session)

    async def of(self, projects: Sequence[str], now: datetime, session: Session) -> list[OpenEvaluation]:
        """Those of some projects that still take answers."""
        where = {"project": {"$in": list(projects)}, "closes_at": {"$gt": now}}
        cursor = self.collection.find(where, sort=[("_id", ASCENDING)], session=session)
        return [from_document(document, OpenEvaluation) async for document in cursor]
