"""Wakes the readers of this process when the collection that they read has changed (ADR 7)."""

import asyncio
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from chassis.storage.mongo import Collection, Document

_LOOK_AGAIN_SECONDS = 5.0


class Wakeups:
    """A change stream that only wakes: what readers read is in the documents, so a missed change costs seconds.

    A reader has nothing but its own position, so a slow one does not hold up others.

    Args:
        collection: What is read.
        changes: The stages of the change stream; `documentKey` has to be left.
        topic: A changed document's `_id` to what readers ask for.
    """

    def __init__(self, collection: Collection, changes: Sequence[Document], topic: Callable[[Any], str] = str) -> None:
        self._collection = collection
        self._changes = changes
        self._topic = topic
        self._readers: dict[asyncio.Event, Container[str]] = {}
        self._has_readers = asyncio.Event()

    async def watch(self) -> None:
        """Wake the readers of what changes; after a missed change they look again by themselves.

        Every change stream costs every write of the database something, so this one is open only while there are
        readers.
        """
        while True:
            await self._has_readers.wait()
            async with await self._collection.watch(self._changes, max_await_time_ms=1_000) as changes:
                for reader in self._readers:
                    reader.set()  # changes of before the stream began
                while self._readers and changes.alive:
                    if change := await changes.try_next():
                        self._wake(self._topic(change["documentKey"]["_id"]))

    def _wake(self, topic: str) -> None:
        for reader, topics in self._readers.items():
            if topic in topics:
                reader.set()

    @contextmanager
    def reading(self, topics: Container[str]) -> Iterator[asyncio.Event]:
        """Be woken, as long as the context lasts; the reader clears the event before it looks.

        Args:
            topics: What the reader asks for; it may change meanwhile.
        """
        wake = asyncio.Event()
        self._readers[wake] = topics
        self._has_readers.set()
        try:
            yield wake
        finally:
            del self._readers[wake]
            if not self._readers:
                self._has_readers.clear()


async def woken(wake: asyncio.Event) -> None:
    """Wait until a reader is woken, or has to look by itself."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
            await wake.wait()
