"""The relay: waiting events leave their aggregates for the broker (facts 19, 20, 24).

The documents are the truth; the change stream only wakes the relay. An event is removed only after the broker has
confirmed it, so a crash republishes it with the same id, and consumers drop the copy by their inbox.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import aio_pika
from aio_pika.abc import AbstractExchange

from chassis import amqp
from chassis.events import unseal
from chassis.lease import Lease
from chassis.mongo import Collection, Database, Document, StorageError
from chassis.retry import forever
from chassis.telemetry import PENDING, PUBLISHED, RETURNED

_WINDOW = 100
_CONFIRM_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 5.0
_PIPELINE = [
    {
        "$match": {
            "$or": [
                {"operationType": "insert", "fullDocument.events.0": {"$exists": True}},
                {"operationType": "update", "updateDescription.updatedFields.version": {"$exists": True}},
            ]
        }
    }
]


class Relay:
    """Publishes the waiting events of some collections, in order per aggregate, at least once.

    Args:
        database: The service's database.
        collections: Names of the collections whose aggregates carry events.
        amqp_url: The broker.
        service: The producer's name.
    """

    def __init__(self, database: Database, collections: Sequence[str], amqp_url: str, service: str) -> None:
        self._database = database
        self._collections = [database[name] for name in collections]
        self._amqp_url = amqp_url
        self._service = service
        self._lease = Lease(database, f"{service}.relay")
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled, when it is this replica's turn.

        It connects anew, with growing pauses, when the broker or the database is away. A holder that was stopped and
        wakes up after its turn publishes at most what was published meanwhile: the same ids, dropped by every inbox.
        """
        work = partial(self._lease.hold, self._lead)
        await forever(f"{self._service}.relay", work, (*amqp.BROKER_ERRORS, StorageError))

    async def _lead(self, _: int) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._publish_forever())

    async def _listen(self) -> None:
        """Turn the change stream into wake-ups; a lost resume token costs nothing, for a look finds all."""
        async with await self._database.watch(_PIPELINE, max_await_time_ms=1_000) as changes:
            self._wake.set()
            async for _ in changes:
                self._wake.set()

    async def _publish_forever(self) -> None:
        connection = await amqp.connect(self._amqp_url, f"{self._service}.relay")
        async with connection:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await amqp.declare_topology(channel)
            exchange = await channel.get_exchange(amqp.EVENTS, ensure=False)
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN_SECONDS):  # 3.11's wait_for may swallow a cancellation
                        await self._wake.wait()
                self._wake.clear()
                for collection in self._collections:
                    await self._drain(collection, exchange)

    async def _drain(self, collection: Collection, exchange: AbstractExchange) -> None:
        """Publish window after window, oldest first, until nothing waits."""
        while True:
            cursor = collection.find(
                {"events.at": {"$exists": True}}, {"events": 1}, sort=[("events.at", 1)], limit=_WINDOW
            )
            waiting = await cursor.to_list()
            PENDING.labels(self._service).set(len(waiting))
            if not waiting:
                return
            async with asyncio.TaskGroup() as tasks:
                for document in waiting:
                    tasks.create_task(self._publish(collection, exchange, document))

    async def _publish(self, collection: Collection, exchange: AbstractExchange, document: Document) -> None:
        """One aggregate's events, one after the other, then forget the confirmed ones."""
        sent: list[str] = []
        try:
            for envelope in map(unseal, document["events"]):
                await exchange.publish(
                    amqp.to_message(envelope), envelope.routing_key, mandatory=True, timeout=_CONFIRM_SECONDS
                )
                sent.append(envelope.id)
        except (aio_pika.exceptions.DeliveryError, TimeoutError):
            RETURNED.labels(self._service).inc()
            raise
        finally:
            if sent:
                PUBLISHED.labels(self._service).inc(len(sent))
                await collection.update_one({"_id": document["_id"]}, {"$pull": {"events": {"id": {"$in": sent}}}})
