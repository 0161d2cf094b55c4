"""Our clients of the gateway, and a server that closes idle connections (RFC 9112, 9.3 and 9.6)."""

import runpy
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace

import aiohttp
import pytest
import uvicorn
from aiohttp import web

from deploy.local.suite import ROOT
from deploy.seed.graph_client import Client, session


class Server:
    """A gateway that answers one request of each connection, and closes the connection when another one comes.

    To the client that is a connection which was closed while it lay idle, without the race of the two.

    Attributes:
        url: Its root.
        requests: Path and headers of every request, also of those that it did not answer.
        per_connection: How many requests of a connection are answered.
        lives: For how many seconds the access token of a login is good.
    """

    def __init__(self, per_connection: int) -> None:
        self.url = ""
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.per_connection = per_connection
        self.lives = 600
        self._answered: dict[object, int] = {}

    @property
    def connections(self) -> int:
        return len(self._answered)

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append((request.path, dict(request.headers)))
        transport = request.transport
        assert transport
        self._answered[transport] = self._answered.get(transport, 0) + 1
        if self._answered[transport] > self.per_connection:
            transport.abort()
        if request.path == "/auth/login":
            return web.json_response({"accessToken": "t", "refreshToken": "r", "expiresIn": self.lives})
        if request.path == "/auth/refresh":
            return web.json_response({"accessToken": "next", "refreshToken": "r", "expiresIn": 600})
        after = (await request.json())["variables"].get("after")
        number = 1 if after is None else int(after) + 1
        event = {"sequence": number, "id": f"e{number}", "type": "t", "data": {}, "cursor": str(number)}
        page = {"nodes": [event], "pageInfo": {"hasNextPage": number < 3, "endCursor": str(number)}}
        page["feed"] = {"epoch": 0, "base": None}
        return web.json_response({"data": {"enrollmentEvents": page}})


@asynccontextmanager
async def serving(per_connection: int = 1) -> AsyncIterator[Server]:
    server = Server(per_connection)
    application = web.Application()
    application.router.add_post("/{path:.*}", server.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = site.name
    try:
        yield server
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("operation", ["query { a }", "mutation { a }"])
async def test_an_operation_is_sent_again_where_the_kept_connection_was_closed(operation: str) -> None:
    async with serving() as server, session() as http:
        client = Client(server.url, http)
        for _ in "12":
            assert "data" in await client.execute(operation)
    assert (server.connections, len(server.requests)) == (2, 3)


async def test_a_mutation_is_repeated_under_its_own_idempotency_key_and_no_other_is() -> None:
    async with serving() as server, session() as http:
        client = Client(server.url, http)
        for _ in "12":
            await client.execute("mutation { a }")
        await client.execute("query { a }")
    first, lost, repeated, *queries = (headers.get("Idempotency-Key") for _, headers in server.requests)
    assert first
    assert lost == repeated != first
    assert set(queries) == {None}


async def test_a_key_that_the_caller_has_chosen_is_left_alone() -> None:
    async with serving() as server, session() as http:
        await Client(server.url, http, headers={"Idempotency-Key": "k1"}).execute("mutation { a }")
    assert server.requests[0][1]["Idempotency-Key"] == "k1"


async def test_signing_in_is_repeated_and_setting_a_password_is_not() -> None:
    async with serving() as server, session() as http:
        signed_in = await Client(server.url, http).login("a", "b")
        signed_in = await signed_in.login("a", "b")
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await signed_in.post("/auth/password", {"currentPassword": "b", "newPassword": "c"})
    assert [path for path, _ in server.requests] == ["/auth/login"] * 3 + ["/auth/password"]


@pytest.mark.parametrize(
    ("lives", "sent"), [(600, ["Bearer t", "Bearer t"]), (30, [None, "Bearer next", "Bearer next"])]
)
async def test_an_access_token_that_ends_soon_is_renewed_before_it_is_used(lives: int, sent: list[str | None]) -> None:
    async with serving(per_connection=9) as server, session() as http:
        server.lives = lives
        client = await Client(server.url, http).login("a", "b")
        for caller in (replace(client, headers={}), client):  # a copy is of the same session
            await caller.execute("{ a }")
    assert [headers.get("Authorization") for _, headers in server.requests[1:]] == sent


async def test_where_there_is_no_server_nothing_is_repeated() -> None:
    async with serving() as server:
        url = server.url
    async with session() as http:
        with pytest.raises(aiohttp.ClientConnectorError):
            await Client(url, http).execute("query { a }")


async def test_a_connection_is_given_up_before_uvicorn_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = uvicorn.Config("none").timeout_keep_alive
    async with serving(per_connection=2) as server, session() as http:
        client = Client(server.url, http)
        await client.execute("query { a }")
        monkeypatch.setattr("aiohttp.connector.monotonic", lambda: time.monotonic() + seconds - 0.5)
        await client.execute("query { a }")
    assert (server.connections, len(server.requests)) == (2, 2)


async def test_r27_the_documented_consumer_replays_page_after_page_though_idle_connections_are_closed() -> None:
    consumer = runpy.run_path(str(ROOT / "docs" / "province_consumer.py"))
    with closing(sqlite3.connect(":memory:")) as events:
        events.executescript(consumer["TABLES"])
        async with serving() as server:
            await consumer["replay"](server.url, "province44", "secret", events)
        assert events.execute("SELECT id FROM events").fetchall() == [("e1",), ("e2",), ("e3",)]
