"""Subscriptions to a subgraph by `graphql-transport-ws` (ADR 57): what it is told, and what its faults come to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from chassis.principal import TokenMinter
from chassis.serving.untouched import UNTOUCHED
from gateway.http import subgraph_sockets
from gateway.http.replicas import Replicas
from gateway.http.subscribing import SubscriptionProtocol, SubscriptionSettings
from tests.support.eventually import eventually
from tests.unit.gateway.following import Follower, Gateway, gateway
from tests.unit.gateway.serving import served

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
WEBSOCKET = SubscriptionSettings(protocol=SubscriptionProtocol.WEBSOCKET)
PROTOCOL = "graphql-transport-ws"
ACK = {"type": "connection_ack"}
COMPLETE = {"type": "complete", "id": "1"}
Script = Callable[["Side"], Awaitable[None]]


@dataclass(slots=True)
class Side:
    """The subgraph's side of one connection."""

    socket: WebSocket
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = orjson.loads(await self.socket.receive_text())
        self.heard.append(message)
        return message

    async def say(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            await self.socket.send_text(orjson.dumps(message).decode())

    async def greet(self) -> None:
        """Acknowledge the connection, and take the subscription."""
        assert (await self.hear())["type"] == "connection_init"
        await self.say(ACK)
        assert (await self.hear())["type"] == "subscribe"

    async def listen(self) -> None:
        """Hear everything until the connection ends."""
        while True:
            await self.hear()


@dataclass(slots=True)
class Speaker:
    """A subgraph that says on each connection what a test has written."""

    script: Script
    protocol: str | None = PROTOCOL
    sides: list[Side] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def app(self, path: str = "/graphql") -> Starlette:
        async def speak(socket: WebSocket) -> None:
            await socket.accept(self.protocol)
            side = Side(socket)
            self.sides.append(side)
            try:
                await self.script(side)
                await side.listen()
            except WebSocketDisconnect as left:
                self.codes.append(left.code)

        return Starlette(routes=[WebSocketRoute(path, speak)])


def event(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "next", "id": "1", "payload": {"data": {"enrollmentEvents": {"sequence": number} | more}}}


@asynccontextmanager
async def followed(script: Script, **options: Any) -> AsyncIterator[tuple[Gateway, Speaker, Follower]]:
    """A client of the gateway that follows, by server-sent events, a subgraph that speaks WebSocket."""
    speaker = Speaker(script, options.pop("protocol", PROTOCOL))
    async with (
        gateway(subgraph=speaker.app(), subscriptions=WEBSOCKET, **options) as graph,
        graph.follow(variables={"after": "c"}) as client,
    ):
        yield graph, speaker, client


async def refusal_of(script: Script, **options: Any) -> str:
    """The code that a client reads first."""
    async with followed(script, **options) as (_, _, client):
        refusal = await client.refused()
        assert "127.0.0.1" not in str(refusal)
        assert refusal["service"] == "enrollment"
        return str(refusal["code"])


def events_counted() -> float:
    name, labels = "guopei_gateway_stream_events_total", {"subgraph": "enrollment"}
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_subscription_is_greeted_subscribed_followed_and_completed() -> None:
    async def script(side: Side) -> None:
        await side.greet()
        await side.say(event(1), event(2), COMPLETE)

    before = events_counted()
    async with followed(script, minter=TokenMinter(KEYS)) as (_, speaker, client):
        assert [await client.sequence() for _ in "12"] == [1, 2]
        assert await client.next() == ("complete", None)
        await eventually(lambda: speaker.codes == [1000])
    init, subscribe = speaker.sides[0].heard
    token = init["payload"]["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, KEYS).claims["aud"] == "enrollment"
    handshake = speaker.sides[0].socket.headers
    assert {name: handshake[name] for name in ("authorization", "traceparent", "accept-language")} == {
        name.lower(): value for name, value in init["payload"].items() if name != "x-remaining-ms"
    }
    assert (subscribe["id"], subscribe["payload"]["variables"]) == ("1", {"after": "c"})
    assert "enrollmentEvents" in subscribe["payload"]["query"]
    assert events_counted() == before + 2


async def test_a_client_that_leaves_is_told_as_complete_and_the_connection_is_closed() -> None:
    async def script(side: Side) -> None:
        await side.greet()
        await side.say(event(1))

    async with gateway(subgraph=(speaker := Speaker(script)).app(), subscriptions=WEBSOCKET) as graph:
        async with graph.follow() as client:
            assert await client.sequence() == 1
        await eventually(lambda: speaker.codes == [1000])
        assert speaker.sides[0].heard[-1] == COMPLETE
        await eventually(lambda: not any(it.streams for it in graph.streams._replicas["enrollment"].known))


async def test_a_subgraph_that_never_ends_after_complete_holds_up_nobody() -> None:
    """It neither reads nor closes."""

    async def script(side: Side) -> None:
        await side.greet()
        await side.say(event(1))
        while True:
            await side.say(event(2))

    async with gateway(subgraph=Speaker(script).app(), subscriptions=WEBSOCKET) as graph:
        async with graph.follow() as client:
            assert await client.sequence() == 1
        replicas = graph.streams._replicas["enrollment"].known
        await eventually(lambda: not any(it.streams for it in replicas), deadline=5)


async def test_a_gateway_that_stops_completes_at_client_and_subgraph() -> None:
    async with followed(Side.greet) as (graph, speaker, client):
        await eventually(lambda: speaker.sides and len(speaker.sides[0].heard) == 2)
        stopping = asyncio.ensure_future(graph.lifespan.stopping.stop())
        assert await client.next() == ("complete", None)
        await stopping
        await eventually(lambda: speaker.codes == [1000])
        assert speaker.sides[0].heard[-1] == COMPLETE


async def test_pings_are_answered_before_and_after_the_greeting_and_while_a_client_is_slow() -> None:
    async def script(side: Side) -> None:
        await side.say({"type": "ping"})
        assert [(await side.hear())["type"] for _ in "12"] == ["connection_init", "pong"]
        await side.say(ACK)
        await side.hear()
        await side.say(event(1, more="x" * 900_000), {"type": "ping"}, {"type": "pong"})
        await side.hear()
        await side.say(event(2), COMPLETE)

    async with followed(script) as (_, speaker, client):
        await eventually(lambda: speaker.sides and len(speaker.sides[0].heard) > 3)
        assert [await client.sequence() for _ in "12"] == [1, 2]
    assert [it["type"] for it in speaker.sides[0].heard[:4]] == ["connection_init", "pong", "subscribe", "pong"]


async def test_a_refused_operation_is_told_with_the_subgraphs_own_error() -> None:
    async def script(side: Side) -> None:
        await side.greet()
        error = {"message": "停", "extensions": {"code": "CURSOR_EXPIRED"}}
        await side.say({"type": "error", "id": "1", "payload": [error]})

    assert await refusal_of(script) == "CURSOR_EXPIRED"


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        (4400, "SUBGRAPH_MALFORMED_RESPONSE"),
        (4401, "SUBGRAPH_UNREACHABLE"),
        (4403, "SUBGRAPH_UNREACHABLE"),
        (4406, "SUBGRAPH_MALFORMED_RESPONSE"),
        (4408, "SUBGRAPH_UNREACHABLE"),
        (4409, "SUBGRAPH_MALFORMED_RESPONSE"),
        (4429, "SUBGRAPH_MALFORMED_RESPONSE"),
        (4500, "SUBGRAPH_UNREACHABLE"),
        (1000, "SUBGRAPH_UNREACHABLE"),
        (1001, "SUBGRAPH_UNREACHABLE"),
        (1011, "SUBGRAPH_UNREACHABLE"),
    ],
)
@pytest.mark.parametrize("is_greeted", [False, True], ids=["before the greeting", "after it"])
async def test_each_close_code_is_a_coded_refusal(code: int, refusal: str, *, is_greeted: bool) -> None:
    async def script(side: Side) -> None:
        await (side.greet() if is_greeted else side.hear())
        await side.socket.close(code, "mongodb://secret@127.0.0.1")

    assert await refusal_of(script) == refusal


@pytest.mark.parametrize("code", [1001, 1011, 4401])
async def test_a_stream_that_is_closed_after_it_began_is_interrupted(code: int) -> None:
    async def script(side: Side) -> None:
        await side.greet()
        await side.say(event(1))
        await side.socket.close(code)

    async with followed(script) as (_, _, client):
        assert await client.sequence() == 1
        assert (await client.refused())["code"] == "SUBSCRIPTION_INTERRUPTED"


async def test_a_subgraph_that_never_acknowledges_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subgraph_sockets, "_OPEN_SECONDS", 0.2)
    async with followed(Side.listen) as (graph, speaker, client):
        assert (await client.refused())["code"] == "SUBGRAPH_UNREACHABLE"
        (replica,) = graph.streams._replicas["enrollment"].known
        assert replica._failed == 1
        await eventually(lambda: bool(speaker.codes))


async def test_a_silent_subgraph_is_asked_for_a_sign_of_life_and_then_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subgraph_sockets, "_PING_SECONDS", 0.2)

    async def script(side: Side) -> None:
        await side.greet()
        await side.say(event(1))
        for _ in "123":
            assert await side.hear() == {"type": "ping"}
            await side.say({"type": "pong"})
        await side.say(event(2))

    async with followed(script) as (_, speaker, client):
        assert [await client.sequence() for _ in "12"] == [1, 2]
        assert (await client.refused())["code"] == "SUBSCRIPTION_INTERRUPTED"
        assert [it["type"] for it in speaker.sides[0].heard[2:6]] == ["ping"] * 4


GARBAGE = [
    "<h1>It works</h1>",
    "",
    "[]",
    "{}",
    '{"type": 7}',
    '{"type": "next", "id": "2", "payload": {"data": null}}',
    '{"type": "next", "id": "1", "payload": []}',
    '{"type": "next", "id": "1"}',
    '{"type": "error", "id": "1", "payload": {"message": "no list"}}',
    '{"type": "complete"}',
    '{"type": "next", "id": "1", "payload": ' + "[" * 100_000 + "]" * 100_000 + "}",
    b"\x00\xff",
]


@pytest.mark.parametrize("said", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("is_greeted", [False, True], ids=["before the greeting", "after it"])
async def test_what_is_no_message_ends_the_stream_and_the_connection(said: str | bytes, *, is_greeted: bool) -> None:
    async def script(side: Side) -> None:
        await (side.greet() if is_greeted else side.hear())
        await (side.socket.send_text(said) if isinstance(said, str) else side.socket.send_bytes(said))

    async with followed(script) as (_, speaker, client):
        assert (await client.refused())["code"] == "SUBGRAPH_MALFORMED_RESPONSE"
        await eventually(lambda: speaker.codes == [4400])


async def test_a_payload_that_is_no_graphql_is_an_error_of_its_event_alone() -> None:
    async def script(side: Side) -> None:
        await side.greet()
        await side.socket.send_text('{"type":"next","id":"1","payload":{"datum":7}}')
        await side.say(event(2))

    async with followed(script) as (_, _, client):
        _, answer = await client.next()
        assert answer["errors"][0]["extensions"]["code"] == "SUBGRAPH_MALFORMED_RESPONSE"
        assert await client.sequence() == 2


async def test_a_subgraph_without_the_subprotocol_is_refused() -> None:
    assert await refusal_of(Side.listen, protocol=None) == "SUBGRAPH_MALFORMED_RESPONSE"


async def test_a_hundred_megabytes_are_cut_off_at_one() -> None:
    """RFC 6455, section 7.4.1: 1009."""

    async def script(side: Side) -> None:
        await side.greet()
        await side.say(event(1))
        await side.socket.send_text("x" * (100 * 1024 * 1024))

    async with followed(script) as (_, speaker, client):
        assert await client.sequence() == 1
        assert (await client.refused())["code"] == "SUBSCRIPTION_INTERRUPTED"
        await eventually(lambda: speaker.codes == [1009])


async def test_nothing_accumulates_for_a_client_that_does_not_read() -> None:
    said: list[int] = []

    async def script(side: Side) -> None:
        await side.greet()
        for number in range(2_000):
            await side.say(event(number, type="x" * 64_000))
            said.append(number)

    query = "subscription { enrollmentEvents { sequence type } }"
    async with (
        gateway(subgraph=Speaker(script).app(), subscriptions=WEBSOCKET) as graph,
        graph.follow(query=query) as client,
    ):
        looks: list[int] = []

        def is_held_up() -> bool:
            looks.append(len(said))
            return len(looks) > 1 and looks[-1] == looks[-2] > 1

        await eventually(is_held_up, every=0.3)
        assert len(said) < 1_000
        assert await client.sequence() == 0


async def test_a_replica_that_leaves_before_the_greeting_is_replaced_by_another() -> None:
    """ADR 42: nothing was executed."""

    async def leaves(side: Side) -> None:
        await side.hear()
        await side.socket.close(1001)

    async def serves(side: Side) -> None:
        await side.greet()
        await side.say(event(1))

    async def starting(socket: WebSocket) -> None:
        await socket.send_denial_response(Response(status_code=503, headers={UNTOUCHED: "1"}))

    async with (
        served(Speaker(leaves).app()) as leaving,
        served(Starlette(routes=[WebSocketRoute("/graphql", starting)])) as untouched,
        served((speaker := Speaker(serves)).app()) as serving,
        gateway(subscriptions=WEBSOCKET) as graph,
    ):
        urls = [f"{behind.url}/graphql" for behind in (leaving, untouched, serving)]
        graph.streams._replicas = {"enrollment": Replicas(",".join(urls))}
        for _ in range(6):
            async with graph.follow() as client:
                assert await client.sequence() == 1
        assert len(speaker.sides) == 6


async def test_a_replica_that_fails_before_the_handshake_is_left_alone_and_another_one_asked() -> None:
    """ADR 42: else it would have the fewest streams, and get all."""

    async def serves(side: Side) -> None:
        await side.greet()
        await side.say(event(1))

    async def broken(socket: WebSocket) -> None:
        await socket.send_denial_response(Response(status_code=500))

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    listener = await asyncio.start_server(hangs_up, "127.0.0.1", 0)
    async with (
        listener,
        served(Starlette(routes=[WebSocketRoute("/graphql", broken)])) as failing,
        served((speaker := Speaker(serves)).app()) as serving,
        gateway(subscriptions=WEBSOCKET) as graph,
    ):
        port = listener.sockets[0].getsockname()[1]
        urls = [f"http://127.0.0.1:{port}/graphql", f"{failing.url}/graphql", f"{serving.url}/graphql"]
        graph.streams._replicas = {"enrollment": Replicas(",".join(urls))}
        for _ in range(6):
            async with graph.follow() as client:
                assert await client.sequence() == 1
        assert len(speaker.sides) == 6


async def test_a_handshake_is_never_redirected() -> None:
    async def elsewhere(request: Request) -> Response:
        return RedirectResponse(str(request.url.replace(path="/other")), 307)

    async def serves(side: Side) -> None:
        await side.greet()
        await side.say(event(1))

    speaker = Speaker(serves)
    app = speaker.app("/other")
    app.routes.append(Route("/graphql", elsewhere))
    async with gateway(subgraph=app, subscriptions=WEBSOCKET) as graph, graph.follow() as client:
        assert (await client.refused())["code"] == "SUBGRAPH_UNREACHABLE"
    assert not speaker.sides


async def test_the_endpoint_may_have_a_path_of_its_own() -> None:
    async def serves(side: Side) -> None:
        await side.greet()
        await side.say(event(1))

    settings = WEBSOCKET.model_copy(update={"path": "/live"})
    async with (
        gateway(subgraph=Speaker(serves).app("/live"), subscriptions=settings) as graph,
        graph.follow() as client,
    ):
        assert await client.sequence() == 1


async def test_a_subgraph_that_is_not_there_is_told_without_its_address() -> None:
    async with gateway(subscriptions=WEBSOCKET) as graph:
        for url in ("http://127.0.0.1:1/graphql", f"{graph.browser.url}/none"):
            graph.streams._replicas = {"enrollment": Replicas(url)}
            async with graph.follow() as client:
                refusal = await client.refused()
            assert refusal["code"] == "SUBGRAPH_UNREACHABLE"
            assert "127.0.0.1" not in str(refusal)
