"""Several pieces of work that live and end together."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager

import structlog

from chassis.roles import Task

_INSIST_SECONDS = 1.0
log = structlog.get_logger()


@asynccontextmanager
async def beside(*tasks: Task) -> AsyncIterator[None]:
    """Run these while the block lasts; one that dies of a defect ends the process."""
    running = [asyncio.ensure_future(task()) for task in tasks]
    for one in running:
        one.add_done_callback(_end_when_broken)
    try:
        yield
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _end_when_broken(task: asyncio.Future[None]) -> None:
    """A relay or a consumer that dies of a defect ends the process: whoever runs it sees it and starts another."""
    if not task.cancelled() and (error := task.exception()):
        log.error("background task failed; the process ends", exc_info=error)
        signal.raise_signal(signal.SIGTERM)


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
