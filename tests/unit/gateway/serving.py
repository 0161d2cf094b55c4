"""A server for a test: an ASGI application on a port of its own, and a client of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.runtime.server_settings import ServerSettings
from chassis.serving.metrics import MetricsServer, running
from chassis.serving.process import Server
from tests.support.eventually import eventually


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.text)

    @property
    def code(self) -> str:
        """The one code of its errors."""
        (code,) = {str(error["extensions"]["code"]) for error in self.json["errors"]}
        return code


@dataclass(frozen=True, slots=True)
class Browser:
    """A client that sends exactly what it is told."""

    url: str
    http: aiohttp.ClientSession

    async def send(self, method: str, path: str, **more: Any) -> Answer:
        async with self.http.request(method, self.url + path, **more) as reply:
            headers = {name.lower(): value for name, value in reply.headers.items()}
            return Answer(reply.status, headers, await reply.text())

    async def graphql(self, query: str, *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        return await self.send("POST", "/graphql", json={"query": query, **more}, headers=headers)


@asynccontextmanager
async def measured() -> AsyncIterator[str]:
    """Show this process's metrics on a free port; yields their address."""
    server = MetricsServer("127.0.0.1", 0, ServerSettings())
    async with running(server):
        await eventually(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/metrics"


@asynccontextmanager
async def served(app: Starlette, proxies: str | None = None) -> AsyncIterator[Browser]:
    """Serve an application on a free port of the loopback interface, behind proxies that are trusted, if any."""
    server = Server(app, "127.0.0.1", 0, message_bytes=16 * 1024 * 1024, proxies=proxies)
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        async with aiohttp.ClientSession() as http:
            yield Browser(f"http://127.0.0.1:{port}", http)
    finally:
        await server.shutdown()
        await server.lifespan.shutdown()


@dataclass(slots=True)
class Subgraph:
    """A subgraph that always answers the same, not before it is told to, and remembers what it was sent."""

    reply: Response
    told: asyncio.Event | None = None
    seen: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        async def graphql(request: Request) -> Response:
            self.seen.append(dict(request.headers))
            if self.told:
                await self.told.wait()
            return self.reply

        return Starlette(routes=[Route("/graphql", graphql, methods=["GET", "POST"])])


def json_reply(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")
