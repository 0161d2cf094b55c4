"""A server process for a test, and connections that send exactly the bytes they are told."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[3]
_WAIT_SECONDS = 30.0


@dataclass(slots=True)
class Connection:
    """A TCP connection to the server.

    Attributes:
        reader: What comes.
        writer: What goes.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send bytes; a server that has closed is no error here, for the reply tells why."""
        with suppress(ConnectionError):
            self.writer.write(data)
            await self.writer.drain()

    async def reply(self) -> tuple[int, dict[str, str], bytes]:
        """Read one reply: its status, headers and body."""
        async with asyncio.timeout(_WAIT_SECONDS):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.rstrip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(first.split()[1]), headers, body

    async def rest(self) -> bytes:
        """Read until the server closes; a reset is an end too."""
        async with asyncio.timeout(_WAIT_SECONDS):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


@dataclass(slots=True)
class Server:
    """The process.

    Attributes:
        port: Where it listens.
        process: The process itself.
        lines: What it has written.
    """

    port: int
    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    _open: list[Connection] = field(default_factory=list)

    async def connect(self, source: str | None = None) -> Connection:
        """Open a connection, from another address of the loopback network if one is named."""
        local = (source, 0) if source else None
        connection = Connection(*await asyncio.open_connection("127.0.0.1", self.port, local_addr=local))
        self._open.append(connection)
        return connection

    async def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send bytes on a connection of their own; returns the reply."""
        connection = await self.connect()
        await connection.send(data)
        return await connection.reply()

    async def status(self, path: str) -> int | None:
        """The status of a GET; None where nobody answers."""
        try:
            return (await self.ask(get(path, "Connection: close")))[0]
        except (OSError, asyncio.IncompleteReadError):
            return None

    def resident(self) -> int:
        """Its resident memory, in bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    async def read(self) -> None:
        """Take down what it writes, until it ends."""
        assert self.process.stdout
        while line := await self.process.stdout.readline():
            self.lines.append(line.decode().rstrip())

    async def ended(self) -> int:
        """Wait for its end; returns its exit code."""
        async with asyncio.timeout(_WAIT_SECONDS):
            return await self.process.wait()

    def abort(self) -> None:
        """Drop all connections."""
        for connection in self._open:
            connection.writer.transport.abort()


@asynccontextmanager
async def server(**settings: Any) -> AsyncIterator[Server]:
    """Run `server_process` with these settings until the block ends."""
    port = _free_port()
    command = [sys.executable, "-m", "tests.integration.chassis.server_process", str(port), json.dumps(settings)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=asyncio.subprocess.STDOUT)
    running = Server(port, process)
    reading = asyncio.ensure_future(running.read())
    try:
        await eventually(lambda: running.status("/readyz"))
        yield running
    finally:
        running.abort()
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()
        await reading


def get(path: str = "/", *headers: str) -> bytes:
    """A GET with these headers."""
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: test", *headers, "", "")).encode()


def post(body: bytes, path: str = "/", *headers: str) -> bytes:
    """A POST with this body."""
    head = "\r\n".join((f"POST {path} HTTP/1.1", "Host: test", f"Content-Length: {len(body)}", *headers, "", ""))
    return head.encode() + body


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
