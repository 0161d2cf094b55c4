"""R22: workers of rosters as processes: they take turns, and one that is killed leaves no row out and none twice."""

import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.process import Child
from deploy.local.suite import ROOT
from tests.integration.enrollment.lists import committed, someone
from tests.integration.enrollment.season import Season
from tests.support.eventually import eventually

ROWS = 150


@pytest.fixture
def begin(parts: Parts, database: Database, tmp_path: Path) -> Iterator[Callable[[str], Child]]:
    """Begins a worker of that name."""
    environment = {
        "MONGODB_URL": parts.mongodb_url(ADMIN),
        "MONGODB_DATABASE": database.name,
        "LEASE_SECONDS": "3.0",
    }
    command = [sys.executable, "-m", "tests.integration.enrollment.roster_process"]
    children: list[Child] = []

    def start(name: str) -> Child:
        children.append(Child(name, command, tmp_path / f"{name}.log", environment, ROOT))
        return children[-1]

    yield start
    for child in children:
        child.stop()


@pytest.fixture
async def _short_transactions(database: Database) -> AsyncIterator[None]:
    """A transaction whose client was killed ends after two seconds (notes N87)."""
    admin = database.client.admin
    before = await admin.command("setParameter", 1, transactionLifetimeLimitSeconds=2)
    yield
    await admin.command("setParameter", 1, transactionLifetimeLimitSeconds=before["was"])


@pytest.mark.usefixtures("_short_transactions")
async def test_a_worker_killed_in_the_middle_is_followed_by_another_and_each_row_is_in_once(
    season: Season, begin: Callable[[str], Child]
) -> None:
    await season.publish()
    key = await committed(season, [someone(number) for number in range(1, ROWS + 1)], "VALID_ROWS")

    async def entered() -> int:
        return (await season.deps.store.rosters.get(key)).entered

    async def begun() -> bool:
        return await entered() > 0

    async def ended() -> bool:
        return (await season.deps.store.rosters.get(key)).state.value == "COMMITTED"

    first = begin("first")
    await eventually(begun)
    begin("second")
    first.send(signal.SIGKILL)
    assert 0 < await entered() < ROWS
    await eventually(ended)
    assert await entered() == ROWS
    for name in ("teachers", "persons", "enrollments"):
        assert await season.database[name].count_documents({}) == ROWS
    assert [len(one["events"]) async for one in season.database["enrollments"].find()] == [2] * ROWS
    lease = await season.database["leases"].find_one({"_id": "enrollment.rosters"})
    assert lease
    assert lease["token"] >= 2
