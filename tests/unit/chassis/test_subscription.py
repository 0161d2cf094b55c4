"""A subgraph's subscription: server-sent events behind the internal token, ended with the client or the process."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import orjson
import pytest
import strawberry
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from strawberry.types import Info

from chassis.context import current_act
from chassis.graph import SubgraphContext, SubgraphSchema
from chassis.graph.context import BatchLoader
from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from chassis.serving import sse
from chassis.serving.asgi import Running, subgraph_app
from chassis.serving.sse import COMPLETE, NEXT, Event, Parser
from kernel.errors import Refusal
from tests.support.eventually import eventually
from tests.unit.gateway.serving import Browser, served

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
TOKEN = TokenMinter(KEYS).mint(Principal("a1", Scope.BASE), "ticks", 3_600)
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/event-stream", "Accept-Language": "en"}


class SquareLoader(BatchLoader[Any, int, int]):
    async def fetch(self, keys: Any) -> dict[int, int]:
        self.context.deps.loads.append(list(keys))
        return {key: key * key for key in keys}


class Deps:
    def __init__(self) -> None:
        self.loads: list[list[int]] = []
        self.closed = asyncio.Event()
        self.ready = True


@strawberry.type
class Tick:
    number: int

    @strawberry.field
    async def square(self, info: Info[SubgraphContext[Deps], None]) -> int:
        return await info.context.loader(SquareLoader).load(self.number) or 0

    @strawberry.field
    def subject(self) -> str:
        act = current_act()
        return act.principal.subject if act.principal else ""

    @strawberry.field
    def broken(self) -> int | None:
        raise RuntimeError("mongodb://secret-host")


@strawberry.type
class Query:
    @strawberry.field
    def one(self) -> int:
        return 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: Info[SubgraphContext[Deps], None], to: int | None = None) -> AsyncGenerator[Tick, None]:
        if to == 0:
            raise Refusal("NOTHING_TO_COUNT", "无", "Nothing to count")
        try:
            for number in range(to if to is not None else 3):
                yield Tick(number=number)
            if to is None:
                await asyncio.Event().wait()
        finally:
            info.context.deps.closed.set()


def app(deps: Deps) -> Starlette:
    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        yield Running(deps)

    schema = SubgraphSchema(query=Query, subscription=Subscription)
    return subgraph_app("ticks", schema, TokenVerifier(KEYS, "ticks"), start)


@asynccontextmanager
async def subscribed(browser: Browser, query: str, **headers: str) -> AsyncIterator[AsyncIterator[Event]]:
    async with browser.http.post(f"{browser.url}/graphql", json={"query": query}, headers=HEADERS | headers) as reply:
        assert (reply.status, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")

        async def events() -> AsyncIterator[Event]:
            parser = Parser(1_000_000)
            async for piece in reply.content.iter_any():
                for event in parser.feed(piece):
                    yield event

        yield events()


async def everything(query: str, deps: Deps) -> list[tuple[str, Any]]:
    async with served(app(deps)) as browser, subscribed(browser, query) as events:
        return [(event.name, orjson.loads(event.data or b"null")) async for event in events]


async def test_a_subscription_sends_each_event_then_complete_and_closes_its_source() -> None:
    deps = Deps()
    assert await everything("subscription { ticks(to: 2) { number subject } }", deps) == [
        (NEXT, {"data": {"ticks": {"number": 0, "subject": "a1"}}}),
        (NEXT, {"data": {"ticks": {"number": 1, "subject": "a1"}}}),
        (COMPLETE, None),
    ]
    assert deps.closed.is_set()


async def test_each_event_of_a_subscription_loads_its_own_data() -> None:
    deps = Deps()
    await everything("subscription { a: ticks(to: 2) { square again: square } }", deps)
    assert deps.loads == [[0], [1]]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { ticks(to: 0) { number } }", "NOTHING_TO_COUNT"),
        ("subscription { ticks(to: 1) { broken } }", "INTERNAL"),
        ("subscription { nowhere }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_an_error_of_a_subscription_is_an_event_with_a_code(query: str, code: str) -> None:
    (name, content), last = await everything(query, Deps())
    assert (name, last) == (NEXT, (COMPLETE, None))
    assert content["errors"][0]["extensions"]["code"] == code
    assert "secret-host" not in str(content)


async def test_a_query_over_server_sent_events_is_one_event() -> None:
    assert await everything("{ one }", Deps()) == [(NEXT, {"data": {"one": 1}}), (COMPLETE, None)]


async def test_without_the_internal_token_there_is_no_stream() -> None:
    async with served(app(Deps())) as browser:
        for credentials in ({}, {"Authorization": "Bearer x"}):
            headers = {"Accept": "text/event-stream", **credentials}
            answer = await browser.graphql("subscription { ticks { number } }", headers=headers)
            assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


async def test_a_client_that_leaves_ends_its_source() -> None:
    deps = Deps()
    async with served(app(deps)) as browser:
        async with subscribed(browser, "subscription { ticks { number } }") as events:
            assert (await anext(events)).name == NEXT
            assert not deps.closed.is_set()
        await eventually(deps.closed.is_set)


async def test_a_silent_stream_sends_heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse.EventStream.__init__, "__defaults__", (0.02,))
    async with (
        served(app(Deps())) as browser,
        browser.http.post(
            f"{browser.url}/graphql", json={"query": "subscription { ticks { number } }"}, headers=HEADERS
        ) as reply,
    ):
        seen = bytearray()
        while seen.count(b":\n\n") < 5:
            assert not reply.content.at_eof()
            seen += await reply.content.readany()


async def test_a_process_that_stops_is_not_ready_and_completes_its_streams() -> None:
    deps = Deps()
    application = app(deps)
    async with served(application) as browser:
        assert (await browser.send("GET", "/readyz")).status == 200
        async with subscribed(browser, "subscription { ticks { number } }") as events:
            assert (await anext(events)).name == NEXT
            stop = asyncio.create_task(application.state.stopping.stop())
            assert [event.name async for event in events][-1] == COMPLETE
            await stop
        with suppress(aiohttp.ClientError):
            assert (await browser.send("GET", "/readyz")).status == 503
    assert deps.closed.is_set()
