"""The driver's wait on a condition keeps the lock with its holder, however it ends (notes N47)."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

import pymongo.lock
from pymongo import lock
from pymongo.asynchronous import pool, topology

from chassis.storage import mongo
from chassis.storage.condition_wait import mend, wait

NEEDS_IT = sys.version_info < (3, 12)
Wait = Callable[[asyncio.Condition, float], Awaitable[bool]]


def _stock() -> Wait:
    """The driver's own wait, as it is before the mend."""
    spec = spec_from_file_location("stock_lock", pymongo.lock.__file__)
    assert spec
    assert spec.loader
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Wait = module._async_cond_wait
    assert found is not wait
    return found


async def _cancelled_twice(waiting: Wait) -> tuple[asyncio.Condition, list[RuntimeError]]:
    """Somebody else holds the lock at the first cancellation, and gives it back with the second.

    `asyncio.wait_for` of Python 3.11 leaves then while its inner task takes the lock, which nobody gives back.
    """
    condition, errors = asyncio.Condition(), []

    async def holder() -> None:
        try:
            async with condition:
                await waiting(condition, 60)
        except RuntimeError as error:
            errors.append(error)

    task = asyncio.ensure_future(holder())
    await asyncio.wait([task], timeout=0.01)
    async with condition:
        task.cancel()
        await asyncio.wait([task], timeout=0.01)
        task.cancel()
    await asyncio.wait([task])
    return condition, errors


async def _is_usable(condition: asyncio.Condition) -> bool:
    try:
        async with asyncio.timeout(0.5), condition:
            return condition.locked()
    except TimeoutError:
        return False


def test_the_driver_waits_by_our_function_where_python_needs_it() -> None:
    assert mongo.__name__  # imported, it has mended the driver
    modules = (lock, pool, topology)
    assert mend() == ([module.__name__ for module in modules] if NEEDS_IT else [])
    assert all((getattr(module, "_async_cond_wait", None) is wait) is NEEDS_IT for module in modules)


async def test_without_the_mend_the_drivers_lock_is_lost_on_python_3_11_and_there_alone() -> None:
    condition, errors = await _cancelled_twice(_stock())
    assert await _is_usable(condition) is not NEEDS_IT
    assert bool(errors) is NEEDS_IT


async def test_a_wait_that_is_cancelled_twice_leaves_the_lock_usable() -> None:
    condition, errors = await _cancelled_twice(wait)
    assert errors == []
    assert await _is_usable(condition)


async def test_a_wait_that_takes_too_long_says_so_and_holds_the_lock() -> None:
    condition = asyncio.Condition()
    async with condition:
        assert await wait(condition, 0.001) is False
        assert condition.locked()
