"""What runs beside requests: roles, tasks that end together, and tasks that go on through failures."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

import structlog

Task = Callable[[], Awaitable[None]]
"""Work that goes on until it is cancelled."""

PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

_STEADY_SECONDS = 30.0

_INSIST_SECONDS = 1.0

log = structlog.get_logger()


class Role(StrEnum):
    """The parts of a service; `relay` and `worker` take turns where several run, so order holds (ADR 4)."""

    ALL = "all"
    API = "api"
    RELAY = "relay"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """What runs beside the requests, by the role that it belongs to.

    Attributes:
        api: What requests themselves rely on.
        relay: Sends waiting events.
        worker: Consumers, timers and deliveries.
    """

    api: tuple[Task, ...] = ()
    relay: tuple[Task, ...] = ()
    worker: tuple[Task, ...] = ()

    def of(self, role: Role) -> tuple[Task, ...]:
        """What a process of that role runs."""
        parts = {Role.API: self.api, Role.RELAY: self.relay, Role.WORKER: self.worker}
        return parts.get(role, (*self.api, *self.relay, *self.worker))


@asynccontextmanager
async def run_in_background(*tasks: Task) -> AsyncIterator[None]:
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


async def run_all(*work: Awaitable[None]) -> None:
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


async def forever(task: str, run: Callable[[], Awaitable[None]], errors: tuple[type[Exception], ...]) -> None:
    """Run again and again until cancelled, after growing pauses; a steady run starts the pauses afresh.

    Args:
        task: What the log calls it.
        run: Returns or raises when it is interrupted.
        errors: What counts as an interruption; anything else ends the process, for it is a defect.
    """
    failures = 0
    while True:
        started = time.monotonic()
        reasons = ["ended"]
        try:
            await run_all(run())
        except* errors as group:
            reasons = sorted({type(error).__name__ for error in _leaves(group)})
        failures = 1 if time.monotonic() - started > _STEADY_SECONDS else failures + 1
        log.warning("interrupted", task=task, reasons=reasons)
        await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS)) - 1])


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
