"""Taking turns: of all processes that want a piece of work, the one that holds its lease does it, fenced by a token."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from pymongo import ReturnDocument

from chassis.ids import new_id
from chassis.runtime.tasks import run_all
from chassis.storage.mongo import Database, DuplicateKey, StorageError

LEASE_SECONDS = 10.0
_PAST = datetime.fromtimestamp(0, UTC)
log = structlog.get_logger()


class LeaseLost(ConnectionError):  # noqa: N818 - it is somebody else's turn, which is no error
    """Somebody else has the lease now, or the database was away for as long as it lasts."""


class Lease:
    """A lease in the service's database, by the database's clock.

    Whoever holds it gets a token, one higher with every change of hands. The work writes its token with what it
    writes, so that a holder that was stopped and wakes up too late changes nothing.

    Args:
        database: The service's database.
        name: What is leased.
        seconds: How long it lasts without renewal; renewed every third of that.
    """

    def __init__(self, database: Database, name: str, seconds: float = LEASE_SECONDS) -> None:
        self._leases = database["leases"]
        self._name = name
        self._seconds = seconds
        self._holder = new_id()
        self._until = 0.0

    def check(self) -> None:
        """Ask before each step that cannot be taken back: a process that was stopped has not yet noticed by itself.

        Counted from before the database was asked, so it ends sooner here than for the next holder.

        Raises:
            LeaseLost: The lease has not been renewed in time.
        """
        if time.monotonic() >= self._until:
            raise LeaseLost(self._name)

    async def hold(self, work: Callable[[int], Awaitable[None]]) -> None:
        """Wait for the lease, do the work while it is held, and give it back.

        Args:
            work: Called with the token; cancelled when the lease is lost.

        Raises:
            LeaseLost: The lease was lost while the work went on; failures of the work come in a group beside it.
        """
        token = await self._wait()
        log.info("lease taken", lease=self._name, token=token)
        try:
            await run_all(work(token), self._renew(token))
        finally:
            with suppress(StorageError):
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
            await asyncio.sleep(self._seconds / 3)

    async def _take(self) -> int | None:
        free = {"_id": self._name, "$expr": {"$lt": ["$until", "$$NOW"]}}
        token = {"$add": ["$token", 1]}
        taken = [{"$set": {"holder": self._holder, "token": token, "until": self._end()}}]
        asked = time.monotonic()
        found = await self._leases.find_one_and_update(free, taken, return_document=ReturnDocument.AFTER)
        if found is None:
            return None
        self._until = asked + self._seconds
        return int(found["token"])

    async def _renew(self, token: int) -> None:
        while True:
            await asyncio.sleep(self._seconds / 3)
            asked = time.monotonic()
            try:
                async with asyncio.timeout(self._seconds / 3):
                    kept = await self._change(token, self._end())
            except (StorageError, TimeoutError):
                kept = self._until - asked > self._seconds / 2
            else:
                self._until = asked + self._seconds if kept else 0.0
            if not kept:
                raise LeaseLost(self._name)

    async def _change(self, token: int, until: Any) -> bool:
        mine = {"_id": self._name, "holder": self._holder, "token": token}
        return (await self._leases.update_one(mine, [{"$set": {"until": until}}])).matched_count == 1

    def _end(self) -> dict[str, Any]:
        return {"$add": ["$$NOW", int(self._seconds * 1_000)]}
