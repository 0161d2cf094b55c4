"""`make bench-writes`: the old write path beside this tree's, and `bench/results/writes.md` (QUICK=1: three minutes).

The old code is taken from the history. Each side is a whole suite: its own database, broker, services and gateway.
"""

import asyncio
import io
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from bench.writes import measures as m
from bench.writes.mix import mix
from bench.writes.report import NEW, OLD, page
from bench.writes.side import ENROLLMENT, GATEWAY, SECOND, Side
from deploy.local.suite import ROOT, Suite

BEFORE = "66878f1"
"""The last commit before bulk commands and group commit."""
RESULTS = ROOT / "bench" / "results" / "writes.md"
_QUICK = m.Load(110, 20, 40, 20, 100, 1_000, 1_000, 4.0)
Measure = Callable[[Side, m.Rest, m.Load], Awaitable[m.Sample]]
_TWO = (ENROLLMENT, SECOND)
MEASURES: dict[str, Measure] = {
    "accept": partial(m.accept_at_once, processes=(ENROLLMENT,)),
    "accept by two": partial(m.accept_at_once, processes=_TWO),
    "accept through the gateway": partial(m.accept_at_once, processes=(GATEWAY,)),
    "withdraw": partial(m.withdraw_at_once, processes=(ENROLLMENT,)),
    "withdraw by two": partial(m.withdraw_at_once, processes=_TWO),
    "withdraw through the gateway": partial(m.withdraw_at_once, processes=(GATEWAY,)),
    "decide": m.decide_many,
    "submit": m.submit_many,
    "bulks": m.three_bulks,
    "mix of 32": partial(mix, clients=32),
    "mix of 96": partial(mix, clients=96),
    "mix of 1": partial(mix, clients=1),
    "backlog": m.backlog,
    "escalation": m.escalation,
}


def _unthrottled(suite: Suite) -> Suite:
    """A suite whose few accounts may spend what a country does (ADR 46)."""
    suite.overrides[GATEWAY] = {"SPENDING": '{"principal": 1000000000}'}
    return suite


def extract(commit: str, folder: Path) -> None:
    """Write the files of a commit into a folder.

    Raises:
        SystemExit: The history lacks it, as that of a shallow clone does.
    """
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=False)  # noqa: S603, S607
    if archive.returncode:
        raise SystemExit(f"{archive.stderr.decode()}the history lacks {commit}: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")


async def measure(suites: dict[str, Suite], names: list[str], load: m.Load, rounds: int) -> str:
    """Measure in interleaved rounds, one side after the other, in turns; returns the page."""
    sides = {name: Side(name, suite) for name, suite in suites.items()}

    async def rest() -> None:
        await asyncio.gather(*(side.quiet() for side in sides.values()))

    def ours() -> float:
        return time.process_time() + sum(sum(side.cpu().values()) for side in sides.values())

    samples: defaultdict[tuple[str, str], list[m.Sample]] = defaultdict(list)
    await asyncio.gather(*(side.open() for side in sides.values()))
    print({name: f"{side.idle:.1%} of a core, idle" for name, side in sides.items()}, file=sys.stderr)
    for number in range(rounds):
        for name in names:
            for side in list(sides.values())[:: -1 if number % 2 else 1]:
                before, busy, started = ours(), busy_seconds(), time.perf_counter()
                sample = await MEASURES[name](side, rest, load)
                others = busy_seconds() - busy - (ours() - before)
                share = max(others, 0.0) / (time.perf_counter() - started) / (os.cpu_count() or 1)
                samples[name, side.name].append(replace(sample, others=share))
                numbers = " ".join(f"{key}={value:.4g}" for key, value in sample.values.items())
                answers, beside = dict(sample.outcomes), f"others {share:.0%}"
                print(f"{number + 1}/{rounds} {name}, {side.name}: {numbers} {answers} {beside}", file=sys.stderr)
    for side in sides.values():
        await side.close()
    if names != list(MEASURES):
        return ""
    commits = {OLD: BEFORE, NEW: _described()}
    return page(samples, load, commits=commits, idle={name: side.idle for name, side in sides.items()})


def busy_seconds() -> float:
    """CPU time that all processes of the machine have taken so far, in seconds (proc(5), /proc/stat)."""
    user, nice, system, _, _, irq, soft_irq, steal, *_ = Path("/proc/stat").read_text(encoding="utf-8").split()[1:11]
    return sum(map(int, (user, nice, system, irq, soft_irq, steal))) / os.sysconf("SC_CLK_TCK")


def _described() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def main(
    rounds: Annotated[int, typer.Option(help="Interleaved rounds")] = 3,
    quick: Annotated[bool, typer.Option(help="One round of half the load, nothing written")] = False,
    only: Annotated[list[str] | None, typer.Option(help="These measures, and no page")] = None,
) -> None:
    """Measure and report."""
    home = ROOT / ".local" / f"bench-writes-{os.getpid()}"
    try:
        extract(BEFORE, home / "code")
        with ExitStack() as stack:
            suites = {
                OLD: stack.enter_context(Suite(home / OLD, code=home / "code")),
                NEW: stack.enter_context(_unthrottled(Suite(home / NEW))),
            }
            load = _QUICK if quick else m.Load()
            text = uvloop.run(measure(suites, only or list(MEASURES), load, 1 if quick else rounds))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(text)
    if text and not quick:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
