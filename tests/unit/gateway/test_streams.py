"""Subscriptions over HTTP (graphql-sse): what a client follows, how it ends, and who is kept from whom."""

import asyncio
import time

import pytest
from starlette.responses import Response

from chassis.serving.sse import EVENT_STREAM
from gateway.http.replicas import Replicas
from gateway.protection.stream_limits import StreamLimitSettings
from tests.support.eventually import eventually
from tests.unit.gateway.following import BREAK, FOLLOW, gateway, holder
from tests.unit.gateway.serving import json_reply


async def test_a_client_follows_what_the_subgraph_tells_until_its_end() -> None:
    async with gateway() as graph, graph.follow(variables={"after": "c"}) as client:
        await eventually(lambda: graph.source.opened == 1)
        graph.source.tell(1, 2)
        assert (client.reply.status, client.reply.content_type) == (200, EVENT_STREAM)
        assert client.reply.headers["cache-control"] == "no-store"
        assert [await client.sequence() for _ in "12"] == [1, 2]
        graph.source.tell(3, None)
        assert await client.sequence() == 3
        assert await client.next() == ("complete", None)
        (asked,) = graph.source.asked
        assert asked["variables"] == {"after": "c"}
        sent = graph.source.seen[0]
        assert (sent["accept"], sent["accept-encoding"]) == (EVENT_STREAM, "identity")


async def test_clients_follow_each_a_stream_of_their_own_and_who_leaves_ends_only_that() -> None:
    async with gateway() as graph, graph.follow() as stays:
        async with graph.follow():
            await eventually(lambda: len(graph.source.streams) == 2)
        await eventually(lambda: len(graph.source.streams) == 1)
        graph.source.tell(1)
        assert await stays.sequence() == 1


async def test_a_subgraph_that_breaks_off_is_told_with_the_way_out() -> None:
    async with gateway() as graph, graph.follow() as client:
        await eventually(lambda: graph.source.opened == 1)
        graph.source.tell(1, BREAK)
        assert await client.sequence() == 1
        refusal = await client.refused()
        assert (refusal["code"], refusal["service"]) == ("SUBSCRIPTION_INTERRUPTED", "enrollment")
        assert "重新订阅" in refusal["message"]


async def test_a_stream_ends_with_its_token() -> None:
    async with gateway(holder(time.time() + 0.5)) as graph, graph.follow() as client:
        assert (await client.refused())["code"] == "TOKEN_EXPIRED"
        await eventually(lambda: not graph.source.streams)


async def test_a_principal_has_so_many_seats_and_gets_them_back() -> None:
    async with gateway(stream_limits=StreamLimitSettings(principal=1)) as graph:
        async with graph.follow():
            await eventually(lambda: graph.source.opened == 1)
            async with graph.follow() as second:
                refusal = await second.refused()
        assert (refusal["code"], refusal["limit"], refusal["unblock"]) == ("TOO_MANY_SUBSCRIPTIONS", 1, "SELF")
        await eventually(lambda: not graph.source.streams)
        async with graph.follow() as third:
            await eventually(lambda: graph.source.opened == 2)
            graph.source.tell(7)
            assert await third.sequence() == 7


async def test_the_process_has_so_many_seats_in_all() -> None:
    async with gateway(stream_limits=StreamLimitSettings(process=0)) as graph, graph.follow() as client:
        assert (await client.refused())["code"] == "OVERLOADED"


async def test_a_gateway_that_stops_ends_its_streams_properly_and_is_not_ready() -> None:
    async with gateway() as graph, graph.follow() as client:
        await eventually(lambda: graph.source.opened == 1)
        assert (await graph.browser.send("GET", "/readyz")).status == 200
        stopping = asyncio.ensure_future(graph.lifespan.stopping.stop())
        assert await client.next() == ("complete", None)
        await stopping
        await eventually(lambda: not graph.source.streams)
        assert (await graph.browser.send("GET", "/readyz")).status == 503


async def test_a_token_that_is_not_taken_is_refused_before_anything_is_opened() -> None:
    async with gateway() as graph, graph.follow("stolen") as client:
        assert client.reply.status == 401
        assert (await client.reply.json())["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert not graph.source.opened


@pytest.mark.parametrize(
    ("query", "code"), [("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"), ("{", "GRAPHQL_PARSE_FAILED")]
)
async def test_what_is_wrong_with_an_operation_is_told_as_an_event(query: str, code: str) -> None:
    async with gateway() as graph, graph.follow(query=query) as client:
        assert (await client.refused())["code"] == code


async def test_whoever_accepts_json_only_is_told_to_ask_for_a_stream() -> None:
    async with gateway() as graph:
        answer = await graph.browser.graphql(FOLLOW, headers={"Authorization": "Bearer t"})
        assert answer.code == "OPERATION_NOT_OFFERED"


async def test_a_query_may_be_answered_as_an_event_too() -> None:
    async with gateway() as graph, graph.follow(query="{ __typename }") as client:
        assert await client.next() == ("next", {"data": {"__typename": "Query"}})
        assert await client.next() == ("complete", None)


async def test_a_subgraph_that_is_not_there_is_told_without_its_address() -> None:
    async with gateway() as graph:
        graph.streams._replicas = {"enrollment": Replicas("http://127.0.0.1:1/graphql")}
        async with graph.follow() as client:
            refusal = await client.refused()
        assert refusal["code"] == "SUBGRAPH_UNREACHABLE"
        assert "127.0.0.1" not in str(refusal)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (json_reply({"errors": [{"message": "停", "extensions": {"code": "UNAVAILABLE"}}]}, 400), "UNAVAILABLE"),
        (Response("<h1>It works</h1>" * 10_000), "SUBGRAPH_MALFORMED_RESPONSE"),
        (Response(b" " * (1024 * 1024 + 1)), "SUBGRAPH_UNREACHABLE"),
        (Response(status_code=307, headers={"Location": "/graphql"}), "SUBGRAPH_MALFORMED_RESPONSE"),
    ],
)
async def test_what_a_subgraph_answers_in_the_place_of_a_stream_is_its_one_answer(reply: Response, code: str) -> None:
    async with gateway() as graph:
        graph.source.reply = reply
        async with graph.follow() as client:
            assert (await client.refused())["code"] == code


async def test_a_connection_to_a_subgraph_ends_with_its_stream_for_an_idle_one_may_be_closed_when_it_is_used() -> None:
    async with gateway() as graph:
        graph.source.reply = json_reply({"errors": [{"message": "停", "extensions": {"code": "UNAVAILABLE"}}]}, 400)
        for _ in "12":
            async with graph.follow() as client:
                assert (await client.refused())["code"] == "UNAVAILABLE"
        assert [headers["connection"] for headers in graph.source.seen] == ["close"] * 2
