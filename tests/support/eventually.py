"""The one way for a test to wait: poll a condition with a deadline."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    condition: Callable[[], Awaitable[T | None]], *, deadline: float = ..., every: float = ...
) -> T: ...


@overload
async def eventually(condition: Callable[[], T], *, deadline: float = ..., every: float = ...) -> T: ...


async def eventually(condition: Callable[[], Any], *, deadline: float = 60.0, every: float = 0.02) -> Any:
    """Poll until `condition` gives something true, and return that.

    Args:
        condition: Sync or async, without arguments.
        deadline: Seconds until giving up.
        every: Seconds between two looks.

    Raises:
        AssertionError: It never came true; the message holds the last value.
    """
    end = time.monotonic() + deadline
    while True:
        found = condition()
        value = await found if inspect.isawaitable(found) else found
        if value:
            return value
        assert time.monotonic() < end, f"not within {deadline} s; last: {value!r}"
        await asyncio.sleep(every)
