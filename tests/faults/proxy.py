"""A TCP proxy between two parts, which can be slow, cut off or swallow what passes (no `tc netem` here: notes N36)."""

import asyncio
from contextlib import suppress
from enum import Enum

_CHUNK = 65_536


class Fault(Enum):
    """What may be wrong with a link."""

    NONE = "none"
    SLOW = "slow"
    SILENT_UP = "nothing reaches the server"
    SILENT_DOWN = "nothing comes back"
    BLACK_HOLE = "nothing passes"


class Proxy:
    """Forwards a port of loopback to another one.

    Args:
        port: Where the real server listens.
        seconds: What each chunk waits while the link is slow.
    """

    def __init__(self, port: int, seconds: float = 0.3) -> None:
        self._to = port
        self._seconds = seconds
        self._server: asyncio.Server | None = None
        self._links: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, ...]] = {}
        self._fault = Fault.NONE
        self._changed = asyncio.Event()

    @property
    def port(self) -> int:
        """Where the proxy listens."""
        assert self._server
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def close(self) -> None:
        """Stop, and cut what passes."""
        assert self._server
        self._server.close()
        self.reset()
        while self._links:
            await asyncio.wait(list(self._links))

    def set(self, fault: Fault) -> None:
        """From now on the link has this fault; what was swallowed waits, as in a kernel's buffer."""
        self._fault = fault
        self._changed.set()
        self._changed = asyncio.Event()

    def reset(self) -> None:
        """Cut every connection with RST."""
        for link, writers in self._links.items():
            for writer in writers:
                writer.transport.abort()
            link.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link
        self._links[link] = (writer,)
        try:
            with suppress(OSError, asyncio.CancelledError):
                back, there = await asyncio.open_connection("127.0.0.1", self._to)
                self._links[link] = (writer, there)
                await asyncio.gather(
                    self._pass(reader, there, Fault.SILENT_UP), self._pass(back, writer, Fault.SILENT_DOWN)
                )
        finally:
            for one in self._links.pop(link):
                one.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, silent: Fault) -> None:
        while chunk := await reader.read(_CHUNK):
            while self._fault in {silent, Fault.BLACK_HOLE}:
                await self._changed.wait()
            if self._fault is Fault.SLOW:
                await asyncio.sleep(self._seconds)
            writer.write(chunk)
            await writer.drain()
        writer.close()
