"""Cuts off clients that do not read what they asked for (ADR 41).

A transport waits for its buffer for ever, also when it is closed, and a buffer beneath the mark of flow control tells
nobody: so all of them are looked at, every second at most.
"""

import asyncio

from chassis.runtime.telemetry import CONNECTIONS_REFUSED

_LOOK_SECONDS, _LOOKS = 1.0, 10


class Unread:
    """The connections of one server, HTTP and WebSocket, and since when their clients have read nothing.

    Args:
        seconds: A connection is ended when its buffer has not shrunk for so long.

    Attributes:
        seconds: The same; may be lowered at any time.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._pause = min(seconds / _LOOKS, _LOOK_SECONDS)
        self._seen: dict[asyncio.Transport, tuple[int, float]] = {}
        self._looking = False

    def watch(self, transport: asyncio.Transport) -> None:
        """Look at a connection until it has ended; called inside the running loop."""
        self._seen[transport] = (0, 0.0)
        if not self._looking:
            self._looking = True
            self._later()

    def forget(self, transport: asyncio.Transport) -> None:
        """A connection has ended."""
        self._seen.pop(transport, None)

    def _later(self) -> None:
        asyncio.get_running_loop().call_later(self._pause, self._look)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        for transport, (before, since) in list(self._seen.items()):
            held = transport.get_write_buffer_size()
            if not held or not before or held < before:
                self._seen[transport] = (held, now)
            elif now - since < self.seconds:
                self._seen[transport] = (held, since)
            else:
                CONNECTIONS_REFUSED.labels("unread_seconds").inc()
                self.forget(transport)
                transport.abort()
        self._looking = bool(self._seen)
        if self._looking:
            self._later()
