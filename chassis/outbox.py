"""The relay: waiting events leave their aggregates for the broker (facts 19, 20, 24).

The documents are the truth; the change stream only wakes the relay. An event is removed only after the broker has
confirmed it, so a crash republishes it with the same id, and consumers drop the copy by their inbox.

Relays of one service take turns by lease, which bounds the copies. Order does not hang on it: each relay sends an
aggregate's events one after the other, and whoever reads the aggregate finds either an event or its confirmed trace,
so the first copies of any two events are in order, whatever a relay that was thought dead adds.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import DeliveryError
from pymongo import UpdateOne, WriteConcern

from chassis import amqp
from chassis.events import Envelope, unseal
from chassis.lease import LEASE_SECONDS, Lease
from chassis.mongo import Collection, Database, StorageError
from chassis.retry import forever
from chassis.tasks import together
from chassis.telemetry import OLDEST_SECONDS, PENDING, PUBLISH_SECONDS, PUBLISHED, count_refused

_WINDOW = 200
_CONFIRM_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 5.0
_REFUSED_SECONDS = 1.0
_MOST_REFUSED = 1_000
_WAITING = {"events.at": {"$exists": True}}
_PIPELINE: list[dict[str, Any]] = [
    {
        "$match": {
            "$or": [
                {"operationType": "insert", "fullDocument.events.0": {"$exists": True}},
                {"operationType": "update", "updateDescription.updatedFields.version": {"$exists": True}},
            ]
        }
    },
    {"$project": {"ns": 1}},
]


@dataclass(slots=True)
class _Sending:
    """One aggregate's events on their way."""

    key: Any
    events: list[Envelope]
    sent: list[str] = field(default_factory=list)
    failure: Exception | None = None


class Relay:
    """Publishes the waiting events of some collections, in order per aggregate, at least once.

    Args:
        database: The service's database.
        collections: Names of the collections whose aggregates carry events.
        amqp_url: The broker.
        service: The producer's name.
        lease_seconds: How long the others wait for a relay that died without a word.
    """

    def __init__(
        self,
        database: Database,
        collections: Sequence[str],
        amqp_url: str,
        service: str,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._collections = {name: database[name] for name in collections}
        self._amqp_url = amqp_url
        self._service = service
        self._lease = Lease(database, f"{service}.relay", lease_seconds)
        self._wake = asyncio.Event()
        self._due: set[str] = set()
        self._refused: dict[Any, float] = {}

    async def run(self) -> None:
        """Relay until cancelled; connects anew, with growing pauses, when the broker or the database is away."""
        errors = (*amqp.BROKER_ERRORS, StorageError)
        await together(
            forever(f"{self._service}.relay", lambda: self._lease.hold(self._lead), errors),
            forever(f"{self._service}.outbox", self._measure, (StorageError,)),
        )

    async def _lead(self, _: int) -> None:
        await together(self._listen(), self._publish_forever())

    async def _measure(self) -> None:
        """Tell how much waits, whoever holds the lease: that nobody does is what one wants to see."""
        while True:
            pending, oldest = 0, datetime.now(UTC)
            for collection in self._collections.values():
                pending += await collection.count_documents(_WAITING)
                first = await collection.find_one(_WAITING, {"events.at": 1}, sort=[("events.at", 1)])
                oldest = min([oldest, *(event["at"] for event in first["events"])]) if first else oldest
            PENDING.labels(self._service).set(pending)
            OLDEST_SECONDS.labels(self._service).set((datetime.now(UTC) - oldest).total_seconds())
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _listen(self) -> None:
        """Turn the change stream into wake-ups; a lost resume token costs nothing, for a look finds all."""
        async with await self._database.watch(_PIPELINE, max_await_time_ms=1_000) as changes:
            self._look(*self._collections)
            async for change in changes:
                self._look(change["ns"]["coll"])

    def _look(self, *collections: str) -> None:
        self._due.update(collections)
        self._wake.set()

    async def _publish_forever(self) -> None:
        connection = await amqp.connect(self._amqp_url, f"{self._service}.relay")
        async with connection:
            channel = await connection.channel(on_return_raises=True)
            await amqp.declare_topology(channel)
            while True:
                with suppress(TimeoutError):
                    patience = _REFUSED_SECONDS if self._refused else _LOOK_AGAIN_SECONDS
                    async with asyncio.timeout(patience):  # 3.11's wait_for may swallow a cancellation
                        await self._wake.wait()
                self._wake.clear()
                due, self._due = self._due & set(self._collections) or set(self._collections), set()
                if self._refused:  # a channel may go on being refused by a queue that has room again
                    await channel.close()
                    channel = await connection.channel(on_return_raises=True)
                exchange = await channel.get_exchange(amqp.EVENTS, ensure=False)
                for name in sorted(due):
                    await self._drain(self._collections[name], exchange)

    async def _drain(self, collection: Collection, exchange: AbstractExchange) -> None:
        """Publish window after window, oldest first, until nothing waits but what the broker refuses."""
        while window := await self._window(collection):
            try:
                await asyncio.gather(*(self._send(one, exchange) for one in window))
            finally:
                await self._forget(collection, window)
            for one in window:
                if one.failure:
                    self._refuse(one, one.failure)

    async def _window(self, collection: Collection) -> list[_Sending]:
        now = time.monotonic()
        self._refused = {key: until for key, until in self._refused.items() if until > now}
        where = {**_WAITING, "_id": {"$nin": list(self._refused)}} if self._refused else _WAITING
        cursor = collection.find(where, {"events": 1}, sort=[("events.at", 1)], limit=_WINDOW)
        return [_Sending(row["_id"], [unseal(event) for event in row["events"]]) for row in await cursor.to_list()]

    async def _send(self, one: _Sending, exchange: AbstractExchange) -> None:
        """Publish an aggregate's events, each after the confirm of the one before."""
        try:
            for envelope in one.events:
                self._lease.check()
                await exchange.publish(
                    amqp.to_message(envelope), envelope.routing_key, mandatory=True, timeout=_CONFIRM_SECONDS
                )
                one.sent.append(envelope.id)
                PUBLISH_SECONDS.labels(self._service).observe((datetime.now(UTC) - envelope.at).total_seconds())
        except amqp.BROKER_ERRORS as error:
            one.failure = error

    async def _forget(self, collection: Collection, window: Sequence[_Sending]) -> None:
        """Remove what is confirmed; losing that would cost a copy and nothing else, so no journal is awaited."""
        confirmed = [
            UpdateOne({"_id": one.key}, {"$pull": {"events": {"id": {"$in": one.sent}}}}) for one in window if one.sent
        ]
        if confirmed:
            PUBLISHED.labels(self._service).inc(sum(len(one.sent) for one in window))
            await collection.with_options(write_concern=WriteConcern(1)).bulk_write(confirmed, ordered=False)

    def _refuse(self, one: _Sending, failure: Exception) -> None:
        """Pass over an aggregate for a while, so that it holds up no other; a broken connection ends the work."""
        if not isinstance(failure, DeliveryError | TimeoutError) or len(self._refused) >= _MOST_REFUSED:
            raise failure
        count_refused(self._service, failure)
        self._refused[one.key] = time.monotonic() + _REFUSED_SECONDS
