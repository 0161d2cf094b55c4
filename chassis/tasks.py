"""Several pieces of work that live and end together."""

import asyncio
from collections.abc import Awaitable, Sequence

_INSIST_SECONDS = 1.0


async def together(*work: Awaitable[None]) -> None:
    """Run until the first of them has ended, however it did; then end the others, and wait until they have.

    What does not end is cancelled again and again. Python 3.11's task groups do so once, and its `wait_for`, which
    libraries connect by, may swallow just that one; they also leave `cancelling()` raised after a failure.

    Raises:
        BaseExceptionGroup: What they failed with.
    """
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        failures = await _end(tasks)
    if failures:
        raise BaseExceptionGroup("of those that ran together", failures)


async def _end(tasks: Sequence[asyncio.Future[None]]) -> list[BaseException]:
    stopped = False
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=_INSIST_SECONDS)
        except asyncio.CancelledError:
            stopped = True
    failures = [task.exception() for task in tasks if not task.cancelled()]
    if stopped:
        raise asyncio.CancelledError
    return [failure for failure in failures if failure]
