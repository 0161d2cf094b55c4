"""Step 1: the indexes, and those by which events that were sent or taken expire."""

from chassis.messaging import inbox, sent
from chassis.storage import timeline
from chassis.storage.mongo import Database
from services.enrollment.store import Store


async def run(database: Database) -> None:
    """Create what is not there."""
    await Store(database).prepare()
    await inbox.create_index(database)
    await sent.create_index(database)
    await timeline.create_index(database)
