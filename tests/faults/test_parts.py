"""The database and the broker go away and come back."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import Field
from tests.support.eventually import eventually


async def test_broker_stopped(field: Field, outcomes: list[Outcome]) -> None:
    """Without a broker everybody works on, and what happened is told when it is back."""
    seconds = 60 if FULL else 3
    async with drill(field, outcomes, f"RabbitMQ stopped for {seconds} s"):
        rabbitmq = field.suite.parts.rabbitmq
        await asyncio.to_thread(rabbitmq.stop)
        await lasting(seconds)
        await field.restart(rabbitmq)


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
    running = Field(narrow)
    try:
        await running.open()
        yield running
    finally:
        await running.close()


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
