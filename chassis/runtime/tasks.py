"""Background tasks: by role, ended together, and restarted after failures of what they depend on."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum

import structlog

Task = Callable[[], Awaitable[None]]
"""Work that runs until it is cancelled."""
PAUSES_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""The pause after the first failure in a row, the second, and so on; the last for all further ones."""
_STEADY_SECONDS = 30.0  # a run of this length forgets the failures before it
_INSIST_SECONDS = 1.0  # between two cancellations of a task that does not end
log = structlog.get_logger()


class Role(StrEnum):
    """The part of a service that a process runs.

    Several processes of a role may run: relays and timers take turns by lease, consumers of a queue by single active
    consumer (ADR 4).
    """

    ALL = "all"
    API = "api"
    RELAY = "relay"
    WORKER = "worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """The background tasks of a service, by role.

    Attributes:
        api: Tasks that requests rely on.
        relay: Publishing of waiting events.
        worker: Consumers, timers and deliveries.
    """

    api: tuple[Task, ...] = ()
    relay: tuple[Task, ...] = ()
    worker: tuple[Task, ...] = ()

    def of(self, role: Role) -> "Tasks":
        """The tasks of a process of that role."""
        match role:
            case Role.ALL:
                return self
            case Role.API:
                return Tasks(api=self.api)
            case Role.RELAY:
                return Tasks(relay=self.relay)
            case Role.WORKER:
                return Tasks(worker=self.worker)

    def after(self, gate: Callable[[], Awaitable[object]]) -> "Tasks":
        """The same tasks, each begun when `gate` has returned."""

        def held(task: Task) -> Task:
            async def run() -> None:
                await gate()
                await task()

            return run

        parts = (self.api, self.relay, self.worker)
        api, relay, worker = (tuple(held(task) for task in part) for part in parts)
        return Tasks(api=api, relay=relay, worker=worker)

    def __iter__(self) -> Iterator[Task]:
        return iter((*self.api, *self.beside))

    @property
    def beside(self) -> tuple[Task, ...]:
        """The tasks that no request relies on; another process takes them over as soon as they end."""
        return (*self.relay, *self.worker)


@asynccontextmanager
async def run_in_background(tasks: Tasks, draining: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Run tasks until the block ends, then cancel them. A task that fails ends the process.

    Args:
        tasks: The tasks.
        draining: Returns when the process begins to stop. What no request relies on ends at that moment, so that
            leases are given back, and consumers of other processes take over, while the last requests are answered.
    """
    running = [asyncio.ensure_future(start()) for start in tasks.api]
    beside = [asyncio.ensure_future(start()) for start in tasks.beside]
    for task in (*running, *beside):
        task.add_done_callback(_end_when_broken)
    early = asyncio.ensure_future(_cancel_at(draining, beside))
    try:
        yield
    finally:
        for task in (early, *running, *beside):
            task.cancel()
        await asyncio.gather(early, *running, *beside, return_exceptions=True)


async def _cancel_at(moment: Callable[[], Awaitable[object]], tasks: Sequence[asyncio.Future[None]]) -> None:
    await moment()
    for task in tasks:
        task.cancel()


def _end_when_broken(task: asyncio.Future[None]) -> None:
    """End the process where a task failed by a defect: its supervisor notices that, and starts another process."""
    if not task.cancelled() and (error := task.exception()):
        log.error("background task failed; the process ends", exc_info=error)
        signal.raise_signal(signal.SIGTERM)


async def run_all(*work: Awaitable[None]) -> None:
    """Run all at once until the first one ends or fails; then cancel the others, and wait until they have ended.

    A task that does not end is cancelled again every second. `asyncio.TaskGroup` of Python 3.11 cancels only once, and
    `asyncio.wait_for`, which libraries use to connect, may swallow that one cancellation: the group would then wait
    for ever. A task group also leaves `Task.cancelling()` above zero after a failure.

    Args:
        work: What to run.

    Raises:
        BaseExceptionGroup: What they failed with, if any did.
    """
    tasks = [asyncio.ensure_future(each) for each in work]
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
    """Restart work after each end and each listed error, with growing pauses, until cancelled.

    After a run of more than 30 seconds the pauses begin with the shortest again.

    Args:
        task: The task's name in the log.
        run: The work; called for each run.
        errors: After these the work is restarted. Any other error is a defect, and is raised.
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
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return leaves
