"""Periodic jobs (ADR 18): one replica runs them at a time, another takes over, a failure is retried."""

import asyncio
from collections.abc import Awaitable, Callable

from chassis.storage.mongo import Database, StorageError
from chassis.storage.timer import timer
from tests.support.eventually import eventually


async def stop(*tasks: "asyncio.Future[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def running(database: Database, act: Callable[[], Awaitable[int]]) -> "asyncio.Future[None]":
    return asyncio.ensure_future(timer(database, "tests.timers", {"acted": act}, every=0.01)())


async def test_one_replica_runs_the_acts_at_a_time_and_the_next_takes_over(database: Database) -> None:
    looks: list[int] = []

    def replica(number: int) -> "asyncio.Future[None]":
        async def act() -> int:
            looks.append(number)
            return 0

        return running(database, act)

    replicas = {number: replica(number) for number in range(3)}
    try:
        while replicas:
            seen = len(looks)
            await eventually(lambda seen=seen: len(looks) > seen + 3)  # type: ignore[misc]
            assert len(set(looks[seen + 1 :])) == 1
            await stop(replicas.pop(looks[-1]))
    finally:
        await stop(*replicas.values())
    assert set(looks) == {0, 1, 2}


async def test_acts_run_again_after_a_failure_of_the_database(database: Database) -> None:
    looks: list[int] = []

    async def act() -> int:
        looks.append(1)
        if len(looks) == 1:
            raise StorageError("away")
        return 1

    task = running(database, act)
    await eventually(lambda: len(looks) > 2)
    await stop(task)


async def test_a_defect_in_one_act_holds_up_no_other(database: Database) -> None:
    looks: list[int] = []

    async def broken() -> int:
        raise LookupError("a defect")

    async def act() -> int:
        looks.append(1)
        return 1

    acts = {"broken": broken, "acted": act}
    task = asyncio.ensure_future(timer(database, "tests.timers", acts, every=0.01)())
    try:
        await eventually(lambda: len(looks) > 2)
    finally:
        await stop(task)


async def test_r23_a_long_act_holds_up_no_other(database: Database) -> None:
    """Offers expire while tens of thousands of enrollments are being escalated (R23, R25)."""
    began, looks = asyncio.Event(), list[int]()

    async def long() -> int:
        began.set()
        await asyncio.Event().wait()
        return 0

    async def act() -> int:
        looks.append(1)
        return 1

    task = asyncio.ensure_future(timer(database, "tests.timers", {"long": long, "acted": act}, every=0.01)())
    try:
        await began.wait()
        seen = len(looks)
        await eventually(lambda: len(looks) > seen + 2)
    finally:
        await stop(task)


async def test_an_act_that_the_database_refuses_holds_up_no_other(database: Database) -> None:
    looks: list[int] = []

    async def refused() -> int:
        raise StorageError("too busy")

    async def act() -> int:
        looks.append(1)
        return 1

    task = asyncio.ensure_future(timer(database, "tests.timers", {"refused": refused, "acted": act}, every=0.01)())
    try:
        await eventually(lambda: len(looks) > 3)
    finally:
        await stop(task)
