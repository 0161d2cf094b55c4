"""A task that goes on through failures still stops when it is told to."""

import asyncio

import pytest

from chassis.retry import forever
from tests.eventually import eventually


async def test_a_cancellation_that_meets_an_interruption_is_obeyed() -> None:
    stopping = asyncio.Event()
    release = asyncio.Event()

    async def fail() -> None:
        raise ConnectionError

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


async def test_an_interruption_alone_is_survived() -> None:
    runs = 0

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ConnectionError
        await asyncio.Event().wait()

    task = asyncio.ensure_future(forever("test", run, (ConnectionError,)))
    await eventually(lambda: runs == 2, deadline=5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
