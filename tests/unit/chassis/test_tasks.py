"""`run_all` ends all its tasks together, even where a library swallows a cancellation."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from chassis.runtime.tasks import run_all


async def endless() -> None:
    await asyncio.Event().wait()


async def ended() -> None:
    """Work that is over at once."""


async def failed() -> None:
    raise ConnectionError


async def swallowing() -> None:
    with suppress(asyncio.CancelledError):
        await endless()
    await endless()


async def nested() -> None:
    await run_all(swallowing(), run_all(endless(), swallowing()))


@pytest.fixture(autouse=True)
def _insist_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.runtime.tasks._INSIST_SECONDS", 0.01)


@pytest.mark.parametrize("other", [endless, swallowing, nested])
async def test_the_end_of_one_task_ends_the_others(other: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(5):
        await run_all(ended(), other())


@pytest.mark.parametrize("other", [endless, swallowing, nested])
async def test_a_failure_of_one_task_ends_the_others_and_is_raised(other: Callable[[], Awaitable[None]]) -> None:
    async with asyncio.timeout(5):
        with pytest.raises(ExceptionGroup) as raised:
            await run_all(other(), failed())
    assert [type(error) for error in raised.value.exceptions] == [ConnectionError]


@pytest.mark.parametrize("work", [endless, swallowing, nested])
async def test_a_cancellation_ends_all_tasks(work: Callable[[], Awaitable[None]]) -> None:
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(run_all(work(), endless()))
    await asyncio.wait([task], timeout=0.01)
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert asyncio.all_tasks() == before


async def test_a_second_cancellation_leaves_no_task_behind() -> None:
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(run_all(swallowing(), endless()))
    await asyncio.wait([task], timeout=0.01)
    task.cancel()
    await asyncio.wait([task], timeout=0.001)
    task.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await task
    assert asyncio.all_tasks() == before


async def test_what_is_ended_may_give_back_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease is released, a connection closed, in `finally`: one cancellation is followed by time for that."""
    monkeypatch.setattr("chassis.runtime.tasks._INSIST_SECONDS", 60)
    given_back = 0

    async def holding() -> None:
        nonlocal given_back
        try:
            await endless()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            given_back += 1

    async def outer() -> None:
        await run_all(holding(), endless())

    task = asyncio.ensure_future(run_all(outer(), holding()))
    await asyncio.wait([task], timeout=0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert given_back == 2
