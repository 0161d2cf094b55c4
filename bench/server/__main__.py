"""`python -m bench.server`: CPU time a request of uvicorn alone, with our bounds, and with our headers too (ADR 41).

All serve the same static reply to the same POST with ten headers; rounds are interleaved, and their order alternates.
`bench/results/server.md` is written with the figures, beside the cheapest request of the whole gateway.
"""

import argparse
import asyncio
import os
import platform
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from chassis.serving.process import Server
from deploy.local.suite import ROOT

RESULTS = ROOT / "bench" / "results" / "server.md"
KINDS = ("uvicorn", "with bounds", "with bounds and headers")
GATEWAY_REQUEST_US = 230.0
"""The cheapest request of `bench/results/gateway.md`, one fetch, in microseconds of CPU."""
_CLIENTS = 16
_TICK = os.sysconf("SC_CLK_TCK")
_BODY = b'{"data":{"project":{"id":"p1","code":"440101","title":"..."}}}'
_QUERY = b'{"query":"query Q($id: ID!) { project(id: $id) { id code title } }","variables":{"id":"p1"}}'
_HEADERS = {
    "Host": "127.0.0.1",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "zh-CN",
    "Authorization": "Bearer " + "a" * 400,
    "Content-Length": str(len(_QUERY)),
    "Content-Type": "application/json",
    "Origin": "https://front.example",
    "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "User-Agent": "bench",
}
_REQUEST = (
    b"POST /graphql HTTP/1.1\r\n"
    + b"".join(f"{name}: {value}\r\n".encode() for name, value in _HEADERS.items())
    + b"\r\n"
    + _QUERY
)


class Static(Starlette):
    """Answers every request with the same reply, as cheaply as ASGI can."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        await receive()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": _BODY})


def serve(kind: str, port: int) -> None:
    """Serve in this process, as one of the three."""
    server = Server(Static(), "127.0.0.1", port, proxies="10.0.0.0/8")
    if kind != KINDS[2]:
        server.config.app = Static()
    if kind == KINDS[0]:
        server.config.http = "httptools"
    server.run()


async def load(port: int, requests: int) -> None:
    """Send so many requests over sixteen connections."""

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(requests // _CLIENTS):
            writer.write(_REQUEST)
            await reader.readuntil(_BODY)
        writer.close()

    await asyncio.gather(*(client() for _ in range(_CLIENTS)))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def measure(rounds: int, requests: int) -> dict[str, list[float]]:
    """Microseconds of CPU a request, by server, a figure each round."""
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(running(kind)) for kind in KINDS}
        for number in range(-1, rounds):  # the first round warms up
            for kind in KINDS if number % 2 else KINDS[::-1]:
                process, port = servers[kind]
                before = cpu_seconds(process.pid)
                asyncio.run(load(port, requests))
                if number >= 0:
                    found[kind].append((cpu_seconds(process.pid) - before) / requests * 1e6)
    return found


@contextmanager
def running(kind: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process that serves as one of the three, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "bench.server", "--serve", kind, "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT)  # noqa: S603 - this program itself
    try:
        while process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield process, port
    finally:
        process.terminate()
        process.wait()


def page(found: dict[str, list[float]], requests: int) -> str:
    """The page of results."""
    stock, bounded, ours = (statistics.median(found[kind]) for kind in KINDS)
    rows = [f"| {kind} | {statistics.median(v):.1f} | {min(v):.1f}–{max(v):.1f} |" for kind, v in found.items()]
    return "\n".join(
        (
            "# Server",
            "",
            (
                f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {platform.machine()}, {os.cpu_count()} cores, shared · "
                f"Python {platform.python_version()} · uvicorn {uvicorn.__version__}. A POST with ten headers and a "
                f"static reply, {_CLIENTS} clients, {len(found[KINDS[0]])} interleaved rounds of {requests:,} requests "
                "a server. "
                "`make bench-server` repeats it."
            ),
            "",
            "| server | CPU µs/request, median | lowest and highest round |",
            "|---|---|---|",
            *rows,
            "",
            (
                f"Of the gateway's cheapest request ({GATEWAY_REQUEST_US / 1000:.2f} ms of CPU, "
                f"[gateway.md](gateway.md)) bounds are {(bounded - stock) / GATEWAY_REQUEST_US:.1%} "
                f"({bounded / stock:.2f} times the bare server), security headers "
                f"{(ours - bounded) / GATEWAY_REQUEST_US:.1%}."
            ),
            "",
        )
    )


def main() -> None:
    """Measure, or serve for a measurement."""
    parser = argparse.ArgumentParser(prog="python -m bench.server", description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--requests", type=int, default=16_000, help="in each round, to each server")
    parser.add_argument("--quick", action="store_true", help="two short rounds; writes nothing")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve, given.port)
        return
    rounds, requests = (2, 800) if given.quick else (given.rounds, given.requests)
    text = page(measure(rounds, requests), requests)
    print(text)
    if not given.quick:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
