"""The gateways of the benchmark as processes, each pinned to one core."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Peer:
    """A running gateway.

    Attributes:
        name: Its name in the tables.
        version: The version of its package.
        pid: Its process id.
        port: Its TCP port.
        path: The path of its GraphQL endpoint.
    """

    name: str
    version: str
    pid: int
    port: int
    path: str = "/graphql"

    def cpu_seconds(self) -> float:
        """User and system CPU time of all its threads so far, in seconds."""
        return cpu_seconds(self.pid)

    def rss_mib(self) -> float:
        """Its resident memory, in MiB."""
        return int(Path(f"/proc/{self.pid}/statm").read_text(encoding="utf-8").split()[1]) * _PAGE / 2**20


def cpu_seconds(pid: int) -> float:
    """User and system CPU time of all threads of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def supergraph_for(port: int, folder: Path) -> Path:
    """Write the supergraph with the addresses of the canned subgraphs; returns the file.

    Args:
        port: Their port.
        folder: Where to write it.
    """
    text = (FOLDER / "supergraph.graphql").read_text(encoding="utf-8")
    for name in ("projects", "enrollment", "assessment"):
        text = text.replace(f"http://{name}/graphql", f"http://127.0.0.1:{port}/{name}")
    file = folder / "supergraph.graphql"
    file.write_text(text, encoding="utf-8")
    return file


@contextmanager
def process(command: list[str], port: int, core: int, log: Path) -> Iterator[int]:
    """Run a command, pinned to a core, while the block runs; the block begins when it listens.

    Args:
        command: The program and its arguments.
        port: The port that it will listen on.
        core: The CPU core.
        log: The file for its output.

    Yields:
        Its process id.

    Raises:
        RuntimeError: It ended, or did not listen within 60 s; the message is the end of its log.
    """
    environment = os.environ | {"NODE_ENV": "production", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        running = subprocess.Popen(  # noqa: S603 - commands of this file only
            command, stdout=output, stderr=output, env=environment, cwd=ROOT
        )
        os.sched_setaffinity(running.pid, {core})
        try:
            _wait(running, port, log)
            yield running.pid
        finally:
            running.terminate()
            with suppress(subprocess.TimeoutExpired):
                running.wait(15)
            running.kill()
            running.wait()


def commands(supergraph: Path, node: str | None, modules: Path) -> dict[str, tuple[str, list[str], str]]:
    """The gateways to measure.

    Args:
        supergraph: The supergraph's file.
        node: The path of Node; without it ours is the only one.
        modules: The folder of the npm packages.

    Returns:
        Name to version, command (the port is its last argument, to be added), and path of the endpoint.
    """
    ours = [sys.executable, "-m", "gateway", "standalone", str(supergraph), "--port"]
    gateways = {"Guopei": ("this tree", ours, "/graphql")}
    if node and modules.exists():
        hive = [node, str(modules.parent / "hive.mjs"), str(supergraph)]
        apollo = [node, str(modules.parent / "apollo.mjs"), str(supergraph)]
        gateways["Hive Gateway"] = (_version(modules, "@graphql-hive/gateway-runtime"), hive, "/graphql")
        gateways["Apollo Gateway"] = (_version(modules, "@apollo/gateway"), apollo, "/")
    return gateways


def ask(port: int, path: str, query: str, variables: object) -> object:
    """The reply to one query, over a connection of its own.

    Args:
        port: The gateway's port.
        path: The path of its endpoint.
        query: The document.
        variables: Its variables.

    Raises:
        urllib.error.HTTPError: The HTTP status is an error.
    """
    body = orjson.dumps({"query": query, "variables": variables})
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", body, {"Content-Type": "application/json", "Accept": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 - loopback
        return orjson.loads(reply.read())


def _version(modules: Path, package: str) -> str:
    return str(orjson.loads((modules / package / "package.json").read_bytes())["version"])


def _wait(running: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and running.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(log.read_text(encoding="utf-8", errors="replace")[-2000:])
