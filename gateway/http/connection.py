"""One HTTP/1.1 connection, which carries one POST at a time (ADR 9)."""

import asyncio
import time
from typing import cast

import httptools

from chassis.serving.untouched import UNTOUCHED
from gateway.http.address import Address

_UNTOUCHED = UNTOUCHED.lower().encode("ascii")
_CONNECT_SECONDS = 2.0


class HttpError(Exception):
    """No complete reply was received.

    Attributes:
        untouched: No byte of a reply was received, on a connection that had served before: the server may have closed
            it before it read the request.
        sent: Whether the server may have executed the request; False where it said that it did not.
    """

    def __init__(self, message: str, *, untouched: bool = False, sent: bool = True) -> None:
        super().__init__(message)
        self.untouched = untouched
        self.sent = sent


class Connection(asyncio.Protocol):
    """A connection; between two requests it waits in its replica's pool.

    Args:
        most_bytes: The most bytes of a reply.

    Attributes:
        idle_since: When its last reply was complete, in `time.monotonic()` seconds.
        end: When it carries no further request.
        open: Whether it may carry another request.
    """

    def __init__(self, most_bytes: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._most = most_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._reply: asyncio.Future[bytes] | None = None
        self._body = bytearray()
        self._touched = False
        self._refused = False
        self._served = False
        self.idle_since = 0.0
        self.end = 0.0
        self.open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self._transport = cast("asyncio.Transport", transport)

    async def post(self, request: bytes, seconds: float) -> bytes:
        """Send a whole request and return the reply's body, whatever its status.

        Args:
            request: Head and body.
            seconds: Within which the reply must be complete.

        Raises:
            HttpError: The connection broke, the reply is not HTTP or too long, or the server refused to begin.
            TimeoutError: The reply was not complete in time.
        """
        reply: asyncio.Future[bytes] = self._loop.create_future()
        self._reply = reply
        self._body, self._touched, self._refused = bytearray(), False, False
        self._transport.write(request)
        timer = self._loop.call_later(seconds, self._late)
        try:
            return await reply
        except BaseException:  # also a cancellation in the turn in which the reply is set
            self.close()
            raise
        finally:
            timer.cancel()

    def close(self) -> None:
        """Close the connection at once."""
        self.open = False
        self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits that there will be no reply."""
        del error
        self.open = False
        self._fail(HttpError("the connection closed", untouched=self._served and not self._touched))

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a server that speaks unasked is hung up on."""
        self._touched = True
        if self._reply is None or self._reply.done():
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(HttpError("no HTTP"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Look for the one header that matters."""
        if name.lower() == _UNTOUCHED:
            self._refused = value == b"1"

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the reply."""
        self._body += body
        if len(self._body) > self._most:
            self._fail(HttpError("too long a reply"))

    def on_message_complete(self) -> None:
        """Hand the reply to who waits."""
        status = self._parser.get_status_code()
        if status < 200:  # noqa: PLR2004 - informational; the reply follows
            self._body = bytearray()
        elif self._reply and not self._reply.done():
            self._served = True
            self.open &= self._parser.should_keep_alive()
            if self._refused and status == 503:  # noqa: PLR2004 - as `Untouched` answers
                self._reply.set_exception(HttpError("the server does not serve now", sent=False))
            else:
                self._reply.set_result(bytes(self._body))

    def _late(self) -> None:
        self._fail(TimeoutError("no reply in time"))

    def _fail(self, error: Exception) -> None:
        if self._reply and not self._reply.done():
            self._reply.set_exception(error)


async def connect(address: Address, host: str, most_bytes: int, deadline: float) -> Connection:
    """Make a connection.

    Args:
        address: Where its requests go by name.
        host: The IP address that the name led to.
        most_bytes: The most bytes of a reply.
        deadline: When it must stand, in `time.monotonic()` seconds; it must within two seconds in any case.

    Raises:
        OSError: It could not be made in time, so nothing was sent.
    """
    try:
        async with asyncio.timeout(min(deadline - time.monotonic(), _CONNECT_SECONDS)):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(most_bytes), host, address.port, ssl=address.tls, server_hostname=address.server_name
            )
    except TimeoutError as error:
        raise ConnectionError("no connection in time") from error
    return connection
