"""The composition root of the ballot box: database, keys, endpoints and probes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.seal import KeyFolder
from chassis.serving.liveness import Canary, liveness, readiness
from chassis.serving.process import Stopping
from chassis.storage.migration import SchemaCheck
from chassis.storage.mongo import connect, ping
from services.assessment.ballots.counting import BallotBox
from services.assessment.ballots.http import Endpoints
from services.assessment.ballots.migrations import MIGRATIONS
from services.assessment.ballots.settings import BallotsSettings
from services.assessment.ballots.store import Store


def build(settings: BallotsSettings) -> Starlette:
    """The application of the one process of the ballot box; it connects when it starts."""
    endpoints = Endpoints(settings.secret())
    stopping = Stopping()
    canaries: list[Canary] = []
    checks: list[SchemaCheck] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            database = client[settings.mongodb_database]
            box = BallotBox(Store(database), KeyFolder(settings.keys_dir), settings.clock())
            check = SchemaCheck(database, MIGRATIONS)
            canary = Canary(partial(ping, database))
            await check.look()

            async def open_box() -> None:
                """Take ballots once their collection is as it has to be: clustered, or their order would tell."""
                await check.passed()
                endpoints.box = box

            checks.append(check)
            canaries.append(canary)
            working = [asyncio.ensure_future(work) for work in (canary.run(), check.watch(), open_box())]
            try:
                yield
            finally:
                for work in working:
                    work.cancel()
                await asyncio.gather(*working, return_exceptions=True)

    async def live(_: Request) -> Response:
        return liveness(canaries[0] if canaries else None)

    async def ready(_: Request) -> Response:
        return readiness(bool(canaries) and not stopping, checks[0].missing if checks else "")

    probes = [Route("/livez", live), Route("/readyz", ready)]
    app = Starlette(routes=[*probes, *endpoints.routes()], lifespan=lifespan)
    app.state.stopping = stopping
    return app
