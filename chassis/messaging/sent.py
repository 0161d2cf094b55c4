"""Events that the broker has confirmed, kept for a while by whoever sent them (ADR 66)."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, WriteConcern
from pymongo.errors import BulkWriteError

from chassis.events import Envelope, unseal
from chassis.storage.mongo import BATCH, Database, is_duplicate

KEPT_DAYS = 30
"""Less than consumers remember an event's id (90 days), so that one sent again takes effect once."""
_STEP = timedelta(milliseconds=1)  # what MongoDB tells two instants apart by


async def create_index(database: Database) -> None:
    """Create the index by which sent events expire and are read; a step of the service's migrations."""
    await database["sent"].create_index("sent", expireAfterSeconds=KEPT_DAYS * 24 * 3600)


class SentEvents:
    """The collection `sent` of a service's database.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._collection = database.get_collection("sent", write_concern=WriteConcern(1))
        self._last = datetime.min.replace(tzinfo=UTC)

    async def resume(self) -> None:
        """Go on after the last one, whatever clock it had."""
        if last := await self._collection.find_one({}, {"sent": 1}, sort=[("sent", DESCENDING)]):
            self._last = max(self._last, last["sent"])

    async def add(self, events: Sequence[Envelope]) -> None:
        """Keep events in their order, each with an instant of its own; those that are there stay as they are."""
        rows = []
        for event in events:
            self._last = max(self._last + _STEP, datetime.now(UTC))
            rows.append({"_id": event.id, "sent": self._last, "event": event.document()})
        try:
            await self._collection.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            if not is_duplicate(error):
                raise

    async def since(self, begin: datetime, types: Sequence[str] = ()) -> AsyncIterator[tuple[datetime, Envelope]]:
        """Those sent at an instant or later, each with when it was, in that order.

        Args:
            begin: The instant, with a time zone.
            types: `<producer>.<event>` of those that are wanted; all without any.
        """
        where: dict[str, Any] = {"sent": {"$gte": begin}}
        if types:
            where["event.name"] = {"$in": [name.partition(".")[2] for name in types]}
        async for row in self._collection.find(where, sort=[("sent", ASCENDING)], batch_size=BATCH):
            yield row["sent"], unseal(row["event"])
