"""Server-sent events as graphql-sse speaks them, in distinct connections mode: one operation a response.

Sources: WHATWG HTML, 9.2 (the format); PROTOCOL.md of graphql-sse (events `next` and `complete`).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.serving.process import Stopping

EVENT_STREAM: Final = "text/event-stream"
NEXT: Final = "next"
COMPLETE: Final = "complete"
HEARTBEAT: Final = b":\n\n"
HEARTBEAT_SECONDS: Final = 12.0
"""Seconds between two heartbeats; proxies close silent connections, often after a minute."""
_SEND_SECONDS = 30.0  # a client that takes nothing for so long is cut off
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        name: Its name; empty for none.
        data: Its data, without line ends of the format.
    """

    name: str
    data: bytes


def encode(event: Event) -> bytes:
    """The event as it is sent; it always has a line of data, for browsers drop an event without one."""
    lines = b"".join(b"data: %b\n" % line for line in event.data.split(b"\n"))
    return b"event: %b\n%b\n" % (event.name.encode(), lines)


class Parser:
    """Parses a stream that arrives in pieces of any size.

    It deviates from the standard in one point: an event with a name and no data counts, for some servers end so.

    Args:
        most: The most bytes of one event.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._rest: list[bytes] = []
        self._data: list[bytes] = []
        self._name = ""
        self._size = 0
        self._after_return = False
        self._begun = False

    def feed(self, piece: bytes) -> list[Event]:
        """Parse the next piece; returns the events that it completes.

        Raises:
            ValueError: An event is larger than allowed.
        """
        if self._after_return and piece:
            self._after_return = False
            piece = piece.removeprefix(b"\n")
        if not piece:
            return []
        self._after_return = piece.endswith(b"\r")
        events = []
        for line in piece.splitlines(keepends=True):
            self._size += len(line)
            if self._size > self._most:
                raise ValueError("too large an event")
            if line.endswith((b"\n", b"\r")):
                whole = b"".join((*self._rest, line)).rstrip(b"\r\n")
                self._rest.clear()
                events += self._line(whole)
            else:
                self._rest.append(line)
        return events

    def _line(self, line: bytes) -> list[Event]:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value.decode(errors="replace")
        elif field == b"data":
            self._data.append(value)
        return []

    def _dispatch(self) -> list[Event]:
        events = [Event(self._name, b"\n".join(self._data))] if self._name or self._data else []
        self._name, self._data, self._size = "", [], 0
        return events


class EventStream(Response):
    """Sends results as `next` events until they end, the client leaves or the process stops; then `complete`.

    Args:
        results: The JSON of each result; iterated and closed in one task, so it may set context variables.
        stopping: Ends the stream when the process stops.
        heartbeat_seconds: Seconds between two heartbeats.
    """

    media_type = EVENT_STREAM

    def __init__(
        self,
        results: AsyncGenerator[bytes, None],
        stopping: Stopping,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._results = results
        self._stopping = stopping
        self._heartbeat_seconds = heartbeat_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        del scope
        with self._stopping.holding():
            await self._stream(receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        left = asyncio.ensure_future(_left(receive))
        sending = asyncio.ensure_future(self._send(send))
        tasks = [left, sending, asyncio.ensure_future(self._beat(send)), asyncio.ensure_future(self._stopping.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(_ClientStalled):
            for task in done:
                task.result()
            if left not in done:
                await _write(send, encode(Event(COMPLETE, b"")), more=False)

    async def _send(self, send: Send) -> None:
        async with aclosing(self._results) as results:
            async for result in results:
                await _write(send, encode(Event(NEXT, result)))

    async def _beat(self, send: Send) -> None:
        while True:
            await _write(send, HEARTBEAT)
            await asyncio.sleep(self._heartbeat_seconds)


class _ClientStalled(Exception):  # noqa: N818 - the end of a stream, no error of ours
    """The client has taken nothing for 30 seconds."""


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    try:
        async with asyncio.timeout(_SEND_SECONDS):
            await send({"type": "http.response.body", "body": body, "more_body": more})
    except TimeoutError as error:
        raise _ClientStalled from error


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
