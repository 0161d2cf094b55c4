"""How many processes serve the graph, so that each takes its share of what callers may spend (ADR 46)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from chassis.ids import new_id
from chassis.runtime.tasks import forever
from chassis.storage.mongo import Database, StorageError

BEAT_SECONDS = 5.0
_MISSED_BEATS = 4


async def create_index(database: Database) -> None:
    """Create the index by which gateways that have gone are forgotten; a step of the gateway's migrations."""
    await database["replicas"].create_index("until", expireAfterSeconds=0)


class GatewayCount:
    """Tells the gateway's database that this process serves, and counts those that do, by the database's clock.

    While the database is away the last count stands.

    Args:
        database: The gateway's database.
        counted: Called with each count.
        beat_seconds: The time between two signs of life; a process that gives none for four times that is gone.
    """

    def __init__(self, database: Database, counted: Callable[[int], None], beat_seconds: float = BEAT_SECONDS) -> None:
        self._replicas = database["replicas"]
        self._counted = counted
        self._beat_seconds = beat_seconds
        self._id = new_id()

    async def run(self) -> None:
        """Count until cancelled; the process is then forgotten at once."""
        try:
            await forever("replicas", self._beat, (StorageError,))
        finally:
            with suppress(StorageError):
                await self._replicas.delete_one({"_id": self._id})

    async def _beat(self) -> NoReturn:
        end = {"$add": ["$$NOW", int(self._beat_seconds * _MISSED_BEATS * 1_000)]}
        while True:
            await self._replicas.update_one({"_id": self._id}, [{"$set": {"until": end}}], upsert=True)
            self._counted(await self._replicas.count_documents({"$expr": {"$gt": ["$until", "$$NOW"]}}))
            await asyncio.sleep(self._beat_seconds)
