"""One suite for all drills, and a page of results where all of them were run in full (`make faults`)."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from deploy.local.suite import ROOT
from kernel.dates import SHANGHAI
from tests.faults.drill import FULL, Outcome
from tests.faults.field import Field, opened

_BESIDE = os.environ.get("DEBIAN")
RESULTS = ROOT / "bench" / "results" / (f"faults-{_BESIDE}.md" if _BESIDE else "faults.md")
"""With `BROKER=4` the page is one of that Debian."""
_HEAD = """# Fault drills

`make faults`, {at}. Each drill disturbs a running suite under a seeded load through the gateway; afterwards every
acknowledged act is looked for in the databases, in the provinces' logs and queues, in the audit and in the other
services' effects (`tests/faults/checker.py`). A drill that fails is no row: the page is written when all have passed.

| drill | acknowledged acts | refused by rules | lost | twice | overdrawn | recovered in s | bound in s |
|---|---:|---:|---:|---:|---:|---:|---:|
"""


_SOME_LEFT_OUT = pytest.StashKey[bool]()


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note that not all drills are run, so that they do not replace the page."""
    items[0].config.stash[_SOME_LEFT_OUT] = True


def _is_whole(session: pytest.Session, outcomes: Sequence[Outcome]) -> bool:
    """Whether every drill was run, and passed."""
    files = {item.path for item in session.items}
    return (
        not session.testsfailed
        and len(outcomes) == len(session.items)
        and files == set(Path(__file__).parent.glob("test_*.py"))
        and not session.config.stash.get(_SOME_LEFT_OUT, False)
    )


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> Iterator[list[Outcome]]:
    """What the drills came to, written down at the end."""
    found: list[Outcome] = []
    yield found
    if FULL and _is_whole(request.session, found):
        rows = "".join(f"| {one.row()} |\n" for one in found)
        RESULTS.write_text(_HEAD.format(at=f"{datetime.now(SHANGHAI):%Y-%m-%d}") + rows, encoding="utf-8")


@pytest.fixture(scope="session")
async def field(home: Path) -> AsyncIterator[Field]:
    """A suite of the drills' own."""
    async with opened(Field(home / "faults")) as running:
        yield running
