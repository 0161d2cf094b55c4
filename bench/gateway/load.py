"""The load: a number of connections, each sending its next request after a reply, variables rotated (notes N12)."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count

import httptools
import orjson

from bench.gateway.queries import Kind


@dataclass
class Round:
    """The results of a round of load.

    Attributes:
        seconds: Its length.
        latencies: Of each request, in seconds.
        failures: Replies with another status than 200, or with errors.
    """

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0


class _Connection(asyncio.Protocol):
    def __init__(self, bodies: Iterator[bytes], path: bytes, round_: Round, until: float) -> None:
        self._bodies, self._path, self._round, self._until = bodies, path, round_, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._failed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("closed by the server"))

    def _send(self) -> None:
        self._started = time.perf_counter()
        if self._started >= self._until:
            self.done.set_result(None)
            self._transport.close()
            return
        self._parser = httptools.HttpResponseParser(self)
        body = next(self._bodies)
        self._transport.write(  # type: ignore[attr-defined]
            b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (self._path, len(body), body)
        )

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._failed |= b'"errors"' in body

    def on_message_complete(self) -> None:
        self._round.latencies.append(time.perf_counter() - self._started)
        self._round.failures += self._failed or self._parser.get_status_code() != HTTPStatus.OK
        self._failed = False
        self._send()


async def load(port: int, path: str, kind: Kind, *, seconds: float, connections: int) -> Round:
    """Send queries of one kind for a time. Connections are new and never idle, so none is met closed.

    Args:
        port: The server's port on loopback.
        path: The path of its GraphQL endpoint.
        kind: The query.
        seconds: How long to begin new requests.
        connections: How many to keep busy.

    Raises:
        ConnectionError: The gateway closed a connection.
    """
    numbers = count(1)
    bodies = (orjson.dumps({"query": kind.query, "variables": kind.variables(number)}) for number in numbers)
    return await post(port, path, bodies, seconds=seconds, connections=connections)


async def post(port: int, path: str, bodies: Iterator[bytes], *, seconds: float, connections: int) -> Round:
    """Send bodies for a time, as `load` sends its queries.

    Args:
        port: The server's port on loopback.
        path: Where they are posted.
        bodies: Endless.
        seconds: How long to begin new requests.
        connections: How many to keep busy.

    Raises:
        ConnectionError: The server closed a connection.
    """
    round_, started = Round(), time.perf_counter()
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(
            lambda: _Connection(bodies, path.encode(), round_, started + seconds), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in opened))
    round_.seconds = time.perf_counter() - started
    return round_
