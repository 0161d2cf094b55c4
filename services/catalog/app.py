"""The composition root of the catalog: settings, adapters, commands, and the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from chassis.principal import TokenVerifier
from chassis.runtime.tasks import Role
from chassis.serving.asgi import Running, subgraph_app
from chassis.storage.mongo import connect
from chassis.storage.vault import Vault
from services.catalog.commands import Deps
from services.catalog.graph.schema import schema
from services.catalog.http.calendar import Calendars
from services.catalog.messaging import SERVICE, tasks
from services.catalog.migrations import MIGRATIONS
from services.catalog.settings import CatalogSettings
from services.catalog.store import Store


def build(settings: CatalogSettings, role: Role = Role.ALL) -> Starlette:
    """The catalog's application; it connects when it starts."""
    calendars = Calendars()

    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            database = client[settings.mongodb_database]
            deps = Deps(Store(database), settings.clock(), Vault.load(settings.vault_file))
            calendars.deps = deps
            work = tasks(deps, database, settings.amqp_url.get_secret_value())
            yield Running(deps, work, database=database, migrations=MIGRATIONS)

    keys = settings.key_file()
    verifier = TokenVerifier(keys.keys, SERVICE)
    keys.follow(verifier.exchange)
    app = subgraph_app(SERVICE, schema, verifier, start, role, keys=keys, read_only=settings.read_only)
    app.router.routes.append(Route("/calendar/{year}.ics", calendars.serve))
    return app
