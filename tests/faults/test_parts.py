"""The database and the broker go away and come back."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from deploy.local.suite import GATEWAY
from tests.faults.checker import check, left_over, recovered
from tests.faults.drill import BOUND, FULL, Outcome, drill, lasting
from tests.faults.field import RELAY, Field, opened
from tests.faults.load import under_load
from tests.faults.test_processes import metric
from tests.support.eventually import eventually
from tests.support.processes import command


async def test_broker_stopped(field: Field, outcomes: list[Outcome]) -> None:
    """Without a broker everybody works on, and what happened is told when it is back."""
    seconds = 60 if FULL else 3
    async with drill(field, outcomes, f"RabbitMQ stopped for {seconds} s"):
        rabbitmq = field.suite.parts.rabbitmq
        await asyncio.to_thread(rabbitmq.stop)
        await lasting(seconds)
        await field.restart(rabbitmq)


async def test_broker_lost_its_data(field: Field, outcomes: list[Outcome]) -> None:
    """What a consumer had not taken is sent again before anything new, and takes effect once (ADR 66)."""
    begun, rabbitmq = datetime.now(UTC), field.suite.parts.rabbitmq
    with field.stopped("assessment"):
        async with under_load(field, len(outcomes)) as ledger:
            await lasting(20 if FULL else 4)
        await eventually(lambda: _told_but_to_assessment(field))
        await asyncio.to_thread(rabbitmq.stop)
        shutil.rmtree(field.suite.home / "rabbitmq" / "data")
        await field.restart(rabbitmq)
        for process in ("catalog", RELAY, GATEWAY):
            await eventually(partial(metric, field, process, "guopei_broker_unknown", ""), deadline=60)
    await asyncio.to_thread(field.suite.wait_ready, "assessment")
    for process in ("catalog", RELAY, "assessment", GATEWAY):
        service = process.partition(".")[0]
        module = service if service == GATEWAY else f"services.{service}"
        since = begun.strftime("%Y-%m-%dT%H:%M:%S%z")
        environment = field.suite.environment(process)
        done = await command(module, "events", "republish", "--since", since, "--rate", "1000", environment=environment)
        assert done.code == 0, done.error
    seconds = await recovered(field, BOUND)
    await check(field, ledger)
    assert len(ledger.promises) > 20
    outcomes.append(Outcome("RabbitMQ lost its data", len(ledger.promises), len(ledger.refusals), seconds, BOUND))


async def test_database_killed(field: Field, outcomes: list[Outcome]) -> None:
    """A write that was acknowledged outlives the database's death: majority, journalled (notes N22)."""
    times = 5 if FULL else 1
    async with drill(field, outcomes, f"mongod killed and restarted, {times} times") as ledger:
        for _ in range(times):
            mongod = field.suite.parts.mongod
            mongod.child.kill()
            await lasting(2)
            await field.restart(mongod)
            await lasting(3)
    assert ledger.defects == []


async def _told_but_to_assessment(field: Field) -> bool:
    """Whether nothing is on its way but to assessment, which is stopped."""
    return all("assessment" in left or "audit" in left for left in [left async for left in left_over(field)])


@pytest.fixture
def narrow(home: Path) -> Iterator[Path]:
    """A home whose database lies on a small disk of its own (tmpfs; needs root)."""
    folder = home / "narrow"
    disk = folder / "mongod"
    disk.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700M", "guopei", str(disk)], check=False).returncode:  # noqa: S603, S607 - ours
        pytest.skip("no right to mount")
    yield folder
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607 - ours


@pytest.fixture
async def narrow_field(narrow: Path) -> AsyncIterator[Field]:
    """A suite there."""
    async with opened(Field(narrow)) as running:
        yield running


@pytest.mark.skipif(not FULL, reason="takes a suite of its own: make faults")
async def test_disk_full(narrow_field: Field, outcomes: list[Outcome]) -> None:
    """Mongod dies of a full disk (it ends itself rather than answer what it cannot keep), and what it said holds."""
    field, ballast = narrow_field, narrow_field.suite.home / "mongod" / "ballast"
    async with drill(field, outcomes, "disk full for mongod"):
        mongod = field.suite.parts.mongod
        with ballast.open("wb") as file:
            for _ in range(700):
                try:
                    file.write(bytes(1 << 20))
                    file.flush()
                except OSError:
                    break
        await eventually(lambda: not mongod.child.alive(), deadline=150)
        ballast.unlink()
        mongod.child.kill()  # it is dead, and what we held of it is let go
        await field.restart(mongod)
