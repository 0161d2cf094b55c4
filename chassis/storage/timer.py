"""Periodic jobs, run by one replica at a time under a lease (ADR 18)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import structlog

from chassis.runtime.measures import TIMER_SUCCESS
from chassis.runtime.tasks import Task, forever, run_all
from chassis.storage.lease import Lease, LeaseLost
from chassis.storage.mongo import Database, StorageError

LOOK_SECONDS = 5.0
log = structlog.get_logger()

Act = Callable[[], Awaitable[int]]
"""Does everything that is due by the domain clock, each by a conditional write; returns how many things it did."""


def timer(database: Database, name: str, acts: Mapping[str, Act], every: float = LOOK_SECONDS) -> Task:
    """The task that runs each act every few seconds, while this replica holds the lease.

    Each act has its own loop: neither a long one nor the database's failure in one holds up another. An act asks the
    database what is due and waits for no moment, so a clock that was moved forward and a process that was down are
    caught up in the same way. The lease only spares the other replicas the query: that each thing is done once is
    ensured by the act's own conditional writes.

    Args:
        database: The service's database, which stores the lease.
        name: The lease's name, such as `catalog.timers`; it is data.
        acts: Log message, such as `offers expired`, to act.
        every: Seconds between two runs of an act.
    """
    lease = Lease(database, name)

    async def repeat(message: str, act: Act) -> None:
        while True:
            await _run(name, message, act)
            await asyncio.sleep(every)

    async def look(_: int) -> None:
        loops = (
            forever(f"{name}: {message}", partial(repeat, message, act), (StorageError,))
            for message, act in acts.items()
        )
        await run_all(*loops)

    async def run() -> None:
        await forever(name, lambda: lease.hold(look), (StorageError, LeaseLost))

    return run


async def _run(name: str, message: str, act: Act) -> None:
    """Run one act; a defect in it holds up no other, and shows in the log each time."""
    try:
        done = await act()
    except (StorageError, LeaseLost):
        raise
    except Exception:
        log.exception("timer failed", timer=name, act=message)
    else:
        TIMER_SUCCESS.labels(name, message).set_to_current_time()
        if done:
            log.info(message, timer=name, count=done)
