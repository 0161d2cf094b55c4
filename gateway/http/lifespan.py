"""What the gateway opens and closes with its process, its probes, and the shell around its routes."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.runtime.tasks import Role, Tasks, run_in_background
from chassis.serving.asgi import is_known_to_broker
from chassis.serving.counted import Counted
from chassis.serving.liveness import Canary, liveness, readiness
from chassis.serving.process import Stopping
from chassis.serving.read_only import ReadOnly
from chassis.storage.migration import SchemaCheck
from gateway.api_schema import HEADER as SCHEMA_HEADER
from gateway.http.compression import Compression
from gateway.http.direct import Direct
from gateway.http.explanation import HEADER
from gateway.http.responses import Unrouted, refused, unrouted
from gateway.http.unmigrated import Unmigrated
from gateway.identity.store import IdentityStore
from gateway.migrations import MIGRATIONS

_READS = (
    "/auth/login",
    "/auth/second-factor",
    "/auth/oidc/start",
    "/auth/oidc/callback",
    "/auth/refresh",
    "/auth/logout",
    "/auth/sessions",
    "/auth/sessions/",
    "/certificates/check",
)
"""What is asked by POST or DELETE and changes nothing but sessions: whoever may read has to sign in."""


class Connections(Protocol):
    """Connections to subgraphs, made inside the running loop."""

    async def open(self) -> None:
        """Prepare for connections."""

    async def close(self) -> None:
        """Close them all."""


@dataclass(slots=True)
class Lifespan:
    """Opens connections when the process starts, closes them when it stops, and answers the probes.

    Attributes:
        connections: Connections to subgraphs; none in a process that serves no graph.
        store: Accounts and sessions; None for the router alone.
        tasks: What runs beside the requests.
        role: Which part the process runs.
        ready: Whether everything is open.
        canary: Asks the driver of the accounts' database, once that is open.
        schema: Whether that database is as this code needs it.
        stopping: Tells streams and sockets that the process stops.
        read_only: Whether what would change something is refused.
    """

    connections: tuple[Connections, ...] = ()
    store: IdentityStore | None = None
    tasks: Tasks = field(default_factory=Tasks)
    role: Role = Role.ALL
    ready: bool = False
    canary: Canary | None = None
    schema: SchemaCheck | None = None
    stopping: Stopping = field(default_factory=Stopping)
    read_only: bool = False

    @asynccontextmanager
    async def run(self, _: Starlette) -> AsyncIterator[None]:
        """The ASGI lifespan: open, serve until the block ends, close in reverse order."""
        tasks = self.tasks
        async with AsyncExitStack() as stack:
            if self.store:
                stack.push_async_callback(self.store.close)
                self.schema = SchemaCheck(self.store.database, MIGRATIONS)
                self.canary = Canary(self.store.ping)
                tasks = await self.schema.gate(tasks)
                tasks = replace(tasks, api=(*tasks.api, self.canary.run))
            for connections in self.connections:
                stack.push_async_callback(connections.close)
                await connections.open()
            await stack.enter_async_context(run_in_background(tasks, self.stopping.begun))
            self.ready = True
            try:
                yield
            finally:
                self.ready = False

    def missing(self) -> str:
        """What the accounts' database lacks; empty for nothing, and for a process without one."""
        return self.schema.missing if self.schema else ""

    def routes(self) -> list[BaseRoute]:
        """`/livez` and `/readyz`."""

        async def livez(_: Request) -> Response:
            return liveness(self.canary)

        async def readyz(_: Request) -> Response:
            ready = self.ready and is_known_to_broker(self.role) and not self.stopping
            return readiness(ready, self.missing(), read_only=self.read_only)

        return [Route("/livez", livez), Route("/readyz", readyz)]


def application(
    routes: Sequence[BaseRoute],
    lifespan: Lifespan,
    origins: Sequence[str] = (),
    hangup: Callable[[], None] | None = None,
    nowhere: Unrouted = unrouted,
) -> Starlette:
    """The ASGI application of these routes and the probes.

    Args:
        routes: What it answers besides probes; a path is matched in this order, the probes first.
        lifespan: What it opens and closes.
        origins: Origins of front ends on other hosts, such as `https://front.example`; none by default.
        hangup: What SIGHUP calls; None for nothing.
        nowhere: Answers what no route does.
    """
    app = Starlette(
        routes=[*lifespan.routes(), *routes],
        middleware=[
            *_cors(origins),
            Middleware(Unmigrated, missing=lifespan.missing),
            *([Middleware(ReadOnly, reads=_READS, refuse=refused)] if lifespan.read_only else ()),
            Middleware(Direct, routes=routes),
            Middleware(Compression),
            Middleware(Counted, service="gateway"),
        ],
        exception_handlers={HTTPException: nowhere},
        lifespan=lifespan.run,
    )
    app.state.stopping = lifespan.stopping
    if hangup:
        app.state.hangup = hangup
    return app


def _cors(origins: Sequence[str]) -> list[Middleware]:
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "traceparent", HEADER],
            expose_headers=["Retry-After", "Content-Disposition", "traceresponse", "X-Request-Id", SCHEMA_HEADER],
        )
    ]
