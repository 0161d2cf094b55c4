"""Leases: of several processes that could do a piece of work, one at a time does it.

A lease alone cannot prevent that two work at once: a process that was stopped (by its machine, or by a long pause)
still believes in its lease when it wakes, while another took it long ago. Therefore every change of hands raises the
lease's token (a fencing token), and work that must not be done twice writes the token with a condition: a write with an
older token than the stored one changes nothing. Work that is harmless twice asks `check` before each step, which keeps
the overlap short.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from pymongo import ReturnDocument

from chassis.ids import new_id
from chassis.runtime.measures import Holding
from chassis.runtime.tasks import run_all
from chassis.storage.mongo import Database, DuplicateKey, StorageError, bounded

LEASE_SECONDS = 10.0
_BACKSTOP_SECONDS = 0.2  # after the driver's own bound
_LOOK_SECONDS = 0.5  # so that a lease that was given back is taken within a second
_PAST = datetime.fromtimestamp(0, UTC)
log = structlog.get_logger()


class LeaseLost(ConnectionError):  # noqa: N818 - it is somebody else's turn, which is no error
    """Another process holds the lease, or it ran out because the database was away."""


class Lease:
    """A lease stored in the service's database; its end is set and compared by the database's clock.

    Args:
        database: The service's database.
        name: The lease's name, such as `catalog.relay`; it is data.
        seconds: How long it lasts without renewal; it is renewed after each third of that.
        told: Whether a line in the log says that it was taken.
    """

    def __init__(self, database: Database, name: str, seconds: float = LEASE_SECONDS, *, told: bool = True) -> None:
        self._leases = database["leases"]
        self._name = name
        self._seconds = seconds
        self._told = told
        self._holder = new_id()
        self._until = 0.0
        self._holding = Holding(name)

    def check(self) -> None:
        """Require that the lease still holds; to be called before each step that cannot be undone.

        The process's own clock decides, without asking the database. It counts from before the last renewal was sent,
        so the lease ends here before another process can get it.

        Raises:
            LeaseLost: The lease has not been renewed in time.
        """
        if time.monotonic() >= self._until:
            raise LeaseLost(self._name)

    async def hold(self, work: Callable[[int], Awaitable[None]]) -> None:
        """Wait for the lease, do the work while renewing it, and give it back.

        Args:
            work: Called with the fencing token; cancelled when the lease is lost.

        Raises:
            BaseExceptionGroup: Holds `LeaseLost` where the lease was lost during the work, and what the work raised.
        """
        token = await self._wait()
        if self._told:
            log.info("lease taken", lease=self._name, token=token)
        try:
            with self._holding:
                await run_all(work(token), self._renew(token))
        finally:
            with suppress(StorageError), bounded(self._seconds / 3):
                await self._change(token, _PAST)

    async def _wait(self) -> int:
        with suppress(DuplicateKey):
            await self._leases.update_one(
                {"_id": self._name}, {"$setOnInsert": {"token": 0, "until": _PAST}}, upsert=True
            )
        while True:
            token = await self._take()
            if token is not None:
                return token
            await asyncio.sleep(min(self._seconds / 3, _LOOK_SECONDS))

    async def _take(self) -> int | None:
        # Its own lease, which it could not give back while the database was away, a process may take at once.
        free = {"_id": self._name, "$or": [{"$expr": {"$lt": ["$until", "$$NOW"]}}, {"holder": self._holder}]}
        token = {"$add": ["$token", 1]}
        taken = [{"$set": {"holder": self._holder, "token": token, "until": self._end()}}]
        asked = time.monotonic()
        lease = await self._leases.find_one_and_update(free, taken, return_document=ReturnDocument.AFTER)
        if lease is None:
            return None
        self._until = asked + self._seconds
        return int(lease["token"])

    async def _renew(self, token: int) -> None:
        while True:
            await asyncio.sleep(self._seconds / 3)
            asked = time.monotonic()
            try:
                with bounded(self._seconds / 3):
                    async with asyncio.timeout(self._seconds / 3 + _BACKSTOP_SECONDS):
                        renewed = await self._change(token, self._end())
            except (StorageError, TimeoutError):
                # One failed renewal may pass: a second one still fits into what is left of the lease.
                if self._until - asked <= self._seconds / 2:
                    raise LeaseLost(self._name) from None
            else:
                self._until = asked + self._seconds if renewed else 0.0
                if not renewed:
                    raise LeaseLost(self._name)

    async def _change(self, token: int, until: Any) -> bool:
        own = {"_id": self._name, "holder": self._holder, "token": token}
        return (await self._leases.update_one(own, [{"$set": {"until": until}}])).matched_count == 1

    def _end(self) -> dict[str, Any]:
        return {"$add": ["$$NOW", int(self._seconds * 1_000)]}
