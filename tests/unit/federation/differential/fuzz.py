"""Compares without end: python -m tests.unit.federation.differential.fuzz SECONDS [SEED].

Prints what differs, each with what makes it again, and goes on.
"""

import asyncio
import itertools
import sys
import time
from random import Random

from tests.unit.federation.differential.bench import Bench
from tests.unit.federation.differential.feature import Feature
from tests.unit.federation.differential.features import FEATURES
from tests.unit.federation.differential.queries import Queries
from tests.unit.federation.differential.random_graph import ARGUMENTS, Drawing

_QUERIES = 20


async def fuzz(seconds: float, first: int) -> int:
    """Compare random queries, on the features and on drawn supergraphs, for so long; how many differed."""
    asked = differed = 0
    end = time.monotonic() + seconds
    for seed in itertools.count(first):
        drawing = Drawing(seed)
        drawn = Feature(
            f"drawing {seed}",
            {one: drawing.sdl(one) for one in drawing.subgraphs},
            drawing.world(),
            arguments=ARGUMENTS,
        )
        benches = [Bench(feature) for feature in FEATURES] + [Bench(drawn, drawing.supergraph())]
        for bench in benches:
            name = f"{bench.feature.name} {seed}"
            queries = Queries(bench.supergraph.schema, bench.feature.arguments, Random(name))  # noqa: S311 - a test's chance
            for _ in range(_QUERIES):
                asked += 1
                try:
                    await bench.compare(*queries.query())
                except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                    differed += 1
                    print(f"── {name}: {type(error).__name__} {error}\n")  # noqa: T201 - a report for people
        if time.monotonic() > end:
            break
    print(f"{asked} queries, {differed} answered otherwise; last seed {seed}")  # noqa: T201
    return differed


if __name__ == "__main__":
    sys.exit(bool(asyncio.run(fuzz(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))))
