"""`python -m bench.gateway.pauses`: how long the garbage collector stops the engine, beside the tree before.

5,000 different valid documents, each answered once by subgraphs that say nothing; pauses by `gc.callbacks`, in CPU.
"""

import asyncio
import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BEFORE = "b343cfb"
"""A commit that kept syntax trees."""
DOCUMENTS = 5_000
ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results" / "pauses.md"


def document(number: int) -> str:
    """A document of some thirty fields over three subgraphs, of its own kind."""
    project = "id code title base { id name organization { name } } seats { left capacity accepted }"
    enrollments = "enrollments(first: 2) { nodes { id status teacher { name post } credit { hours } } }"
    return (
        f"query Q{number}($first: Int) {{ projects(first: $first) "
        f"{{ totalCount nodes {{ x{number}: title {project} {enrollments} }} }} rounds {{ year title }} }}"
    )


class _Silent:
    async def send(self, call: Any, context: Any) -> bytes:
        del call, context
        return b'{"data":{}}'


async def _measure(supergraph: str, freeze: bool) -> str:
    """Worst pause, all pauses, CPU a document and memory, as cells of a row."""
    from gateway.federation.engine import Engine, Request
    from gateway.federation.supergraph import load_supergraph

    engine = Engine(load_supergraph(supergraph), _Silent(), introspection=False)
    scopes = frozenset({"ministry"})
    await engine.execute(Request(document(0), scopes=scopes))
    if freeze:
        gc.collect()
        gc.freeze()
    pauses: list[float] = []
    begun = 0.0

    def watch(phase: str, _: Any) -> None:
        nonlocal begun
        if phase == "start":
            begun = time.process_time()
        else:
            pauses.append(time.process_time() - begun)

    gc.callbacks.append(watch)
    started = time.process_time()
    for number in range(1, DOCUMENTS + 1):
        await engine.execute(Request(document(number), scopes=scopes))
    spent = time.process_time() - started
    gc.callbacks.remove(watch)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cells = (max(pauses) * 1e3, sum(pauses), spent / DOCUMENTS * 1e3)
    return " | ".join(f"{cell:.1f}" for cell in cells) + f" | {memory:.0f}"


def _of(folder: Path) -> str:
    command = [sys.executable, __file__, "child"]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout  # noqa: S603


def main() -> None:
    """Measure both trees, one after the other, and report."""
    from bench.writes.__main__ import extract

    with tempfile.TemporaryDirectory() as folder:
        extract(BEFORE, Path(folder))
        before, after = _of(Path(folder)).strip(), _of(ROOT).strip()
    text = (
        "# Pauses of the garbage collector\n\n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores, shared. {DOCUMENTS:,} different valid "
        "documents of some thirty fields, each answered once. `python -m bench.gateway.pauses` repeats it.\n\n"
        "| tree | worst pause, CPU ms | all pauses, s | CPU ms a document | most resident MiB |\n"
        "|---|---|---|---|---|\n"
        f"| {BEFORE} | {before} |\n| this | {after} |\n"
    )
    print(text)
    RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["child"]:
        freezes = "gc.freeze" in Path("chassis/serving/process.py").read_text(encoding="utf-8")
        print(asyncio.run(_measure(Path("contracts/graph/supergraph.graphql").read_text(encoding="utf-8"), freezes)))
    else:
        main()
