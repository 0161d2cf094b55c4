"""Operations over WebSocket: the messages and the close codes of `graphql-transport-ws`."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from gateway.http import websocket
from gateway.protection.stream_limits import StreamLimitSettings
from tests.support.eventually import eventually
from tests.unit.gateway.following import BREAK, FOLLOW, Gateway, gateway, holder

INIT = {"type": "connection_init", "payload": {"authorization": "Bearer t"}}
Socket = aiohttp.ClientWebSocketResponse


@asynccontextmanager
async def connected(graph: Gateway, *protocols: str, **headers: str) -> AsyncIterator[Socket]:
    url = f"{graph.browser.url}/graphql"
    async with graph.browser.http.ws_connect(url, protocols=protocols or (websocket.PROTOCOL,), headers=headers) as one:
        yield one


@asynccontextmanager
async def greeted(graph: Gateway) -> AsyncIterator[Socket]:
    async with connected(graph) as socket:
        await socket.send_json(INIT)
        assert await heard(socket) == {"type": "connection_ack"}
        yield socket


async def heard(socket: Socket) -> Any:
    return await socket.receive_json(timeout=10)


async def closed(socket: Socket) -> int | None:
    """The code that the gateway closes with, whatever it says before."""
    async with asyncio.timeout(10):
        while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    return socket.close_code


def subscribe(key: str, query: str = FOLLOW, **more: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": key, "payload": {"query": query, **more}}


def event(key: str, number: int) -> dict[str, Any]:
    return {"type": "next", "id": key, "payload": {"data": {"enrollmentEvents": {"sequence": number}}}}


async def test_operations_go_on_side_by_side_until_each_ends() -> None:
    async with gateway() as graph, greeted(graph) as socket:
        await socket.send_json(subscribe("a", variables={"after": "c"}))
        await eventually(lambda: graph.source.opened == 1)
        graph.source.tell(1)
        assert await heard(socket) == event("a", 1)
        await socket.send_json(subscribe("q", "{ __typename }"))
        assert await heard(socket) == {"type": "next", "id": "q", "payload": {"data": {"__typename": "Query"}}}
        assert await heard(socket) == {"type": "complete", "id": "q"}
        graph.source.tell(2, None)
        assert [await heard(socket) for _ in "12"] == [event("a", 2), {"type": "complete", "id": "a"}]
        assert graph.source.asked[0]["variables"] == {"after": "c"}


async def test_what_a_client_completes_ends_at_the_subgraph_and_its_id_is_free_again() -> None:
    async with gateway() as graph, greeted(graph) as socket:
        for turn in (1, 2):
            await socket.send_json(subscribe("a"))
            await eventually(lambda: len(graph.source.streams) == 1)
            graph.source.tell(turn)
            assert await heard(socket) == event("a", turn)
            await socket.send_json({"type": "complete", "id": "a"})
            await eventually(lambda: not graph.source.streams)


async def test_who_hangs_up_ends_everything_at_the_subgraph() -> None:
    async with gateway() as graph:
        async with greeted(graph) as socket:
            await socket.send_json(subscribe("a"))
            await socket.send_json(subscribe("b"))
            await eventually(lambda: len(graph.source.streams) == 2)
        await eventually(lambda: not graph.source.streams)


@pytest.mark.parametrize(
    ("query", "code"), [("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"), ("{", "GRAPHQL_PARSE_FAILED")]
)
async def test_what_is_wrong_with_an_operation_is_an_error_of_that_alone(query: str, code: str) -> None:
    async with gateway() as graph, greeted(graph) as socket:
        await socket.send_json(subscribe("a", query))
        answer = await heard(socket)
        assert (answer["type"], answer["id"]) == ("error", "a")
        assert answer["payload"][0]["extensions"]["code"] == code
        await socket.send_json(subscribe("a", "{ __typename }"))
        assert (await heard(socket))["type"] == "next"


async def test_a_subgraph_that_breaks_off_ends_the_operation_with_its_reason() -> None:
    async with gateway() as graph, greeted(graph) as socket:
        await socket.send_json(subscribe("a"))
        await eventually(lambda: graph.source.opened == 1)
        graph.source.tell(1, BREAK)
        assert await heard(socket) == event("a", 1)
        last = await heard(socket)
        assert last["payload"]["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_INTERRUPTED"
        assert await heard(socket) == {"type": "complete", "id": "a"}


async def test_pings_are_answered_before_and_after_the_greeting() -> None:
    async with gateway() as graph, connected(graph) as socket:
        for message in ({"type": "ping"}, INIT, {"type": "pong"}, {"type": "ping", "payload": {"n": 1}}):
            await socket.send_json(message)
        assert [(await heard(socket))["type"] for _ in "123"] == ["pong", "connection_ack", "pong"]


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([subscribe("a")], 4401),
        ([INIT, INIT], 4429),
        ([INIT, subscribe("a"), subscribe("a")], 4409),
        ([{"type": "connection_init", "payload": {"Authorization": "Bearer stolen"}}], 4403),
        ([{"type": "connection_init", "payload": {"Authorization": "Basic dDp0"}}], 4403),
        ([{"type": "connection_init", "payload": {"Authorization": 7}}], 4403),
        ([{"type": "connection_init", "payload": "Bearer t"}], 4400),
        ([INIT, {"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}], 4400),
        ([INIT, {"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}], 4400),
        ([INIT, {"type": "subscribe", "id": "a"}], 4400),
        ([INIT, {"type": "start", "id": "a", "payload": {}}], 4400),
        ([INIT, []], 4400),
        (["not an object"], 4400),
    ],
)
async def test_what_breaks_the_protocol_is_closed_with_its_code(messages: list[Any], code: int) -> None:
    async with gateway() as graph, connected(graph) as socket:
        for message in messages:
            await socket.send_json(message)
        assert await closed(socket) == code
        await eventually(lambda: not graph.source.streams)


async def test_what_is_no_json_is_closed_with_its_code() -> None:
    async with gateway() as graph:
        async with connected(graph) as socket:
            await socket.send_str("{")
            assert await closed(socket) == 4400
        async with connected(graph) as socket:
            await socket.send_bytes(b"{}")
            assert await closed(socket) == 4400


async def test_another_protocol_is_refused() -> None:
    async with gateway() as graph, connected(graph, "graphql-ws") as socket:
        assert await closed(socket) == 4406


async def test_who_does_not_greet_in_time_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_INIT_SECONDS", 0.05)
    async with gateway() as graph, connected(graph) as socket:
        assert await closed(socket) == 4408


async def test_a_token_in_the_header_is_as_good() -> None:
    async with gateway() as graph, connected(graph, Authorization="Bearer t") as socket:
        await socket.send_json({"type": "connection_init"})
        assert await heard(socket) == {"type": "connection_ack"}


async def test_a_connection_ends_with_its_token() -> None:
    async with gateway(holder(time.time() + 0.5)) as graph, greeted(graph) as socket:
        await socket.send_json(subscribe("a"))
        assert await closed(socket) == 4401
        await eventually(lambda: not graph.source.streams)


async def test_a_connection_and_each_of_its_operations_take_a_seat() -> None:
    async with gateway(stream_limits=StreamLimitSettings(principal=2)) as graph:
        async with greeted(graph) as socket:
            await socket.send_json(subscribe("a"))
            await eventually(lambda: graph.source.opened == 1)
            await socket.send_json(subscribe("b"))
            answer = await heard(socket)
            assert (answer["type"], answer["id"]) == ("error", "b")
            assert answer["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
            async with connected(graph) as second:
                await second.send_json(INIT)
                assert await closed(second) == 4403
        await eventually(lambda: not graph.source.streams)
        async with greeted(graph):
            pass


async def test_who_has_not_signed_in_shares_seats_with_its_own_address_only() -> None:
    """Else twenty sockets of anybody's would keep all front ends without a login out."""
    first, second = {"X-Forwarded-For": "2001:db8:1:2::1"}, {"X-Forwarded-For": "192.0.2.7"}
    same_network = {"X-Forwarded-For": "2001:db8:1:2:ffff::9"}
    async with gateway(stream_limits=StreamLimitSettings(principal=1)) as graph, connected(graph, **first) as socket:
        await socket.send_json({"type": "connection_init"})
        assert await heard(socket) == {"type": "connection_ack"}
        for headers, taken in ((same_network, True), (second, False)):
            async with connected(graph, **headers) as other:
                await other.send_json({"type": "connection_init"})
                if taken:
                    assert await closed(other) == 4403
                else:
                    assert await heard(other) == {"type": "connection_ack"}


async def test_a_gateway_that_stops_completes_what_runs_and_goes_away() -> None:
    async with gateway() as graph, greeted(graph) as socket:
        await socket.send_json(subscribe("a"))
        await eventually(lambda: graph.source.opened == 1)
        stopping = asyncio.ensure_future(graph.lifespan.stopping.stop())
        assert await heard(socket) == {"type": "complete", "id": "a"}
        assert await closed(socket) == 1001
        await stopping


async def test_who_asks_without_end_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_MOST_TASKS", 3)
    async with gateway() as graph, greeted(graph) as socket:
        for key in "abcd":
            await socket.send_json(subscribe(key * 60 + "号"))
        assert await closed(socket) == 1008
        await eventually(lambda: not graph.source.streams)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_pages_of_other_hosts_are_turned_away(origin: str) -> None:
    async with gateway() as graph:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with connected(graph, Origin=origin):
                pass
    assert refused.value.status == 403


async def test_pages_of_this_host_and_of_the_front_ends_are_welcome() -> None:
    async with gateway() as graph:
        for origin in (graph.browser.url, "https://front.example"):
            async with connected(graph, Origin=origin) as socket:
                await socket.send_json(INIT)
                assert await heard(socket) == {"type": "connection_ack"}
