"""Step 1: the indexes of identity, of the count of gateways, and those by which sent and taken events expire."""

from chassis.messaging import inbox, sent
from chassis.storage import timeline
from chassis.storage.mongo import Database
from gateway.identity.store import IdentityStore
from gateway.protection import gateway_count


async def run(database: Database) -> None:
    """Create what is not there."""
    await IdentityStore(database).prepare()
    await gateway_count.create_index(database)
    await inbox.create_index(database)
    await sent.create_index(database)
    await timeline.create_index(database)
