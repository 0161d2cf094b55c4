"""The relay: waiting events leave their aggregates for the broker (notes N19, N20, N24).

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

from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import DeliveryError
from pymongo import UpdateOne, WriteConcern

from chassis.events import Envelope, unseal
from chassis.messaging import amqp
from chassis.runtime.tasks import forever, run_all
from chassis.runtime.telemetry import OLDEST_SECONDS, PENDING, PUBLISH_SECONDS, PUBLISHED, count_refused
from chassis.storage.lease import LEASE_SECONDS, Lease
from chassis.storage.mongo import Collection, Database, StorageError

_WINDOW = 200
_LANES = 3
_CONFIRM_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 5.0
_FORGET_SECONDS = 0.02
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
    {"$project": {"ns": 1, "documentKey": 1}},
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
        self._outboxes = {name: _Outbox(database[name]) for name in collections}
        self._amqp_url = amqp_url
        self._service = service
        self._lease = Lease(database, f"{service}.relay", lease_seconds)

    async def run(self) -> None:
        """Relay until cancelled; connects anew, with growing pauses, when the broker or the database is away."""
        errors = (*amqp.BROKER_ERRORS, StorageError)
        await run_all(
            forever(f"{self._service}.relay", lambda: self._lease.hold(self._lead), errors),
            forever(f"{self._service}.outbox", self._measure, (StorageError,)),
        )

    async def _lead(self, _: int) -> None:
        connection = await amqp.connect(self._amqp_url, f"{self._service}.relay")
        async with connection:
            await amqp.declare_topology(await connection.channel())
            for outbox in self._outboxes.values():
                outbox.land()
            outboxes = self._outboxes.values()
            lanes = (self._lane(outbox, connection) for outbox in outboxes for _ in range(_LANES))
            try:
                await run_all(self._listen(), *lanes, *(outbox.keep_forgetting() for outbox in outboxes))
            finally:
                await asyncio.gather(*(outbox.forget() for outbox in outboxes))

    async def _measure(self) -> None:
        """Tell how much waits, whoever holds the lease: that nobody does is what one wants to see."""
        while True:
            pending, oldest = 0, datetime.now(UTC)
            for outbox in self._outboxes.values():
                waiting, first = await outbox.measure()
                pending, oldest = pending + waiting, min(oldest, first or oldest)
            PENDING.labels(self._service).set(pending)
            OLDEST_SECONDS.labels(self._service).set((datetime.now(UTC) - oldest).total_seconds())
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _listen(self) -> None:
        """Turn the change stream into wake-ups; a lost resume token costs nothing, for a look finds all."""
        async with await self._database.watch(_PIPELINE, max_await_time_ms=1_000) as changes:
            for outbox in self._outboxes.values():
                outbox.wake.set()  # for what came before
            async for change in changes:
                if grown := self._outboxes.get(change["ns"]["coll"]):
                    grown.grew(change["documentKey"]["_id"])

    async def _lane(self, outbox: "_Outbox", connection: AbstractConnection) -> None:
        """Publish window after window of a collection; a lane takes the next while the others send."""
        channel = await connection.channel(on_return_raises=True)
        while True:
            window = await outbox.take()
            exchange = await channel.get_exchange(amqp.EVENTS, ensure=False)
            try:
                await asyncio.gather(*(self._send(one, exchange) for one in window))
            finally:
                PUBLISHED.labels(self._service).inc(sum(len(one.sent) for one in window))
                outbox.landed(window)
            failed = [one for one in window if one.failure]
            for one in failed:
                self._refuse(one, outbox)
            if failed:  # a channel may go on being refused by a queue that has room again
                await channel.close()
                channel = await connection.channel(on_return_raises=True)

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

    def _refuse(self, one: _Sending, outbox: "_Outbox") -> None:
        """Pass over an aggregate for a while, so that it holds up no other; a broken connection ends the work."""
        if not isinstance(one.failure, DeliveryError | TimeoutError) or len(outbox.refused) >= _MOST_REFUSED:
            raise one.failure or AssertionError("nothing failed")
        count_refused(self._service, one.failure)
        outbox.refused[one.key] = time.monotonic() + _REFUSED_SECONDS
        asyncio.get_running_loop().call_later(_REFUSED_SECONDS, outbox.wake.set)


class _Outbox:
    """The waiting events of one collection; an aggregate is on its way in one lane at a time.

    What is confirmed is taken out of its aggregate a little later, much at a time.

    Attributes:
        wake: Set when something has come to wait.
        refused: Aggregates that the broker has refused just now, and until when they are passed over.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._in_flight: set[Any] = set()
        self._confirmed: list[_Sending] = []
        self._some_landed = asyncio.Event()
        self._dirty: set[Any] = set()
        self._deferred: set[Any] = set()
        self._taking = asyncio.Lock()
        self.wake = asyncio.Event()
        self.refused: dict[Any, float] = {}

    async def measure(self) -> tuple[int, datetime | None]:
        """How many aggregates have events that wait, and when the oldest of these was written."""
        first = await self._collection.find_one(_WAITING, {"events.at": 1}, sort=[("events.at", 1)])
        oldest = min((event["at"] for event in first["events"]), default=None) if first else None
        return await self._collection.count_documents(_WAITING), oldest

    def land(self) -> None:
        """Nothing is on its way: what an interrupted lane had taken may be taken again."""
        for kept in (self._in_flight, self._confirmed, self._dirty, self._deferred):
            kept.clear()
        self.wake.set()

    def grew(self, key: Any) -> None:
        """An aggregate has got an event; on its way, it is looked at again when that is over."""
        self._dirty.add(key)
        self.wake.set()

    async def take(self) -> list[_Sending]:
        """The next window, oldest first and no other lane's, once something waits or after a while; may be empty."""
        async with self._taking:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                    await self.wake.wait()  # 3.11's wait_for may swallow a cancellation
            self.wake.clear()
            now = time.monotonic()
            self.refused = {key: until for key, until in self.refused.items() if until > now}
            passed = [*self.refused, *self._in_flight]
            self._deferred |= self._dirty & self._in_flight
            self._dirty.clear()
            where = {**_WAITING, "_id": {"$nin": passed}} if passed else _WAITING
            cursor = self._collection.find(where, {"events": 1}, sort=[("events.at", 1)], limit=_WINDOW)
            window = [_Sending(row["_id"], [unseal(event) for event in row["events"]]) async for row in cursor]
            self._in_flight.update(one.key for one in window)
            if len(window) == _WINDOW:
                self.wake.set()
        return window

    def landed(self, window: Sequence[_Sending]) -> None:
        """A lane is done with these."""
        self._confirmed += window
        self._some_landed.set()

    async def keep_forgetting(self) -> None:
        """Forget what has landed, and what lands in the next moments with it."""
        while True:
            await self._some_landed.wait()
            await asyncio.sleep(_FORGET_SECONDS)
            await self.forget()

    async def forget(self) -> None:
        """Remove what is confirmed; losing that would cost a copy and nothing else, so no journal is awaited."""
        self._some_landed.clear()
        landed, self._confirmed = self._confirmed, []
        confirmed = [
            UpdateOne({"_id": one.key}, {"$pull": {"events": {"id": {"$in": one.sent}}}}) for one in landed if one.sent
        ]
        if confirmed:
            await self._collection.with_options(write_concern=WriteConcern(1)).bulk_write(confirmed, ordered=False)
        over = {one.key for one in landed}
        self._in_flight -= over
        if self._deferred & over:
            self._deferred -= over
            self.wake.set()
