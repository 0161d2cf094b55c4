"""The sums over all rounds, and the page made of them."""

import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.gateway.load import Round
from bench.gateway.peers import FOLDER, Peer
from bench.gateway.queries import KINDS
from deploy.local import node
from gateway.federation.engine import Engine
from gateway.federation.supergraph import load_supergraph
from gateway.http.transport import HttpTransport

DIRECT = "direct call"
COLD_FIELDS = 60
_TRIES = 20
_HEADER = ["| gateway | CPU ms/request | ratio to ours | requests/s | p50 ms | p99 ms |", "|---|---|---|---|---|---|"]
_HOW = (
    "Gateway on one core, load and canned subgraphs on the other; rounds interleaved; variables rotated. CPU is"
    " user and system time of the gateway's process. Trust the ratios. `make bench-gateway` repeats it."
)


@dataclass
class Tally:
    """A gateway's results with one kind of query, summed over the rounds.

    Attributes:
        requests: Their number.
        seconds: The length of the rounds.
        cpu: CPU time of the gateway, in seconds.
        latencies: Of each request, in seconds.
    """

    requests: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def add(self, round_: Round, cpu: float) -> None:
        """Add a round and the CPU seconds that the gateway used in it."""
        self.requests += len(round_.latencies)
        self.seconds += round_.seconds
        self.cpu += cpu
        self.latencies += round_.latencies

    def quantile(self, share: float) -> float:
        """A quantile of the latencies, in milliseconds; `share` is 0.99 for p99."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Gateway CPU a request, in milliseconds."""
        return self.cpu / self.requests * 1000


Tallies = dict[tuple[str, str], Tally]


def report(tallies: Tallies, peers: list[Peer]) -> str:
    """The page, in Markdown."""
    head = [
        "# Gateway benchmark",
        "",
        " · ".join([*_machine(), *(f"{peer.name} {peer.version}" for peer in peers)]),
        "",
        _HOW,
    ]
    for kind in KINDS:
        head += ["", f"## {kind.name}", "", f"`{kind.query}`", ""]
        head += _HEADER
        ours = tallies["Guopei", kind.name]
        for peer in peers:
            tally = tallies[peer.name, kind.name]
            head.append(
                f"| {peer.name} | {tally.cpu_ms:.2f} | {tally.cpu_ms / ours.cpu_ms:.1f}× | {tally.rate:.0f} |"
                f" {tally.quantile(0.5):.1f} | {tally.quantile(0.99):.1f} |"
            )
        if (DIRECT, kind.name) in tallies:
            tally = tallies[DIRECT, kind.name]
            head.append(
                f"| {DIRECT} | – | – | {tally.rate:.0f} | {tally.quantile(0.5):.1f} | {tally.quantile(0.99):.1f} |"
            )
    best = f"{cold_plan_ms():.1f} ms of CPU (best of {_TRIES})"
    cold = f"Cold plan of a {COLD_FIELDS}-field query over three subgraphs: {best}."
    memory = " · ".join(f"{peer.name} {peer.rss_mib():.0f} MiB" for peer in peers)
    return "\n".join([*head, "", cold, "", f"Resident memory afterwards: {memory}.", ""])


def cold_plan_ms() -> float:
    """The CPU time to read and plan a query that the engine has not seen before, in milliseconds; the best of 20."""
    graph = load_supergraph((FOLDER / "supergraph.graphql").read_text(encoding="utf-8"))
    best = float("inf")
    for number in range(_TRIES):
        engine = Engine(graph, HttpTransport({}, None))
        started = time.process_time()
        engine.plan(cold_query(number))
        best = min(best, time.process_time() - started)
    return best * 1000


def cold_query(number: int) -> str:
    """A query of 60 fields, different for every number."""
    selection = "id title days fee online code accepted capacity enrollments { id status rank rate hours }"
    fields = " ".join(f'p{index}: project(id: "{number}-{index}") {{ {selection} }}' for index in range(4))
    return f"{{ {fields} }}"


def _machine() -> list[str]:
    python = f"Python {platform.python_version()}"
    cores = f"{platform.machine()}, {os.cpu_count()} cores, shared"
    return [f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", cores, python, f"Node {_node_version()}"]


def _node_version() -> str:
    command = node.command("node")
    if command is None:
        return "absent"
    return subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
