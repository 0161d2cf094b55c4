"""The HTTP client of fetches against a server that says exactly what the test wants (RFC 9112)."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.address import Address
from gateway.http.client import Client, rest_of
from gateway.http.connection import HttpError, connect
from tests.support.eventually import eventually
from tests.unit.gateway.speaking import CHUNKED, LAST, OK, UNTIL_CLOSED, speaking


async def post(client: Client, *, seconds: float = 10.0, repeatable: bool = True, **headers: str) -> bytes:
    return await client.post(b'{"a":1}', headers, time.monotonic() + seconds, repeatable=repeatable)


async def test_one_connection_carries_request_after_request() -> None:
    async with speaking(lambda *_: OK) as (server, client):
        assert [await post(client) for _ in range(5)] == [b"{}"] * 5
    assert server.connections == 1
    assert server.requests[0].startswith(b"POST /graphql?x=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert server.requests[0].endswith(b'Content-Length: 7\r\n\r\n{"a":1}')


@pytest.mark.parametrize(("answer", "body"), [(CHUNKED, b"[1,2]"), (LAST, b"{}")])
async def test_a_reply_is_read_however_its_end_is_told(answer: bytes, body: bytes) -> None:
    async with speaking(lambda *_: answer) as (_, client):
        assert [await post(client) for _ in range(3)] == [body] * 3


async def test_a_reply_that_only_ends_with_its_connection_might_be_half_of_one_and_is_refused() -> None:
    async with speaking(lambda *_: UNTIL_CLOSED) as (_, client):
        with pytest.raises(HttpError):
            await post(client)


async def test_an_informational_reply_is_no_reply() -> None:
    async with speaking(lambda *_: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK) as (_, client):
        assert [await post(client) for _ in range(2)] == [b"{}"] * 2


async def test_a_query_is_sent_again_where_an_idle_connection_was_closed() -> None:
    async with speaking(lambda number, count: None if (number, count) == (0, 1) else OK) as (server, client):
        assert [await post(client) for _ in range(2)] == [b"{}"] * 2
    assert (server.connections, len(server.requests)) == (2, 3)


async def test_a_mutation_is_never_sent_twice() -> None:
    async with speaking(lambda number, count: None if (number, count) == (0, 1) else OK) as (server, client):
        await post(client, repeatable=False)
        with pytest.raises(HttpError):
            await post(client, repeatable=False)
    assert len(server.requests) == 2


async def test_a_fresh_connection_that_closes_without_a_reply_is_a_failure_at_once() -> None:
    async with speaking(lambda *_: None) as (server, client):
        with pytest.raises(HttpError):
            await post(client)
    assert server.connections == 1


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
async def test_what_is_no_http_is_refused(answer: bytes) -> None:
    async with speaking(lambda *_: answer) as (_, client):
        with pytest.raises(HttpError):
            await post(client)


async def test_a_reply_longer_than_allowed_is_cut_off_while_it_comes() -> None:
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"fff\r\n" + b"x" * 4095 + b"\r\n"
    async with speaking(lambda *_: endless) as (_, client):
        with pytest.raises(HttpError):
            await post(client)


async def test_the_deadline_ends_a_wait_and_its_connection() -> None:
    async with speaking(lambda _, count: OK if count == 0 else b"") as (server, client):
        await post(client)
        with pytest.raises(TimeoutError):
            await post(client, seconds=0.05)
        await eventually(lambda: server.open == 0)


async def test_who_gives_up_leaves_no_half_read_connection_to_the_next() -> None:
    async with speaking(lambda number, _: b"" if number == 0 else OK) as (server, client):
        waiting = asyncio.ensure_future(post(client))
        await eventually(lambda: len(server.requests) == 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await post(client) == b"{}"
    assert server.connections == 2


async def test_who_gives_up_as_the_reply_comes_leaves_no_open_connection() -> None:
    async with speaking(lambda *_: OK) as (server, client):
        (replica,) = client.replicas.known
        connection = await connect(replica.address, replica.host, 1_000, time.monotonic() + 10)
        posting = asyncio.ensure_future(connection.post(b"", 10.0))
        await eventually(lambda: server.open == 1 and connection._reply is not None)
        connection.data_received(OK)
        posting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await posting
        assert not connection.open
        await eventually(lambda: server.open == 0)


async def test_a_connection_idle_for_long_is_not_used_again() -> None:
    async with speaking(lambda *_: OK) as (server, client):
        await post(client)
        await post(Client(client.replicas, most_bytes=1000, idle_seconds=-1.0))
    assert server.connections == 2


async def test_a_server_that_speaks_unasked_is_hung_up_on() -> None:
    async with speaking(lambda number, _: OK + OK if number == 0 else OK) as (_, client):
        assert [await post(client) for _ in range(3)] == [b"{}"] * 3


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b"])
async def test_a_header_cannot_bring_another(value: str) -> None:
    async with speaking(lambda *_: OK) as (server, client):
        with pytest.raises(ValueError, match="line break"):
            await post(client, traceparent=value)
    assert not server.requests


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_headers_say_the_head_has_one_line_each(name: str, value: str) -> None:
    try:
        request = Address.of("http://localhost/graphql").head + rest_of(b"", {name: value})
    except ValueError:
        return
    assert request.count(b"\r\n") == 7
    assert request.count(b"\n") == request.count(b"\r") == 7


@pytest.mark.parametrize("url", ["ftp://a/", "http:///graphql", "graphql", "http://a/\r\nX: 1"])
def test_an_address_is_an_http_url(url: str) -> None:
    with pytest.raises(ValueError, match="not an HTTP address"):
        Address.of(url)


def test_credentials_of_an_address_are_not_sent_as_its_host() -> None:
    assert b"Host: example.org:81\r\n" in Address.of("http://user:secret@example.org:81/graphql").head
