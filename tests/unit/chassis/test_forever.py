"""`forever` restarts a task after listed errors, and stops when it is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from chassis.runtime.tasks import PAUSES_SECONDS, forever
from tests.support.eventually import eventually


async def test_a_cancellation_during_a_failure_stops_the_task() -> None:
    stopping = asyncio.Event()
    release = asyncio.Event()

    async def slow_to_stop() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopping.set()
            await release.wait()

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(slow_to_stop())
            tasks.create_task(fail())

    task = asyncio.ensure_future(forever("test", run, (ConnectionError,)))
    await stopping.wait()  # the group has taken note of the failure, and waits for its other task
    task.cancel()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


async def within_a_task_group() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(fail())
        tasks.create_task(asyncio.Event().wait())


async def fail() -> None:
    raise ConnectionError


async def cancelled_by_itself() -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("interruption", [fail, within_a_task_group, cancelled_by_itself])
async def test_the_task_runs_again_after_a_listed_error(interruption: Callable[[], Awaitable[None]]) -> None:
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            await interruption()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(forever("test", run, (ConnectionError,)))
    await eventually(lambda: runs == 2, deadline=5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_after_a_long_run_the_pauses_begin_with_the_shortest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.runtime.tasks._STEADY_SECONDS", -1.0)  # every run was a steady one
    paused: list[float] = []
    enough = asyncio.Event()

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 2:
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("chassis.runtime.tasks.asyncio.sleep", pause)
    task = asyncio.ensure_future(forever("test", fail, (ConnectionError,)))
    await enough.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert paused == [PAUSES_SECONDS[0]] * 2


async def test_work_that_swallows_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.runtime.tasks._INSIST_SECONDS", 0.01)
    waiting = asyncio.Event()

    async def run() -> None:
        with suppress(asyncio.CancelledError):
            waiting.set()
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(forever("test", run, (ConnectionError,)))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
