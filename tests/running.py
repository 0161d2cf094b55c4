"""Work that goes on beside a test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from chassis.runtime.tasks import run_all


@asynccontextmanager
async def running(*work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Begin it, and end it with the block; what it fails with fails the test."""
    task = asyncio.ensure_future(run_all(*(one() for one in work)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()
