"""A gateway in front of a subgraph that streams what a test tells it, and clients that follow."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Principal, Scope, TokenMinter, Verified
from chassis.serving.process import Stopping
from chassis.serving.sse import EVENT_STREAM, EventStream, Parser
from gateway.federation.engine import Engine
from gateway.http.graphql import GraphQLEndpoint, graphql_routes
from gateway.http.lifespan import Lifespan, application
from gateway.http.operations import Operations
from gateway.http.subgraph_streams import HttpStreams
from gateway.http.subscribing import SubscriptionSettings
from gateway.http.transport import HttpTransport
from gateway.http.websocket import SocketEndpoint, socket_routes
from gateway.protection import Limits
from gateway.protection.stream_limits import StreamLimits, StreamLimitSettings
from kernel.refusals import UNAUTHENTICATED
from tests.support.fixtures import supergraph
from tests.unit.gateway.serving import Browser, served

FOLLOW = "subscription($after: String) { enrollmentEvents(after: $after) { sequence } }"
PROVINCE = Principal("a1", Scope.PROVINCE, province="44")
BREAK = object()
"""Told to the source, it breaks off in the midst of the stream."""


@dataclass(slots=True)
class Source:
    """The subgraph: `tell` is what every open stream sends next, `reply` what it answers in the place of a stream."""

    streams: list[asyncio.Queue[Any]] = field(default_factory=list)
    opened: int = 0
    seen: list[dict[str, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    reply: Response | None = None

    def tell(self, *numbers: object) -> None:
        """An event, None for the end, or BREAK."""
        for queue in self.streams:
            for number in numbers:
                queue.put_nowait(number)

    def app(self) -> Starlette:
        async def graphql(request: Request) -> Response:
            self.seen.append(dict(request.headers))
            self.asked.append(await request.json())
            return self.reply or EventStream(self._events(), Stopping())

        return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])

    def result(self, number: object) -> Any:
        """What is sent for an event."""
        return {"data": {"enrollmentEvents": {"sequence": number}}}

    async def _events(self) -> AsyncGenerator[bytes, None]:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self.streams.append(queue)
        self.opened += 1
        try:
            while (number := await queue.get()) is not None:
                if number is BREAK:
                    raise ConnectionAbortedError
                yield orjson.dumps(self.result(number))
        finally:
            self.streams.remove(queue)


@dataclass(slots=True)
class Gateway:
    """A gateway that is served, and the subgraph behind it."""

    browser: Browser
    source: Source
    lifespan: Lifespan
    streams: HttpStreams

    @asynccontextmanager
    async def follow(self, bearer: str = "t", query: str = FOLLOW, **more: Any) -> AsyncIterator["Follower"]:
        """Subscribe by SSE."""
        headers = {"Accept": EVENT_STREAM, "Authorization": f"Bearer {bearer}"}
        url, body = f"{self.browser.url}/graphql", {"query": query, **more}
        async with self.browser.http.post(url, json=body, headers=headers) as reply:
            yield Follower(reply, Parser(1_000_000))


@dataclass(slots=True)
class Follower:
    """A client that follows a stream."""

    reply: aiohttp.ClientResponse
    parser: Parser
    _ready: list[tuple[str, Any]] = field(default_factory=list)

    async def next(self) -> tuple[str, Any]:
        """The next event's name and its JSON."""
        async with asyncio.timeout(10):
            while not self._ready:
                piece = await self.reply.content.readany()
                assert piece, "the stream has ended"
                found = self.parser.feed(piece)
                self._ready += [(one.name, orjson.loads(one.data) if one.data else None) for one in found]
        return self._ready.pop(0)

    async def sequence(self) -> int:
        """The number of the next event, which came without an error."""
        name, answer = await self.next()
        assert (name, set(answer)) == ("next", {"data"}), answer
        return int(answer["data"]["enrollmentEvents"]["sequence"])

    async def refused(self) -> Any:
        """The extensions of the one error that the stream ends with, and its end."""
        name, answer = await self.next()
        ((error,), end) = answer["errors"], await self.next()
        assert (name, end) == ("next", ("complete", None))
        return error["extensions"] | {"message": error["message"]}


def holder(expires: float = math.inf, who: Principal = PROVINCE) -> Callable[[str], Verified]:
    """Takes the token `t` as a province's, or as somebody else's."""

    def authenticate(token: str) -> Verified:
        if token != "t":
            raise UNAUTHENTICATED()
        return Verified(who, expires)

    return authenticate


@asynccontextmanager
async def gateway(
    authenticate: Callable[[str], Verified] | None = None,
    stream_limits: StreamLimitSettings | None = None,
    subgraph: Starlette | None = None,
    subscriptions: SubscriptionSettings | None = None,
    minter: TokenMinter | None = None,
    *,
    proxies: str | None = None,
    **options: Any,
) -> AsyncIterator[Gateway]:
    """The gateway in front of a source, or of another subgraph; `options` are further ones of `Operations`."""
    source = Source()
    async with served(subgraph or source.app()) as behind:
        urls = {"enrollment": f"{behind.url}/graphql"}
        transport = HttpTransport(urls, minter)
        settings = {"Enrollment": subscriptions} if subscriptions else {}
        streams = HttpStreams(transport.replicas, transport.headers, settings)
        engine = Engine(supergraph(), transport, streams=streams)
        limits = StreamLimits(stream_limits or StreamLimitSettings())
        operations = Operations(engine, authenticate or holder(), stream_limits=limits, **options)
        lifespan = Lifespan((transport, streams))
        routes = graphql_routes(GraphQLEndpoint(operations, Limits(), get_queries=True, stopping=lifespan.stopping))
        sockets = socket_routes(SocketEndpoint(operations, lifespan.stopping, ("https://front.example",)))
        async with served(application([*routes, *sockets, *lifespan.routes()], lifespan), proxies) as browser:
            yield Gateway(browser, source, lifespan, streams)
