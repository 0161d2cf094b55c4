"""Which commands of the catalog reach the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.catalog.commands import Deps
from services.catalog.store import Store
from tests.integration.catalog.season import Season
from tests.support.operations import Operations
from tests.support.operations import watched as watched_database


@asynccontextmanager
async def watched(season: Season, parts: Parts) -> AsyncIterator[tuple[Season, Operations]]:
    """The same season through a client that is listened to."""
    name = season.deps.store.projects.collection.database.name
    async with watched_database(parts.mongodb_url(ADMIN), name) as (database, operations):
        deps = Deps(Store(database), season.deps.clock, season.deps.vault)
        yield Season(deps, season.clock_file), operations
