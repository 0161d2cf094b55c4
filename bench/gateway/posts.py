"""`python -m bench.gateway.posts`: client CPU of a POST to a subgraph, this tree's client beside the one before ADR 42.

The old client is read from the history. Both are in this process, in turns; three canned subgraphs are in processes of
their own. It writes `bench/results/posts.md`.
"""

import asyncio
import importlib.util
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Any

import orjson
import uvloop

from bench.gateway.peers import ROOT, free_port
from gateway.http.client import Client
from gateway.http.replicas import Replicas

RESULTS = ROOT / "bench" / "results" / "posts.md"
_OLD = "b343cfb"
_ROUNDS, _POSTS, _CALLERS, _REPLICAS = 15, 4_000, 16, 3
_MOST_BYTES = 1 << 25
_BODY = orjson.dumps({"query": "query Q($id: ID!) { project(id: $id) { id title } }", "variables": {"id": "7"}})
_HEADERS = {"Accept-Language": "zh", "Authorization": f"Bearer {'x' * 400}", "X-Remaining-Ms": "9000"}
Send = Callable[[bytes, dict[str, str], float], Awaitable[bytes]]


def old_client() -> ModuleType:
    """The client of a commit of the history."""
    text = subprocess.run(  # noqa: S603 - our own history
        ["git", "show", f"{_OLD}:gateway/http/client.py"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "old_client.py"
        file.write_bytes(text)
        spec = importlib.util.spec_from_file_location("old_client", file)
        if spec is None or spec.loader is None:
            raise ImportError(str(file))
        module = sys.modules["old_client"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


async def microseconds(send: Send) -> float:
    """CPU time of this process for each of so many POSTs by so many callers."""

    async def caller() -> None:
        for _ in range(_POSTS // _CALLERS):
            await send(_BODY, _HEADERS, time.monotonic() + 10)

    before = time.process_time()
    await asyncio.gather(*(caller() for _ in range(_CALLERS)))
    return (time.process_time() - before) / _POSTS * 1e6


async def measure(ports: list[int]) -> dict[str, list[float]]:
    """The rounds of each client, taken in turns; the first round of each warms up."""
    urls = [f"http://127.0.0.1:{port}/graphql" for port in ports]
    old: Any = old_client()
    clients: dict[str, Any] = {
        "before: one address": old.Client(old.Address.of(urls[0]), most_bytes=_MOST_BYTES),
        "one replica": Client(Replicas(urls[0]), most_bytes=_MOST_BYTES),
        f"{_REPLICAS} replicas": Client(Replicas(",".join(urls)), most_bytes=_MOST_BYTES),
    }
    found: dict[str, list[float]] = {name: [] for name in clients}
    for number in range(_ROUNDS + 1):
        for name, client in clients.items():

            def send(body: bytes, headers: dict[str, str], deadline: float, client: Any = client) -> Awaitable[bytes]:
                return client.post(body, headers, deadline, repeatable=True)  # type: ignore[no-any-return]

            taken = await microseconds(send)
            if number:
                found[name].append(taken)
    return found


def report(found: dict[str, list[float]]) -> str:
    """The page, in Markdown."""
    base = median(next(iter(found.values())))
    rows = [
        f"| {name} | {median(taken):.1f} | {min(taken):.1f}–{max(taken):.1f} | {median(taken) / base:.2f}× |"
        for name, taken in found.items()
    ]
    machine = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {platform.machine()}, {os.cpu_count()} cores, shared"
    how = (
        f"{machine} · Python {platform.python_version()}. {_ROUNDS} interleaved rounds of {_POSTS} POSTs by {_CALLERS}"
        " callers; the client's CPU alone. Trust the ratios. `python -m bench.gateway.posts` repeats it."
    )
    table = ["| client | µs a POST, median | of all rounds | ratio |", "|---|---:|---:|---:|", *rows]
    return "\n".join(["# CPU of a POST from gateway to subgraph", "", how, "", *table, ""])


def main() -> None:
    """Measure and write the page."""
    ports = [free_port() for _ in range(_REPLICAS)]
    command = [sys.executable, "-m", "bench.gateway.canned"]
    servers = [subprocess.Popen([*command, str(port)], cwd=ROOT) for port in ports]  # noqa: S603
    try:
        page = uvloop.run(_when_listening(ports))
    finally:
        for server in servers:
            server.terminate()
            server.wait()
    RESULTS.write_text(page, encoding="utf-8")
    print(page)


async def _when_listening(ports: list[int]) -> str:
    for port in ports:
        async with asyncio.timeout(20):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    break
    return report(await measure(ports))


if __name__ == "__main__":
    main()
