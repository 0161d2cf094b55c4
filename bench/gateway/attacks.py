"""`python -m bench.gateway.attacks`: what each hostile document costs, and `bench/results/attacks.md`.

CPU of the engine, from text to refusal, as in production and as the router alone runs; the best of five, because what
a cold process needs once is no part of an attack.
"""

import asyncio
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer
from graphql import DocumentNode

from bench.gateway.hostile import ATTACKS, Attack
from bench.gateway.peers import ROOT
from contracts.graph_files import SUPERGRAPH
from gateway.federation.engine import Engine, Request
from gateway.federation.model import Supergraph
from gateway.federation.supergraph import load_supergraph
from gateway.http.transport import HttpTransport
from gateway.protection import Limits, check
from gateway.settings import StandaloneLimits

RESULTS = ROOT / "bench" / "results" / "attacks.md"
_TIMES = 5


def engines(supergraph: Supergraph) -> dict[str, Engine]:
    """The engine as in production, and as the router alone runs it."""
    modes = {"production": (Limits(), False), "standalone": (StandaloneLimits(), True)}
    return {
        name: Engine(
            supergraph,
            HttpTransport({}, None),
            introspection=introspection,
            limits=_checked(limits),
            max_tokens=limits.tokens,
            budget=limits.cost,
        )
        for name, (limits, introspection) in modes.items()
    }


def _checked(limits: Limits) -> Callable[[DocumentNode], None]:
    return partial(check, limits=limits)


async def cost(engine: Engine, attack: Attack) -> tuple[float, str]:
    """CPU of one attack in milliseconds, the best of some, and the codes of its refusal."""
    best, answer = float("inf"), {}
    for _ in range(_TIMES):
        begun = time.process_time()
        answer = (await engine.execute(Request(attack.query, variables=attack.variables))).json()
        best = min(best, time.process_time() - begun)
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    return best * 1_000, ", ".join(f"`{code}`" for code in sorted(codes)) or "answered"


async def measure() -> str:
    """The page of results."""
    modes = engines(load_supergraph(SUPERGRAPH.read_text(encoding="utf-8")))
    rows, most = [], 0.0
    for name, attack in ATTACKS.items():
        found = [await cost(engine, attack) for engine in modes.values()]
        most = max(most, *(spent for spent, _ in found))
        rows.append(
            f"| {name} | {len(attack.query):,} | " + " | ".join(f"{ms:.1f} | {codes}" for ms, codes in found) + " |"
        )
    machine = f"{platform.machine()}, {os.cpu_count()} cores, shared · Python {platform.python_version()}"
    return "\n".join(
        (
            "# What hostile documents cost\n",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {machine}\n",
            "CPU of the engine from text to refusal, in production and as the router alone; the best of five.\n",
            f"The dearest takes {most:.0f} ms. `python -m bench.gateway.attacks` repeats it.\n",
            "| document | characters | production: ms | refused with | standalone: ms | refused with |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        )
    )


def main(quick: Annotated[bool, typer.Option(help="Nothing written")] = False) -> None:
    """Measure and report."""
    text = asyncio.run(measure())
    print(text)
    if not quick:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
