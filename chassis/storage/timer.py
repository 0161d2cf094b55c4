"""What time does by itself: one replica looks at what has come due, again and again (ADR 18)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from chassis.runtime.tasks import Task, forever
from chassis.storage.lease import Lease, LeaseLost
from chassis.storage.mongo import Database, StorageError

LOOK_SECONDS = 5.0
log = structlog.get_logger()

Act = Callable[[], Awaitable[int]]
"""Does all that is due by the domain clock now, each thing by a write that only one can win; returns how many."""


def timer(database: Database, name: str, acts: Mapping[str, Act], every: float = LOOK_SECONDS) -> Task:
    """A task that looks every few seconds while it is its turn among the replicas.

    It asks what is due rather than wait for it: so a clock that jumps and a process that was down catch up alike, and
    the lease only spares the others the look. That a thing happens once is the work of each act's own writes.

    Args:
        database: The service's database, which holds the lease.
        name: The lease's name, such as `catalog.timers`.
        acts: What is done, by the words that the log says it in.
        every: Seconds between two looks.
    """
    lease = Lease(database, name)

    async def look(_: int) -> None:
        while True:
            for said, act in acts.items():
                if done := await act():
                    log.info(said, timer=name, count=done)
            await asyncio.sleep(every)

    async def run() -> None:
        await forever(name, lambda: lease.hold(look), (StorageError, LeaseLost))

    return run
