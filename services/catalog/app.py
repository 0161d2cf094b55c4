"""The composition root of the catalog: settings, adapters, commands, and the application."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import TokenVerifier
from chassis.runtime.tasks import Role
from chassis.serving.asgi import Running, subgraph_app
from chassis.storage.mongo import connect
from chassis.storage.vault import Vault
from services.catalog.calendar import icalendar
from services.catalog.commands import Catalog
from services.catalog.graph.schema import schema
from services.catalog.messaging import SERVICE, tasks
from services.catalog.settings import CatalogSettings
from services.catalog.store import Store

_CALENDAR_CACHE = "public, max-age=300"  # an extension is seen within five minutes


def build(settings: CatalogSettings, role: Role = Role.ALL) -> Starlette:
    """The catalog's application; it connects when it starts."""
    calendars = _Calendars()

    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            database = client[settings.mongodb_database]
            catalog = Catalog(Store(database), settings.clock(), Vault.load(settings.vault_file))
            await catalog.store.prepare()
            calendars.catalog = catalog
            yield Running(catalog, tasks(catalog, database, settings.amqp_url.get_secret_value()))

    app = subgraph_app(SERVICE, schema, TokenVerifier(settings.internal_keys(), SERVICE), start, role)
    app.router.routes.append(Route("/calendar/{year:int}.ics", calendars.serve))
    return app


class _Calendars:
    """The public iCalendar files, one a round (R1)."""

    catalog: Catalog | None = None

    async def serve(self, request: Request) -> Response:
        if self.catalog is None:
            return Response(status_code=503)
        found = await self.catalog.store.rounds.find(str(request.path_params["year"]))
        if found is None:
            return Response(status_code=404)
        text = icalendar(found).encode()
        headers = {"ETag": f'"{hashlib.sha256(text).hexdigest()[:32]}"', "Cache-Control": _CALENDAR_CACHE}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)
