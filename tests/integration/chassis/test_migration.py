"""Migrations: each step once, whoever runs them and whenever they were killed (ADR 71)."""

import asyncio
import sys
from pathlib import Path

import pytest

from chassis.runtime.tasks import Tasks
from chassis.storage.migration import Migrations, SchemaCheck, Step, migrate, version_of
from chassis.storage.mongo import Database
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[3]
_KILLED = """
import asyncio, os, sys
from functools import partial
from chassis.storage import migration
from chassis.storage.migration import Migrations, Step, migrate
from chassis.storage.mongo import connect

migration.Lease = partial(migration.Lease, seconds=1.0)

async def first(database):
    await database["ran"].insert_one({"step": 1, "by": "killed"})

async def killed(_):
    os._exit(9)

async def main():
    async with connect(sys.argv[1]) as client:
        await migrate(client[sys.argv[2]], Migrations("courses", (Step(1, "first", first), Step(2, "second", killed))))

asyncio.run(main())
"""


def steps(count: int, by: str = "here") -> Migrations:
    """Steps that each write down that they ran."""

    def step(number: int) -> Step:
        async def run(database: Database) -> None:
            await database["ran"].insert_one({"step": number, "by": by})

        return Step(number, f"step {number}", run)

    return Migrations("courses", tuple(step(number) for number in range(1, count + 1)))


async def ran(database: Database) -> list[int]:
    """The steps that ran, in their order."""
    return [row["step"] async for row in database["ran"].find(sort=[("_id", 1)])]


async def test_each_step_runs_once_in_order_and_is_recorded_with_its_time_and_duration(database: Database) -> None:
    told: list[str] = []
    for count in (2, 2, 3):
        await migrate(database, steps(count), lambda step, _: told.append(step.name))
    assert await ran(database) == [1, 2, 3]
    assert told == ["step 1", "step 2", "step 3"]
    rows = await database["schema"].find(sort=[("_id", 1)]).to_list()
    assert [(row["_id"], row["name"]) for row in rows] == [(1, "step 1"), (2, "step 2"), (3, "step 3")]
    assert all(row["seconds"] >= 0 and row["at"] for row in rows)


async def test_of_several_that_migrate_at_once_one_does_it(database: Database) -> None:
    await asyncio.gather(*(migrate(database, steps(3, str(number))) for number in range(4)))
    assert await ran(database) == [1, 2, 3]


async def test_what_was_killed_between_two_steps_goes_on_from_there(database: Database, parts: Parts) -> None:
    arguments = (sys.executable, "-c", _KILLED, parts.mongodb_url(ADMIN), database.name)
    process = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT)
    assert await process.wait() == 9
    assert await version_of(database) == 1
    await migrate(database, steps(2))
    assert [row["by"] async for row in database["ran"].find(sort=[("_id", 1)])] == ["killed", "here"]


async def test_a_step_that_fails_is_not_recorded_and_runs_again(database: Database) -> None:
    async def fails(_: Database) -> None:
        raise LookupError("a step's defect")

    first = steps(1).steps[0]
    with pytest.raises(BaseExceptionGroup) as caught:
        await migrate(database, Migrations("courses", (first, Step(2, "fails", fails))))
    assert caught.value.subgroup(LookupError)
    assert await version_of(database) == 1
    await migrate(database, steps(2))
    assert await ran(database) == [1, 2]


async def test_a_process_that_starts_before_the_migration_becomes_ready_after_it(database: Database) -> None:
    check = SchemaCheck(database, steps(2), every_seconds=0.05)
    await check.look()
    assert check.missing == "the database has schema version 0, this code needs 2: migrate it"
    begun: list[str] = []

    async def task() -> None:
        begun.append("consumer")

    (held,) = Tasks(worker=(task,)).after(check.passed)
    work = [asyncio.ensure_future(each) for each in (check.watch(), held())]
    await migrate(database, steps(1))
    await check.look()
    assert check.missing == "the database has schema version 1, this code needs 2: migrate it"
    assert not begun
    await migrate(database, steps(2))
    await eventually(lambda: not check.missing)
    await asyncio.gather(*work)
    assert begun == ["consumer"]


async def test_code_of_the_release_before_serves_a_database_that_is_newer(database: Database) -> None:
    await migrate(database, steps(3))
    check = SchemaCheck(database, steps(2))
    await check.look()
    assert not check.missing
    await migrate(database, steps(2))
    assert await version_of(database) == 3


def test_steps_are_numbered_without_a_gap() -> None:
    with pytest.raises(ValueError, match="without a gap"):
        Migrations("courses", (steps(2).steps[1],))
