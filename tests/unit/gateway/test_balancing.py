"""POSTs over real replicas: who joins, who is killed, who says goodbye (ADR 42)."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain

import aiohttp
import pytest

from gateway.federation.engine import Call, TransportError
from gateway.federation.errors import UNKNOWN_OUTCOME
from gateway.http import client as client_module
from gateway.http.client import Client
from gateway.http.connection import HttpError
from gateway.http.context import RequestContext
from gateway.http.replica_requests import Wanted, requested
from gateway.http.replicas import Replicas
from gateway.http.transport import HttpTransport
from gateway.resilience import CallSettings, guarded
from tests.support.eventually import eventually
from tests.unit.gateway.speaking import LAST, OK, REFUSED, Say, Server, listening


@dataclass(slots=True)
class Fleet:
    """Servers on one port, each on a loopback address of its own, behind one name."""

    stack: AsyncExitStack
    servers: dict[str, Server] = field(default_factory=dict)
    running: dict[str, AsyncExitStack] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)
    port: int = 0

    async def start(self, host: str, say: Say) -> Server:
        server = self.servers[host] = Server(say)
        running = self.running[host] = await self.stack.enter_async_context(AsyncExitStack())
        self.port = await running.enter_async_context(listening(server, host, self.port))
        self.hosts.append(host)
        return server

    async def kill(self, host: str) -> None:
        """It is still resolved."""
        await self.running[host].aclose()

    async def resolve(self, host: str, port: int) -> Collection[str]:
        del host, port
        return tuple(self.hosts)

    async def client(self) -> Client:
        client = Client(Replicas(f"http://subgraph:{self.port}/graphql", resolver=self.resolve), most_bytes=1000)
        await client.replicas.refresh()
        self.stack.push_async_callback(client.replicas.close)
        return client

    def counts(self) -> dict[str, int]:
        return {host: len(server.requests) for host, server in self.servers.items()}


@asynccontextmanager
async def fleet(count: int = 0, say: Say = lambda *_: OK) -> AsyncIterator[Fleet]:
    async with AsyncExitStack() as stack:
        made = Fleet(stack)
        for number in range(count):
            await made.start(f"127.0.2.{number + 1}", say)
        yield made


async def post(client: Client, *, repeatable: bool = True, seconds: float = 10.0) -> bytes:
    return await client.post(b"{}", {}, time.monotonic() + seconds, repeatable=repeatable)


async def many(client: Client, count: int, *, repeatable: bool = True) -> list[bytes | BaseException]:
    """So many requests by sixteen callers."""
    left = iter(range(count))

    async def caller() -> list[bytes | BaseException]:
        found: list[bytes | BaseException] = []
        for _ in left:
            try:
                found.append(await post(client, repeatable=repeatable))
            except (HttpError, OSError) as error:
                found.append(error)
        return found

    return list(chain.from_iterable(await asyncio.gather(*(caller() for _ in range(16)))))


async def test_a_replica_that_joins_has_its_share_at_once() -> None:
    async with fleet(1) as replicas:
        client = await replicas.client()
        await many(client, 200)
        joined = await replicas.start("127.0.2.2", lambda *_: OK)
        await client.replicas.refresh()
        await many(client, 200)
    assert len(joined.requests) >= 80


async def test_one_of_three_killed_fails_no_query_and_of_mutations_those_that_were_sent_to_it() -> None:
    async with fleet(3) as replicas:
        urls = ",".join(f"http://{host}:{replicas.port}/graphql" for host in replicas.hosts)
        transport = HttpTransport({"catalog": urls}, None)
        guarded_transport = guarded(transport, CallSettings())
        codes: Counter[tuple[str, str]] = Counter()

        async def caller(number: int, kind: str) -> None:
            for count in range(100):
                try:
                    await guarded_transport.send(Call("catalog", kind, f"{number}.{count}".encode()), RequestContext())
                except TransportError as error:
                    codes[kind, error.code] += 1

        under_way = [asyncio.ensure_future(caller(it, "mutation" if it % 4 == 0 else "query")) for it in range(16)]
        await eventually(lambda: replicas.counts()["127.0.2.2"] > 100)
        await replicas.kill("127.0.2.2")
        await asyncio.gather(*under_way)
        await transport.close()
    assert set(codes) <= {("mutation", UNKNOWN_OUTCOME)}, codes
    assert codes.total() <= 4, "what was under way at that moment, and no more"


@pytest.mark.parametrize("repeatable", [True, False], ids=["query", "mutation"])
async def test_where_no_connection_can_be_made_another_replica_has_it_at_once(*, repeatable: bool) -> None:
    async with fleet(3) as replicas:
        client = await replicas.client()
        await replicas.kill("127.0.2.1")
        assert await many(client, 100, repeatable=repeatable) == [b"{}"] * 100


async def test_a_mutation_under_way_at_a_killed_replica_is_not_sent_to_another() -> None:
    async with fleet(1, say=lambda *_: b"") as replicas:
        client = await replicas.client()
        under_way = asyncio.ensure_future(post(client, repeatable=False))
        await eventually(lambda: replicas.counts()["127.0.2.1"] == 1)
        other = await replicas.start("127.0.2.2", lambda *_: OK)
        await client.replicas.refresh()
        await replicas.kill("127.0.2.1")
        with pytest.raises(HttpError) as broken:
            await under_way
    assert broken.value.sent
    assert not other.requests


async def test_who_says_goodbye_gets_nothing_more_for_a_while() -> None:
    async with fleet(2, say=lambda *_: LAST) as replicas:
        client = await replicas.client()
        await post(client)
        (said,) = [host for host, count in replicas.counts().items() if count]
        (other,) = set(replicas.hosts) - {said}
        replicas.servers[other]._say = lambda *_: OK
        await many(client, 50)
        assert replicas.counts() == {said: 1, other: 50}


@pytest.mark.parametrize("repeatable", [True, False], ids=["query", "mutation"])
async def test_what_a_replica_says_it_did_not_begin_another_does(*, repeatable: bool) -> None:
    async with fleet(1, say=lambda *_: REFUSED) as replicas:
        await replicas.start("127.0.2.2", lambda *_: OK)
        client = await replicas.client()
        assert await many(client, 100, repeatable=repeatable) == [b"{}"] * 100
    assert replicas.counts()["127.0.2.1"] <= 16


async def test_a_request_that_nobody_begins_was_not_sent_and_three_are_asked() -> None:
    async with fleet(5, say=lambda *_: REFUSED) as replicas:
        client = await replicas.client()
        with pytest.raises(HttpError) as refused:
            await post(client, repeatable=False)
    assert not refused.value.sent
    assert sum(replicas.counts().values()) == 3


async def test_a_reply_503_of_somebody_else_is_a_reply() -> None:
    busy = b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n[]"
    async with fleet(2, say=lambda *_: busy) as replicas:
        assert await post(await replicas.client()) == b"[]"
    assert sum(replicas.counts().values()) == 1


async def test_a_replica_that_breaks_everything_is_ejected_and_comes_back() -> None:
    async with fleet(1, say=lambda *_: None) as replicas:
        for number in (2, 3):
            await replicas.start(f"127.0.2.{number}", lambda *_: OK)
        client = await replicas.client()
        (bad,) = [replica for replica in client.replicas.known if replica.host == "127.0.2.1"]
        for _ in range(100):
            with_it = bad.requests
            try:
                await post(client, repeatable=False)
            except HttpError:
                assert bad.requests == with_it + 1
        assert bad.requests == 3
        replicas.servers["127.0.2.1"]._say = lambda *_: OK
        bad.until = time.monotonic()
        assert await many(client, 60) == [b"{}"] * 60
        assert bad.requests >= 10


async def test_when_more_than_half_are_ill_nobody_is_left_alone() -> None:
    async with fleet(3) as replicas:
        client = await replicas.client()
        for replica in client.replicas.known[:2]:
            for _ in range(3):
                client.replicas.broke(replica)
        await many(client, 90)
    assert min(replicas.counts().values()) >= 10


async def test_a_connection_ends_after_its_life_between_two_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_LIFE_SECONDS", (0.0, 0.0))
    async with fleet(1) as replicas:
        client = await replicas.client()
        assert await many(client, 20) == [b"{}"] * 20
        (server,) = replicas.servers.values()
        assert server.connections == 20
        await eventually(lambda: server.open == 0)
        assert client.replicas.known[0].until == 0.0, "that was no goodbye of the server's"


async def test_a_connection_to_a_replica_that_is_gone_ends_with_its_request() -> None:
    async with fleet(2) as replicas:
        client = await replicas.client()
        await many(client, 50)
        replicas.hosts.remove("127.0.2.1")
        await client.replicas.refresh()
        await eventually(lambda: replicas.servers["127.0.2.1"].open == 0)
        before = replicas.counts()["127.0.2.1"]
        await many(client, 50)
        assert replicas.counts()["127.0.2.1"] == before


async def test_a_name_that_leads_nowhere_is_no_connection() -> None:
    async def dead(host: str, port: int) -> Collection[str]:
        del port
        raise OSError(host)

    client = Client(Replicas("http://subgraph/graphql", resolver=dead), most_bytes=1)
    await client.replicas.open()
    with pytest.raises(OSError, match="no replica"):
        await post(client, seconds=5)
    await client.replicas.close()


async def test_the_certificate_is_checked_for_the_name_and_not_for_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    async def create_connection(factory: object, host: str, port: int, **more: object) -> None:
        asked.update(host=host, port=port, **more)
        raise ConnectionRefusedError(str(factory))

    async def found(host: str, port: int) -> Collection[str]:
        del host, port
        return ["127.0.2.1"]

    client = Client(Replicas("https://subgraph.example/graphql", resolver=found), most_bytes=1)
    await client.replicas.refresh()
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    with pytest.raises(ConnectionRefusedError):
        await post(client)
    context = asked.pop("ssl")
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert asked == {"host": "127.0.2.1", "port": 443, "server_hostname": "subgraph.example"}


@pytest.mark.parametrize("is_stream", [True, False], ids=["stream", "file"])
async def test_streams_and_files_go_to_the_same_replicas_by_the_same_rules(*, is_stream: bool) -> None:
    async with fleet(3) as replicas, aiohttp.ClientSession() as http:
        client = await replicas.client()
        await replicas.kill("127.0.2.1")
        replicas.servers["127.0.2.2"]._say = lambda *_: REFUSED
        wanted = Wanted("POST", {"X-A": "1"}, "/files?x=1", content=b"{}", is_stream=is_stream)
        for _ in range(20):
            async with requested(http, client.replicas, wanted) as reply:
                assert (reply.status, await reply.read()) == (200, b"{}")
                (busy,) = [it for it in client.replicas.known if it.busy + it.streams]
                assert (busy.host, busy.busy, busy.streams) == ("127.0.2.3", 1 - is_stream, int(is_stream))
        assert not [it for it in client.replicas.known if it.busy + it.streams]
    (request, *_) = replicas.servers["127.0.2.3"].requests
    assert request.startswith(b"POST /files?x=1 HTTP/1.1\r\n")
    assert f"Host: subgraph:{replicas.port}\r\n".encode() in request
