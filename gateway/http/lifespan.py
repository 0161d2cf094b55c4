"""The gateway's process: what opens and closes with it, probes, and the shell around its routes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.runtime.tasks import Task, run_in_background
from chassis.serving.process import Stopping
from gateway.http.responses import unrouted
from gateway.http.subgraph_streams import HttpStreams
from gateway.http.transport import HttpTransport
from gateway.identity.store import IdentityStore


@dataclass(slots=True)
class Lifespan:
    """What opens and closes with the process, and how it answers the probes.

    Attributes:
        transport: Reaches subgraphs.
        streams: Reaches them for subscriptions.
        store: Accounts; None where there are none.
        tasks: What runs beside the requests.
        ready: Whether it is open.
        stopping: Tells streams of the end.
    """

    transport: HttpTransport
    streams: HttpStreams
    store: IdentityStore | None = None
    tasks: tuple[Task, ...] = ()
    ready: bool = False
    stopping: Stopping = field(default_factory=Stopping)

    @asynccontextmanager
    async def span(self, _: Starlette) -> AsyncIterator[None]:
        """The lifespan of the application."""
        await self.transport.open()
        await self.streams.open()
        if self.store:
            await self.store.prepare()
        self.ready = True
        try:
            async with run_in_background(*self.tasks):
                yield
        finally:
            self.ready = False
            await self.streams.close()
            await self.transport.close()
            if self.store:
                await self.store.accounts.collection.database.client.close()

    def routes(self) -> list[BaseRoute]:
        """The probes and the metrics."""

        async def livez(_: Request) -> Response:
            return Response(status_code=200)

        async def readyz(_: Request) -> Response:
            return Response(status_code=200 if self.ready and not self.stopping else 503)

        async def metrics(_: Request) -> Response:
            return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

        return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]


def application(routes: list[BaseRoute], lifespan: Lifespan, origins: Sequence[str] = ()) -> Starlette:
    """The ASGI application of these routes.

    Args:
        routes: What it answers.
        lifespan: What it opens and closes.
        origins: Of front ends on other hosts.
    """
    handlers = {HTTPException: unrouted}
    app = Starlette(routes=routes, middleware=_cors(origins), exception_handlers=handlers, lifespan=lifespan.span)
    app.state.stopping = lifespan.stopping
    return app


def _cors(origins: Sequence[str]) -> list[Middleware]:
    if not origins:
        return []
    headers = ["Authorization", "Content-Type", "Idempotency-Key"]
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=headers,
            expose_headers=["Retry-After", "Content-Disposition"],
        )
    ]
