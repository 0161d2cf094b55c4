"""Following a log as it grows: a reader has nothing but its own position, so a slow one holds up nobody (R27)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from chassis.storage.cursor import Slice
from chassis.storage.mongo import Document
from services.enrollment.store.feed import Entry, Feed, Reading, log_of

_WINDOW = 100
_LOOK_AGAIN_SECONDS = 5.0
_GROWN: list[Document] = [{"$match": {"operationType": "insert"}}, {"$project": {"documentKey": 1}}]


class Tail:
    """Wakes this process's readers when a log has grown.

    Args:
        feed: The logs.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._readers: dict[asyncio.Event, str] = {}

    async def watch(self) -> None:
        """Turn the logs' growth into wake-ups; what is missed is found by looking again."""
        async with await self._feed.entries.watch(_GROWN, max_await_time_ms=1_000) as changes:
            async for change in changes:
                grown = log_of(change["documentKey"]["_id"])
                for reader, province in self._readers.items():
                    if province == grown:
                        reader.set()

    async def follow(self, reading: Reading, after: int | None) -> AsyncGenerator[Entry, None]:
        """Every entry after a number, without end; without a number, from now on."""
        at = await self._feed.last(reading.province) if after is None else after
        wake = asyncio.Event()
        self._readers[wake] = reading.province
        try:
            while True:
                wake.clear()
                found = await self._feed.read(reading, Slice(_WINDOW, [at]))
                for entry in found:
                    yield entry
                    at = entry.sequence
                if not found:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                            await wake.wait()
        finally:
            del self._readers[wake]
