"""A small HTTP/1.1 client for POSTs to subgraphs: keep-alive, one deadline, bounded replies, nothing else (ADR 9).

It follows no redirect, stores no cookie and asks for no compression. A connection carries one request at a time.
"""

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, cast
from urllib.parse import urlsplit

import httptools

_IDLE_SECONDS = 4.0
"""Less than servers keep an idle connection by default (uvicorn and Node: 5 s), so that few are found half-closed."""
_UNSAFE = re.compile(r"[\r\n\0]")


class HttpError(Exception):
    """No complete reply was received.

    Attributes:
        untouched: No byte of a reply was received, on a connection that had served before: the server may have closed
            it before it read the request.
    """

    def __init__(self, message: str, *, untouched: bool = False) -> None:
        super().__init__(message)
        self.untouched = untouched


@dataclass(frozen=True, slots=True)
class Address:
    """The address that POSTs are sent to.

    Attributes:
        host: Host name or IP address.
        port: TCP port.
        tls: The TLS context; None for plain HTTP.
        head: The bytes of the request line and of the headers that are always the same.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None
    head: bytes

    @classmethod
    def of(cls, url: str) -> Self:
        """The address of an `http` or `https` URL.

        Raises:
            ValueError: It is not such a URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or _UNSAFE.search(url):
            raise ValueError(f"not an HTTP address: {url}")
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = (
            f"POST {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
        )
        return cls(parts.hostname, parts.port or (443 if tls else 80), tls, head.encode("ascii"))


class _Connection(asyncio.Protocol):
    """One connection; between two requests it waits in the pool."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._reply: asyncio.Future[bytes] | None = None
        self._body = bytearray()
        self._touched = False
        self.served = 0
        self.idle_since = 0.0
        self.open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    async def post(self, request: bytes) -> bytes:
        """Send a whole request and return the reply's body, whatever its status.

        Raises:
            HttpError: The connection broke, or the reply is not HTTP or too long.
        """
        self._reply = asyncio.get_running_loop().create_future()
        self._body, self._touched = bytearray(), False
        self._transport.write(request)
        try:
            return await self._reply
        finally:
            if not self._reply.done() or self._reply.cancelled() or self._reply.exception():
                self.close()

    def close(self) -> None:
        """Close the connection at once."""
        self.open = False
        self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self.open = False
        self._fail("the connection closed", untouched=self.served > 0 and not self._touched)

    def data_received(self, data: bytes) -> None:
        self._touched = True
        if self._reply is None or self._reply.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("no HTTP")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > self._most:
            self._fail("too long a reply")

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() < 200:  # noqa: PLR2004 - informational; the reply follows
            self._body = bytearray()
        elif self._reply and not self._reply.done():
            self.served += 1
            self.open &= self._parser.should_keep_alive()
            self._reply.set_result(bytes(self._body))

    def _fail(self, why: str, *, untouched: bool = False) -> None:
        if self._reply and not self._reply.done():
            self._reply.set_exception(HttpError(why, untouched=untouched))


class Client:
    """Sends POSTs to one address over a pool of connections.

    Args:
        address: The address.
        most_bytes: The most bytes of a reply.
    """

    def __init__(self, address: Address, *, most_bytes: int) -> None:
        self._address = address
        self._most_bytes = most_bytes
        self._idle: deque[_Connection] = deque()

    async def post(self, body: bytes, headers: Mapping[str, str], deadline: float, *, repeatable: bool) -> bytes:
        """Send one POST and return the body of the reply, whatever its status.

        Args:
            body: The request's body, JSON.
            headers: Further headers.
            deadline: When the reply must be complete, in `time.monotonic()` seconds.
            repeatable: Whether to send it once more if an idle connection turned out to be closed.

        Raises:
            HttpError: No complete reply was received.
            OSError: No connection could be made.
            TimeoutError: The reply was not complete by the deadline.
            ValueError: A header cannot be sent.
        """
        request = self.request(body, headers)
        async with asyncio.timeout(deadline - time.monotonic()):
            try:
                return await self._post(await self._take(), request)
            except HttpError as error:
                if not (error.untouched and repeatable):
                    raise
            return await self._post(await self._connect(), request)

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().close()

    async def _post(self, connection: _Connection, request: bytes) -> bytes:
        reply = await connection.post(request)
        if connection.open:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    async def _take(self) -> _Connection:
        """The idle connection used last, or a new one; connections that were idle too long are closed."""
        oldest = time.monotonic() - _IDLE_SECONDS
        while self._idle and (self._idle[0].idle_since < oldest or not self._idle[0].open):
            self._idle.popleft().close()
        while self._idle:
            connection = self._idle.pop()
            if connection.open:
                return connection
        return await self._connect()

    async def _connect(self) -> _Connection:
        where = self._address
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self._most_bytes), where.host, where.port, ssl=where.tls
        )
        return connection

    def request(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The bytes of one POST.

        Raises:
            ValueError: A header holds a line break or a character outside Latin-1.
        """
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        if lines.count("\r") != len(headers) or lines.count("\n") != len(headers) or "\0" in lines:
            raise ValueError("a header holds a line break")
        return b"%b%bContent-Length: %d\r\n\r\n%b" % (self._address.head, lines.encode("latin-1"), len(body), body)
