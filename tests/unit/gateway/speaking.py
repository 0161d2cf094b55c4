"""A server that says exactly what a test wants, and a client of it (RFC 9112)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.http.client import Client
from gateway.http.replicas import Replicas
from tests.support.eventually import eventually

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
UNTIL_CLOSED = b"HTTP/1.0 200 OK\r\n\r\n{}"
REFUSED = b"HTTP/1.1 503 \r\nGuopei-Untouched: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
Say = Callable[[int, int], bytes | None]
"""Number of the connection, number of its request: what is answered; None closes."""


class Server:
    """Counts connections and keeps requests."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.connections = 0
        self.requests: list[bytes] = []
        self.open = 0
        self.serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            self.serving.add(task)
            task.add_done_callback(self.serving.discard)
        number, self.connections, self.open = self.connections, self.connections + 1, self.open + 1
        try:
            for count in range(1000):
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split()[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self._say(number, count)
                if answer is None:
                    return
                writer.write(answer)
                if b"close" in answer or b"HTTP/1.0" in answer:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def speaking(say: Say, *, most_bytes: int = 1000) -> AsyncIterator[tuple[Server, Client]]:
    """A server and a client of it."""
    server = Server(say)
    async with listening(server) as port:
        client = Client(Replicas(f"http://127.0.0.1:{port}/graphql?x=1"), most_bytes=most_bytes)
        yield server, client
        await client.replicas.close()
        await eventually(lambda: server.open == 0)


@asynccontextmanager
async def listening(server: Server, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[int]:
    """The port that a server listens on; at the end of the block it hangs up on everybody, as a killed one does."""
    sockets = await asyncio.start_server(server.serve, host, port)
    try:
        yield sockets.sockets[0].getsockname()[1]
    finally:
        sockets.close()
        for task in server.serving:
            task.cancel()
        await sockets.wait_closed()
