"""uvicorn's protocols with bounds on what a connection may take before anybody has logged in (ADR 41).

uvicorn itself bounds neither the bytes nor the seconds of a request's headers. Sources: RFC 9110 (408, 431, 503),
RFC 9112, 9.3 and 9.6 (persistent connections, and how one is closed so that its last reply is read).
"""

import asyncio
from array import array
from collections import Counter
from contextlib import suppress
from fcntl import ioctl
from termios import FIONREAD
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from chassis.runtime.server_settings import ServerSettings
from chassis.runtime.telemetry import CONNECTIONS_REFUSED
from chassis.serving.addresses import Proxies, subscriber_of
from chassis.serving.headers import SECURITY_HEADERS
from chassis.serving.unread import Unread
from kernel.errors import Refusal
from kernel.refusals import BAD_REQUEST, HEADERS_TOO_LARGE, REQUEST_TIMEOUT, UNAVAILABLE

BY_PROXY = "guopei.by_proxy"
"""In the scope of a request that came from a trusted proxy."""
_RETRY_SECONDS = 5  # for connections of others to end
_LINGER_SECONDS = 1.0  # what still comes is read away for so long: else a reset may overtake the reply
_UNREAD_SECONDS = 0.05  # by then the loop has read what the kernel held
_SOCKET_LINE_BYTES = 8_192  # the longest line of a handshake that the WebSocket library takes
_PIPELINED = 16  # requests of a connection that wait for the one before them; each is an object of some kilobytes
_SEPARATORS = len(": \r\n")
# What a connection is about to send, as plain numbers, for they are looked at several times a request
_HEAD, _BODY, _NOTHING, _REFUSED, _GONE = range(5)
_BAD_REQUEST, _TIMEOUT, _TOO_LARGE, _UNAVAILABLE = 400, 408, 431, 503


class Guard:
    """What the connections of one server share: bounds, counts, and whether the server drains.

    Args:
        settings: The bounds.
        proxies: The proxies in front, which may have any number of connections; None to count no addresses, where the
            only callers are other processes of the suite.

    Attributes:
        settings: The bounds.
        draining: Whether every reply now closes its connection.
        unread: Ends the connections whose clients do not read.
    """

    def __init__(self, settings: ServerSettings, proxies: Proxies | None = None) -> None:
        self.settings = settings
        self.draining = False
        self.unread = Unread(settings.unread_seconds)
        self._proxies = proxies
        self._open = 0
        self._subscribers: Counter[str] = Counter()

    def drain(self) -> None:
        """From now on every reply closes its connection, and who does not read takes half of the stop at most."""
        self.draining = True
        left = self.settings.drain_seconds + self.settings.grace_seconds
        self.unread.seconds = min(self.unread.seconds, left / 2)

    def admit(self, client: tuple[str, int] | None) -> str | None:
        """Count a connection that was opened; returns the bound that it breaks, if any."""
        self._open += 1
        subscriber = self._counted(client)
        if subscriber:
            self._subscribers[subscriber] += 1
        if self._open > self.settings.connections:
            return "connections"
        if subscriber and self._subscribers[subscriber] > self.settings.address_connections:
            return "address_connections"
        return None

    def release(self, client: tuple[str, int] | None) -> None:
        """Count a connection that has ended."""
        self._open -= 1
        if subscriber := self._counted(client):
            self._subscribers[subscriber] -= 1
            if not self._subscribers[subscriber]:
                del self._subscribers[subscriber]

    def is_proxy(self, client: tuple[str, int] | None) -> bool:
        """Whether a connection is a trusted proxy's."""
        return client is not None and self._proxies is not None and client[0] in self._proxies

    def _counted(self, client: tuple[str, int] | None) -> str | None:
        if client is None or self._proxies is None or self.is_proxy(client):
            return None
        return subscriber_of(client[0])


class _Refused(Exception):  # noqa: N818 - stops the parser, and is answered where its error arrives
    """A head breaks a bound."""


class BoundedProtocol(HttpToolsProtocol):
    """An HTTP connection with bounds on head, body and time.

    Args:
        guard: What the server's connections share.
        more: What uvicorn gives to its protocols.
    """

    def __init__(self, guard: Guard, **more: Any) -> None:
        super().__init__(**more)
        self._guard = guard
        self._settings = guard.settings
        self._head_bytes = guard.settings.head_bytes
        self._head_count = guard.settings.head_count
        self._part = _HEAD
        self._timer: asyncio.TimerHandle | None = None
        self._read = 0  # bytes of the read that is being parsed
        self._heads = 0  # heads that began in it
        self._head = 0  # bytes of a head that is not whole, and perhaps of what came before it in the same read
        self._sure = 0  # bytes that are of that head and of nothing else
        self._body = 0  # bytes of the reads that brought the body
        self._body_began = 0.0
        self._answered: RequestResponseCycle | None = None  # `cycle` is the last that came; others may be before it
        self._broken: tuple[int, Refusal, str] | None = None
        self._by_proxy = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection, and expect a head."""
        super().connection_made(transport)
        self._guard.unread.watch(transport)
        self._by_proxy = self._guard.is_proxy(self.client)
        if bound := self._guard.admit(self.client):
            self._refuse(_UNAVAILABLE, UNAVAILABLE(retryAfter=_RETRY_SECONDS), bound)
        else:
            self._expect(self._settings.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the end of the connection."""
        self._disarm()
        self._tell_gone()
        self._guard.unread.forget(self.transport)
        self._guard.release(self.client)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what was read; then check the bounds of what is not whole yet."""
        before = self._part
        if before == _REFUSED:
            return
        self._read = len(data)
        self._heads = 0
        super().data_received(data)
        part = self._part
        if part == _NOTHING:
            self._after_request()
        elif part == _HEAD:
            self._in_head(before)
        elif part == _BODY:
            self._body += self._read
            if self._timer is None:
                self._body_began = self.loop.time()
                self._expect(self._settings.body_seconds)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._part = _HEAD
        self._heads += 1
        self._head = self._sure = 0
        if self._timer is not None:
            self._disarm()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole: check its size, and give it to the application."""
        if self._head + self._read > self._head_bytes or len(self.headers) > self._head_count:
            self._check_head()
        if len(self.pipeline) >= _PIPELINED:
            self._broken = (
                _BAD_REQUEST,
                BAD_REQUEST(detail=("流水线请求过多", "too many pipelined requests")),
                "pipeline",
            )
            raise _Refused
        if self._timer is not None:
            self._disarm()
        self._part = _BODY
        self._body = 0
        super().on_headers_complete()
        if self._by_proxy:
            self.scope[BY_PROXY] = True  # type: ignore[literal-required]  # ASGI lets servers add keys
        if self._guard.draining and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._part = _NOTHING
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Give the connection to the WebSocket protocol, if that can read its head."""
        if any(_length(header) > _SOCKET_LINE_BYTES for header in self.headers) or len(self.url) > _SOCKET_LINE_BYTES:
            self._refuse(_TOO_LARGE, self._too_large(most=_SOCKET_LINE_BYTES), "head_bytes")
            return
        self._disarm()
        self._part = _GONE
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, or breaks a bound."""
        del msg
        status, refusal, bound = self._broken or (
            _BAD_REQUEST,
            BAD_REQUEST(detail=("不是有效的 HTTP 请求", "not an HTTP request")),
            "syntax",
        )
        self._refuse(status, refusal, bound)

    def say_goodbye(self) -> None:
        """Have the reply to a request under way, if it has not begun, tell that the connection closes after it."""
        if self.cycle is not None and not self.cycle.response_started:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Close the connection after its request, or when it stays idle: what looks idle may carry one already."""
        if self._idle():
            grace = min(_LINGER_SECONDS, self._settings.drain_seconds)
            self.loop.call_later(grace, self._close_if_idle)
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection that nobody has used for `idle_seconds`."""
        self._close_if_idle()

    def _close_if_idle(self) -> None:
        if not self._idle() or self.transport.is_closing():
            return
        if self._has_come():
            self.loop.call_later(_UNREAD_SECONDS, self._close_if_idle)
        else:
            self.transport.close()

    def _has_come(self) -> bool:
        """Whether the kernel holds bytes that the loop has not read yet: closing now would reset their connection."""
        unread = array("i", [0])
        with suppress(OSError):
            ioctl(self.transport.get_extra_info("socket").fileno(), FIONREAD, unread)
        return unread[0] > 0

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _after_request(self) -> None:
        if self._timer is not None:
            self._disarm()
        if self.timeout_keep_alive_task is None and self._idle():  # blank lines between requests, or a body's late end
            self._expect(self._settings.head_seconds)

    def _in_head(self, before: int) -> None:
        self._head += self._read
        whole_read = self._heads == 0 or (self._heads == 1 and before != _BODY)
        self._sure += self._read if whole_read else 0
        if self._sure > self._settings.head_bytes or len(self.headers or ()) > self._settings.head_count:
            self._refuse(_TOO_LARGE, self._too_large(), "head_bytes")
        elif self._timer is None:
            self._expect(self._settings.head_seconds)

    def _check_head(self) -> None:
        size = len(self.url) + sum(map(_length, self.headers))
        if size > self._settings.head_bytes or len(self.headers) > self._settings.head_count:
            self._broken = (_TOO_LARGE, self._too_large(), "head_bytes")
            raise _Refused

    def _too_large(self, most: int = 0) -> Refusal:
        return HEADERS_TOO_LARGE(headers=self._settings.head_count, bytes=most or self._settings.head_bytes)

    def _expect(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self.transport.is_closing() or self._part == _REFUSED:
            return
        if left := self._seconds_left():
            self._expect(left)
        elif self._part == _BODY:
            self._refuse(_TIMEOUT, REQUEST_TIMEOUT(), "body_seconds")
        else:
            self._refuse(_TIMEOUT, REQUEST_TIMEOUT(), "head_seconds")

    def _seconds_left(self) -> float:
        """Seconds for which to wait on: while we are the ones who do not read, and as a body's bytes earn them."""
        if self._part != _BODY:
            return 0.0 if self._idle() else self._settings.head_seconds
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            return self._settings.body_seconds
        earned = self._settings.body_seconds + self._body / self._settings.body_bytes_per_second
        return max(self._body_began + earned - self.loop.time(), 0.0)

    def _refuse(self, status: int, refusal: Refusal, bound: str) -> None:
        """Answer, where no other reply is under way, and end the connection in such a way that the answer arrives."""
        CONNECTIONS_REFUSED.labels(bound).inc()
        self._disarm()
        free = self.cycle is None or self.cycle.response_complete
        first = self._part == _BODY and not self.pipeline and not free and not self.cycle.response_started
        self._part = _REFUSED
        if free or first:
            self.transport.write(_reply(status, refusal))
        self.pipeline.clear()
        self._tell_gone()
        if status == _UNAVAILABLE or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.flow.resume_reading()
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _tell_gone(self) -> None:
        """Tell the application that its client has gone: the last request, and the one that is answered before it."""
        for cycle in (self._answered, self.cycle):
            if cycle is not None:
                cycle.disconnected = True
                cycle.message_event.set()


class BoundedSocket(WebSocketsSansIOProtocol):
    """A WebSocket connection; counted like any other until it ends.

    Args:
        guard: What the server's connections share.
        more: What uvicorn gives to its protocols.
    """

    def __init__(self, guard: Guard, **more: Any) -> None:
        super().__init__(**more)
        self._guard = guard

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the end of the connection."""
        self._guard.unread.forget(self.transport)
        self._guard.release(self.client)
        super().connection_lost(exc)


def _length(header: tuple[bytes, bytes]) -> int:
    name, value = header
    return len(name) + len(value) + _SEPARATORS


def _reply(status: int, refusal: Refusal) -> bytes:
    """The whole reply of a connection that is closed; nobody knows yet which language its client reads."""
    message = f"{refusal.zh} {refusal.en}"
    body = orjson.dumps({"errors": [{"message": message, "extensions": refusal.extensions()}]})
    again = refusal.details.get("retryAfter")
    headers = (
        *SECURITY_HEADERS,
        *(((b"retry-after", b"%d" % again),) if again is not None else ()),
        (b"content-type", b"application/json; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    )
    return STATUS_LINE[status] + b"".join(b"%b: %b\r\n" % header for header in headers) + b"\r\n" + body
