"""What the drills of restarts need: pairs of processes that drain, traffic of which nothing may fail, and followers."""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from chassis.serving.sse import COMPLETE, EVENT_STREAM, Parser
from chassis.storage.cursor import cursor_of
from deploy.demo import documents as d
from deploy.local.suite import GATEWAY
from deploy.seed.graph_client import Client
from gateway.http.websocket import PROTOCOL
from tests.faults.field import Field

DRAIN_SECONDS = 2.5
_SERVER = {"SERVER": json.dumps({"drain_seconds": DRAIN_SECONDS})}
_ENOUGH = {"SPENDING": json.dumps({"principal": 10**9, "address": 10**9})}
_FAILED = (
    *("SUBGRAPH_ERROR", "SUBGRAPH_MALFORMED_RESPONSE", "SUBGRAPH_OVERLOADED", "SUBGRAPH_UNREACHABLE"),
    *("OUTCOME_UNKNOWN", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "OVERLOADED"),
)
_FOLLOW = "subscription($after: String) { enrollmentEvents(after: $after) { sequence cursor id } }"
_ITSELF = {"query": "{ __typename }"}
_PROVINCE = "44"


@dataclass
class Watch:
    """Counts what is sent in the sessions that it makes, and what failed: nothing that is repeated goes unseen.

    Attributes:
        answered: Replies that are no failure.
        failed: Failures: the code of a GraphQL error, the HTTP status, or the error of the connection.
    """

    answered: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def session(self) -> aiohttp.ClientSession:
        """A session whose requests count; to be closed by who made it."""
        config = aiohttp.TraceConfig()
        config.on_request_end.append(self._ended)
        config.on_request_exception.append(self._broke)
        config.on_response_chunk_received.append(self._read)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=50.0), trace_configs=[config]
        )

    async def _ended(self, _: Any, __: Any, params: aiohttp.TraceRequestEndParams) -> None:
        if params.response.status >= 500:
            self.failed[f"HTTP {params.response.status}"] += 1
        else:
            self.answered += 1

    async def _broke(self, _: Any, __: Any, params: aiohttp.TraceRequestExceptionParams) -> None:
        if not isinstance(params.exception, asyncio.CancelledError):
            self.failed[repr(params.exception)] += 1

    async def _read(self, _: Any, __: Any, params: aiohttp.TraceResponseChunkReceivedParams) -> None:
        for code in _FAILED:
            if f'"{code}"'.encode() in params.chunk:
                self.failed[code] += 1


@asynccontextmanager
async def through(field_: Field, url: str) -> AsyncIterator[Watch]:
    """The block runs with all clients of the suite behind this URL, and their requests watched."""
    watch = Watch()
    seeded = field_.seeded
    clients = [seeded.ministry, *seeded.base_clients, *(client for _, client in seeded.experts)]
    clients += [*seeded.provinces.values(), *seeded.schools.values()]
    clients += [*(client for _, client in seeded.teachers.values()), field_.provisioner.public]
    usual = [(client, client.url, client.http) for client in clients]
    async with watch.session() as http:
        for client in clients:
            client.url, client.http = url, http
        try:
            yield watch
        finally:
            for client, own_url, own_http in usual:
                client.url, client.http = own_url, own_http


@asynccontextmanager
async def paired(field_: Field, names: Sequence[str]) -> AsyncIterator[None]:
    """The block runs with two processes that drain in the place of the first; subgraphs are known to the gateway."""
    suite = field_.suite
    first, second = names
    service, *_ = first.split(".")
    before = {name: suite.overrides.get(name, {}) for name in (GATEWAY, *names)}
    usual = before[GATEWAY]
    if service == GATEWAY:
        changed = dict.fromkeys(names, usual | _SERVER | _ENOUGH)
    else:
        urls = json.loads(usual["SUBGRAPH_URLS"])
        urls[service] = ",".join(f"http://127.0.0.1:{suite.parts.ports.port_of(name)}/graphql" for name in names)
        changed = {name: before[name] | _SERVER for name in names}
        changed[GATEWAY] = usual | {"SUBGRAPH_URLS": json.dumps(urls)}
    try:
        suite.overrides |= changed
        await field_.launch(second)
        for name in {first, *changed} - {second}:
            await restart(field_, name)
        yield
    finally:
        suite.overrides |= before
        suite.overrides.pop(second)
        suite.children.pop(second).stop()
        for name in {first, *changed} - {second}:
            await restart(field_, name)


async def restart(field_: Field, name: str) -> str:
    """Stop a process in order and start it again; returns how it ended."""
    child = field_.suite.children.pop(name)
    await asyncio.to_thread(child.stop)
    await field_.launch(name)
    return child.end()


@asynccontextmanager
async def asking(watch: Watch, clients: Sequence[Client], project: str, pace: float) -> AsyncIterator[None]:
    """The block runs beside these people's POSTs: of the gateway alone, and each fifth to catalog and enrollment.

    Args:
        watch: Has to see them.
        clients: Who asks.
        project: What for.
        pace: Seconds between two questions of a person.
    """
    over = asyncio.Event()

    async def ask(client: Client) -> None:
        for turn in itertools.count():
            if over.is_set():
                return
            body = _ITSELF if turn % 5 else {"query": d.SEATS, "variables": {"id": project}}
            headers = {"Authorization": f"Bearer {client.token}"}
            try:
                async with client.http.post(f"{client.url}/graphql", json=body, headers=headers) as reply:
                    content = await reply.json(content_type=None)
                    if "errors" in content:
                        watch.failed[str(content["errors"])] += 1
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                pass  # the watch has seen it
            await asyncio.sleep(pace)  # the pace of people, not a wait for anything

    asked = [asyncio.ensure_future(ask(client)) for client in clients]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*asked)


@dataclass
class Follower:
    """A province that follows its log live, and comes back with its last cursor whenever it is told to.

    Attributes:
        place: The suite.
        url: Where it calls.
        sequences: Of the events that came, in their order.
        told: How often the server said that the subscription ends.
        cut: How it ended otherwise; nothing of that may happen.
        cursor: After which event it goes on.
    """

    place: Field
    url: str
    sequences: list[int] = field(default_factory=list)
    told: int = 0
    cut: list[str] = field(default_factory=list)
    cursor: str = field(default_factory=lambda: cursor_of(0))

    async def run(self, socket: bool) -> None:
        """Follow until cancelled, by WebSocket or by server-sent events."""
        async with aiohttp.ClientSession() as http:
            while True:
                try:
                    await (self._socket(http) if socket else self._stream(http))
                    self.told += 1
                except (aiohttp.ClientError, OSError, ValueError, TypeError, KeyError) as error:
                    self.cut.append(repr(error))
                    await asyncio.sleep(0.5)  # nobody comes back without a pause

    @property
    def _token(self) -> str:
        return f"Bearer {self.place.seeded.provinces[_PROVINCE].token}"

    @property
    def _body(self) -> dict[str, Any]:
        return {"query": _FOLLOW, "variables": {"after": self.cursor}}

    def _take(self, result: dict[str, Any]) -> None:
        event = result["data"]["enrollmentEvents"]
        self.sequences.append(int(event["sequence"]))
        self.cursor = event["cursor"]

    async def _stream(self, http: aiohttp.ClientSession) -> None:
        headers = {"Accept": EVENT_STREAM, "Authorization": self._token}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        parser = Parser(1_000_000)
        async with http.post(f"{self.url}/graphql", json=self._body, headers=headers, timeout=timeout) as reply:
            async for piece in reply.content.iter_any():
                for event in parser.feed(piece):
                    if event.name == COMPLETE:
                        return
                    self._take(orjson.loads(event.data))
        raise ValueError("the stream was cut")

    async def _socket(self, http: aiohttp.ClientSession) -> None:
        async with http.ws_connect(f"{self.url}/graphql", protocols=(PROTOCOL,)) as socket:
            await socket.send_json({"type": "connection_init", "payload": {"Authorization": self._token}})
            await socket.send_json({"type": "subscribe", "id": "1", "payload": self._body})
            while True:
                message = await socket.receive()
                if message.type is aiohttp.WSMsgType.CLOSE and message.data == aiohttp.WSCloseCode.GOING_AWAY:
                    return  # what came to a gateway whose end was already told
                content = orjson.loads(message.data)
                if content["type"] == "complete":
                    return
                if content["type"] != "connection_ack":
                    self._take(content["payload"])


@asynccontextmanager
async def following(field_: Field, url: str) -> AsyncIterator[list[Follower]]:
    """The block runs beside a follower by events and one by WebSocket; they may read on until it is left."""
    followers = [Follower(field_, url), Follower(field_, url)]
    tasks = [asyncio.ensure_future(one.run(socket=bool(at))) for at, one in enumerate(followers)]
    try:
        yield followers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
