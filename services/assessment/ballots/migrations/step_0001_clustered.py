"""Step 1: the collection of ballots, clustered by ids that tell nothing of arrival (ADR 54)."""

from chassis.storage.mongo import Database
from services.assessment.ballots.store import Store


async def run(database: Database) -> None:
    """Create what is not there."""
    await Store(database).prepare()
