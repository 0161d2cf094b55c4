"""PyMongo's wait on a condition, replaced on Python 3.11 (notes N47).

PyMongo waits by `asyncio.wait_for(condition.wait())`, which on Python 3.11 waits in a second task. An operation that is
cancelled meanwhile leaves without the condition's lock: the driver has lost its topology, and every later operation of
the process waits for ever. `asyncio.timeout` waits in the same task, so the lock stays with its holder.
"""

import asyncio
import inspect
import sys
from typing import Any

from pymongo import lock
from pymongo.asynchronous import pool, topology

_NAME = "_async_cond_wait"


async def wait(condition: asyncio.Condition, timeout: float | None) -> bool:  # noqa: ASYNC109 - the driver's signature
    """Wait until the condition is notified.

    Args:
        condition: Its lock is held by the caller, before and after.
        timeout: Seconds; None waits for ever.

    Returns:
        False if the time was over first.
    """
    try:
        async with asyncio.timeout(timeout):
            await condition.wait()
    except TimeoutError:
        return False
    return True


def mend() -> list[str]:
    """Replace the driver's wait where this Python needs it.

    Returns:
        The modules in which it was replaced; none on Python 3.12 and later.

    Raises:
        RuntimeError: The driver waits in another way than this module knows.
    """
    if sys.version_info >= (3, 12):
        return []
    modules: tuple[Any, ...] = (lock, pool, topology)
    waits = getattr(lock, _NAME, None)
    if waits is wait:
        return [module.__name__ for module in modules]
    if waits is None or "wait_for(condition.wait()" not in inspect.getsource(waits):
        raise RuntimeError("PyMongo waits on conditions in another way now: see whether notes N47 still holds")
    for module in modules:
        setattr(module, _NAME, wait)
    return [module.__name__ for module in modules]
