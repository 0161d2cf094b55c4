"""The composition root of the ballot box: database, keys, endpoints and probes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.seal import KeyFolder
from chassis.serving.liveness import Canary
from chassis.serving.process import Stopping
from chassis.storage.mongo import connect, ping
from services.assessment.ballots.counting import BallotBox
from services.assessment.ballots.http import Endpoints
from services.assessment.ballots.settings import BallotsSettings
from services.assessment.ballots.store import Store


def build(settings: BallotsSettings) -> Starlette:
    """The application of the one process of the ballot box; it connects when it starts."""
    endpoints = Endpoints(settings.secret())
    stopping = Stopping()
    canaries: list[Canary] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            database = client[settings.mongodb_database]
            store = Store(database)
            await store.prepare()
            endpoints.box = BallotBox(store, KeyFolder(settings.keys_dir), settings.clock())
            canaries.append(Canary(partial(ping, database)))
            asking = asyncio.ensure_future(canaries[0].run())
            try:
                yield
            finally:
                asking.cancel()
                with suppress(asyncio.CancelledError):
                    await asking

    async def live(_: Request) -> Response:
        alive = all(canary.alive for canary in canaries)
        return Response(status_code=HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE)

    async def ready(_: Request) -> Response:
        return Response(status_code=HTTPStatus.OK if canaries and not stopping else HTTPStatus.SERVICE_UNAVAILABLE)

    probes = [Route("/livez", live), Route("/readyz", ready)]
    app = Starlette(routes=[*probes, *endpoints.routes()], lifespan=lifespan)
    app.state.stopping = stopping
    return app
