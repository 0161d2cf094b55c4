"""The driver's wait on a condition keeps the lock with its holder, however it ends (notes N47)."""

import asyncio
import sys

import pytest
from pymongo import lock
from pymongo.asynchronous import pool, topology

from chassis.storage import mongo
from chassis.storage.condition_wait import wait


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 needs no mend")
def test_the_driver_waits_by_our_function_on_python_3_11() -> None:
    assert mongo.__name__  # imported, it has mended the driver
    assert {getattr(module, "_async_cond_wait", None) for module in (lock, pool, topology)} == {wait}


async def test_a_wait_that_is_cancelled_twice_leaves_the_lock_usable() -> None:
    """Somebody else holds the lock at the first cancellation, and gives it back with the second.

    `asyncio.wait_for` of Python 3.11 leaves then while its inner task takes the lock, which nobody gives back.
    """
    condition, errors = asyncio.Condition(), []

    async def holder() -> None:
        try:
            async with condition:
                await wait(condition, 60)
        except RuntimeError as error:
            errors.append(error)

    task = asyncio.ensure_future(holder())
    await asyncio.wait([task], timeout=0.01)
    async with condition:
        task.cancel()
        await asyncio.wait([task], timeout=0.01)
        task.cancel()
    await asyncio.wait([task])
    assert errors == []
    async with asyncio.timeout(5), condition:
        assert condition.locked()


async def test_a_wait_that_takes_too_long_says_so_and_holds_the_lock() -> None:
    condition = asyncio.Condition()
    async with condition:
        assert await wait(condition, 0.001) is False
        assert condition.locked()
