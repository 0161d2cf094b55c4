"""`python -m bench.gateway [--quick]`: measure the gateways and write `bench/results/gateway.md`."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from bench.gateway.load import Round, load
from bench.gateway.peers import FOLDER, ROOT, Peer, ask, commands, free_port, process, supergraph_for
from bench.gateway.queries import KINDS, Kind
from bench.gateway.report import DIRECT, Tallies, Tally, report
from deploy.local import node

INSTALLED = ROOT / ".local" / "bench-gateway"
RESULTS = ROOT / "bench" / "results" / "gateway.md"
GATEWAY_CORE, LOAD_CORE = 0, 1
_WARM_SECONDS = 1.5


def install(*scripts: Path) -> tuple[str | None, Path]:
    """Install the gateways that run on Node, under `.local/`; without Node, ours is measured alone.

    Args:
        scripts: Further scripts to copy beside their packages.

    Returns:
        The path of Node, None without it, and the folder of the packages.
    """
    runtime = node.command("node")
    npm = node.command("npm")
    if runtime is None or npm is None:
        return None, INSTALLED / "node_modules"
    INSTALLED.mkdir(parents=True, exist_ok=True)
    own = [FOLDER / name for name in ("package.json", "package-lock.json", ".npmrc", "hive.mjs", "apollo.mjs")]
    for file in (*own, *scripts):
        shutil.copyfile(file, INSTALLED / file.name)
    subprocess.run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=INSTALLED, check=True)  # noqa: S603
    return runtime[0], INSTALLED / "node_modules"


def check(peers: list[Peer]) -> None:
    """Require that all gateways give the same answers.

    Raises:
        SystemExit: They do not.
    """
    for kind in KINDS:
        answers = [ask(peer.port, peer.path, kind.query, kind.variables(7)) for peer in peers]
        if any(answer != answers[0] for answer in answers):
            raise SystemExit(f"{kind.name}: the answers differ\n{answers}")


async def measure(peers: list[Peer], canned: int, rounds: int, seconds: float) -> Tallies:
    """Run all rounds, interleaved, so that a disturbance of the machine meets all gateways.

    Args:
        peers: The gateways.
        canned: The port of the canned subgraphs, for the direct call.
        rounds: How many count; one more before them warms up.
        seconds: The length of a gateway's turn with one kind of query.
    """
    tallies: Tallies = defaultdict(Tally)
    for number in range(rounds + 1):
        for kind in KINDS:
            for peer in peers:
                before = peer.cpu_seconds()
                length = _WARM_SECONDS if number == 0 else seconds
                round_ = await load(peer.port, peer.path, kind, seconds=length, connections=kind.connections)
                _require_no_failures(round_, peer.name, kind)
                if number:
                    tallies[peer.name, kind.name].add(round_, peer.cpu_seconds() - before)
            if kind.direct and number:
                round_ = await load(canned, "/projects", kind, seconds=seconds / 2, connections=kind.connections)
                tallies[DIRECT, kind.name].add(round_, 0.0)
        print(f"round {number} of {rounds} done", file=sys.stderr)
    return tallies


def _require_no_failures(round_: Round, name: str, kind: Kind) -> None:
    if round_.failures:
        raise SystemExit(f"{name}: {round_.failures} failures in {kind.name}")


def main(
    rounds: Annotated[int, typer.Option(help="Interleaved rounds")] = 5,
    seconds: Annotated[float, typer.Option(help="Seconds a gateway, a kind and a round")] = 4.0,
    quick: Annotated[bool, typer.Option(help="Two short rounds, nothing written")] = False,
) -> None:
    """Measure and report."""
    runtime, modules = install()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        canned = free_port()
        stack.enter_context(
            process(
                [sys.executable, "-m", "bench.gateway.canned", str(canned)], canned, LOAD_CORE, folder / "canned.log"
            )
        )
        peers = []
        for name, (version, command, path) in commands(supergraph_for(canned, folder), runtime, modules).items():
            port = free_port()
            pid = stack.enter_context(process([*command, str(port)], port, GATEWAY_CORE, folder / f"{name}.log"))
            peers.append(Peer(name, version, pid, port, path))
        os.sched_setaffinity(0, {LOAD_CORE})
        check(peers)
        tallies = uvloop.run(measure(peers, canned, 2 if quick else rounds, 1.0 if quick else seconds))
        text = report(tallies, peers)
    print(text)
    if not quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
