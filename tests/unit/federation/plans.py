"""Plan snapshots: `plans/<feature>.txt` holds queries, each followed by its plan on `supergraphs/<feature>.graphql`.

`python -m tests.unit.federation.plans` writes the plans anew, keeping the queries; read the diff.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.federation.engine import Engine
from gateway.federation.planner import format_plan
from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import SUPERGRAPHS, Canned

PLANS = Path(__file__).parent / "plans"
_MARK = "# "


def queries(file: Path) -> list[tuple[str, str]]:
    """The queries of a snapshot file, with their plans."""
    found = []
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        if block.strip():
            query, _, plan = block.strip().partition("\n")
            found.append((query.removeprefix(_MARK), plan + "\n"))
    return found


def planned(feature: str, query: str) -> str:
    """The plan of a query as text."""
    supergraph = load_supergraph((SUPERGRAPHS / f"{feature}.graphql").read_text(encoding="utf-8"))
    return format_plan(Engine(supergraph, Canned([])).plan(query))


def snapshots() -> Iterator[Any]:
    """Every snapshot as (feature, query, plan)."""
    for file in sorted(PLANS.glob("*.txt")):
        for query, plan in queries(file):
            yield file.stem, query, plan


if __name__ == "__main__":
    for one in sorted(PLANS.glob("*.txt")):
        blocks = [f"{_MARK}{query}\n{planned(one.stem, query)}" for query, _ in queries(one)]
        one.write_text("\n".join(blocks), encoding="utf-8")
