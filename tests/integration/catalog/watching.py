"""Which commands reach the database, by pymongo's own monitoring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymongo.monitoring import CommandListener, CommandStartedEvent

from chassis.storage.mongo import connect
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.catalog.commands import Deps
from services.catalog.store import Store
from tests.integration.catalog.season import Season


class Operations(CommandListener):
    """Every operation on the database, as `(command, collection)`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.database_name != "admin":  # where connections are opened and closed
            self.seen.append((event.command_name, str(event.command[event.command_name])))

    def succeeded(self, event: object) -> None:
        """Not of interest."""

    def failed(self, event: object) -> None:
        """Not of interest."""


@asynccontextmanager
async def watched(season: Season, parts: Parts) -> AsyncIterator[tuple[Season, Operations]]:
    """The same season through a client that is listened to."""
    operations, plain = Operations(), connect(parts.mongodb_url(ADMIN))
    client = type(plain)(parts.mongodb_url(ADMIN), tz_aware=True, event_listeners=[operations])
    store = Store(client[season.deps.store.projects.collection.database.name])
    yield Season(Deps(store, season.deps.clock, season.deps.vault), season.clock_file), operations
    await client.close()
    await plain.close()
