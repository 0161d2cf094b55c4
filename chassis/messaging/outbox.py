"""The relay: publish the events that wait inside their aggregates (notes N19, N20, N24; ADR 2).

An event waits in its aggregate's document from the write that caused it until the broker has confirmed it, and is
removed only then. A crash in between publishes it again under the same id; consumers drop the copy by their inbox. The
change stream only wakes the relay: losing it, or its place in it, costs time and no event.

Relays of one service take turns by lease, which keeps copies few. The order of an aggregate's events does not depend on
the lease: a relay sends them one after the other, each after the confirm of the one before, and an event that is no
longer in the document has been confirmed. So a relay that lost its lease without noticing can add late copies, but the
first copy of each event is published in order.
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
_COLLECT_SECONDS = 0.02
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
    """One aggregate's events while a lane publishes them.

    Attributes:
        key: The aggregate's id.
        events: Its waiting events, in order.
        sent: Ids of those that the broker has confirmed.
        failure: Why the others were not sent.
    """

    key: Any
    events: list[Envelope]
    sent: list[str] = field(default_factory=list)
    failure: Exception | None = None


class Relay:
    """Publishes the waiting events of some collections: in order per aggregate, at least once.

    Args:
        database: The service's database.
        collections: Names of the collections whose aggregates carry events.
        amqp_url: The broker.
        service: The producer's name.
        lease_seconds: How long the other relays wait where the one that holds the lease died.
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
        """Publish until cancelled; where the broker or the database is away, connect again after growing pauses."""
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
                outbox.reset()
            outboxes = self._outboxes.values()
            lanes = (self._lane(outbox, connection) for outbox in outboxes for _ in range(_LANES))
            try:
                await run_all(self._listen(), *lanes, *(outbox.keep_removing() for outbox in outboxes))
            finally:
                # What was confirmed and not yet removed would be published again by the next relay.
                await asyncio.gather(*(outbox.remove_confirmed() for outbox in outboxes))

    async def _measure(self) -> None:
        """Set the gauges of what waits. Every relay does, lease or not: the gauges must show that nobody holds it."""
        while True:
            pending, oldest = 0, datetime.now(UTC)
            for outbox in self._outboxes.values():
                waiting, first = await outbox.measure()
                pending, oldest = pending + waiting, min(oldest, first or oldest)
            PENDING.labels(self._service).set(pending)
            OLDEST_SECONDS.labels(self._service).set((datetime.now(UTC) - oldest).total_seconds())
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _listen(self) -> None:
        """Turn the change stream into wake-ups; no resume token is needed, for a query finds all that waits."""
        async with await self._database.watch(_PIPELINE, max_await_time_ms=1_000) as changes:
            for outbox in self._outboxes.values():
                outbox.wake.set()  # for events of before the stream began
            async for change in changes:
                if changed := self._outboxes.get(change["ns"]["coll"]):
                    changed.note_change(change["documentKey"]["_id"])

    async def _lane(self, outbox: "_Outbox", connection: AbstractConnection) -> None:
        """Publish one window of a collection after the other; lanes overlap, each with other aggregates."""
        channel = await connection.channel(on_return_raises=True)
        while True:
            window = await outbox.take()
            exchange = await channel.get_exchange(amqp.EVENTS, ensure=False)
            try:
                await asyncio.gather(*(self._send(sending, exchange) for sending in window))
            finally:
                PUBLISHED.labels(self._service).inc(sum(len(sending.sent) for sending in window))
                outbox.done(window)
            failed = [sending for sending in window if sending.failure]
            for sending in failed:
                self._refuse(sending, outbox)
            if failed:  # RabbitMQ may go on refusing a channel after the queue has room again
                await channel.close()
                channel = await connection.channel(on_return_raises=True)

    async def _send(self, sending: _Sending, exchange: AbstractExchange) -> None:
        """Publish an aggregate's events, each after the confirm of the one before; stop at the first failure."""
        try:
            for envelope in sending.events:
                self._lease.check()
                await exchange.publish(
                    amqp.to_message(envelope), envelope.routing_key, mandatory=True, timeout=_CONFIRM_SECONDS
                )
                sending.sent.append(envelope.id)
                PUBLISH_SECONDS.labels(self._service).observe((datetime.now(UTC) - envelope.at).total_seconds())
        except amqp.BROKER_ERRORS as error:
            sending.failure = error

    def _refuse(self, sending: _Sending, outbox: "_Outbox") -> None:
        """Leave an aggregate alone for a second, so that one full queue does not stop events for the others.

        A broken connection, or too many refused aggregates, ends this turn instead: `run` connects again.
        """
        if not isinstance(sending.failure, DeliveryError | TimeoutError) or len(outbox.refused) >= _MOST_REFUSED:
            raise sending.failure or AssertionError("nothing failed")
        count_refused(self._service, sending.failure)
        outbox.refused[sending.key] = time.monotonic() + _REFUSED_SECONDS
        asyncio.get_running_loop().call_later(_REFUSED_SECONDS, outbox.wake.set)


class _Outbox:
    """The waiting events of one collection, shared by the lanes of a relay.

    An aggregate is in flight from the window that takes it until its confirmed events are removed from the document;
    no other window takes it meanwhile, or events would be published twice or out of order. Removal is collected for a
    few milliseconds and done in one bulk write.

    Attributes:
        wake: Set when events may be waiting.
        refused: Aggregates that the broker refused, with the time (`time.monotonic()`) until which they are left alone.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._in_flight: set[Any] = set()
        self._confirmed: list[_Sending] = []  # published, not yet removed from their documents
        self._some_confirmed = asyncio.Event()
        self._dirty: set[Any] = set()  # written since the last window was taken
        self._deferred: set[Any] = set()  # written while in flight: looked at again once they no longer are
        self._taking = asyncio.Lock()
        self.wake = asyncio.Event()
        self.refused: dict[Any, float] = {}

    async def measure(self) -> tuple[int, datetime | None]:
        """How many aggregates have events that wait, and when the oldest of these was written."""
        first = await self._collection.find_one(_WAITING, {"events.at": 1}, sort=[("events.at", 1)])
        oldest = min((event["at"] for event in first["events"]), default=None) if first else None
        return await self._collection.count_documents(_WAITING), oldest

    def reset(self) -> None:
        """Begin a turn with nothing in flight: what an interrupted lane had taken may be taken again."""
        for collected in (self._in_flight, self._confirmed, self._dirty, self._deferred):
            collected.clear()
        self.wake.set()

    def note_change(self, key: Any) -> None:
        """Note that an aggregate was written, so that its new event is found even where it is in flight."""
        self._dirty.add(key)
        self.wake.set()

    async def take(self) -> list[_Sending]:
        """Take the next window: up to 200 aggregates that are not in flight, the one that waits longest first.

        Returns once something may be waiting, or after five seconds; the window may be empty.
        """
        async with self._taking:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                    await self.wake.wait()  # 3.11's wait_for may swallow a cancellation
            self.wake.clear()
            now = time.monotonic()
            self.refused = {key: until for key, until in self.refused.items() if until > now}
            skipped = [*self.refused, *self._in_flight]
            # The query below skips these although they have a new event. `remove_confirmed` wakes the lanes for them;
            # otherwise the event would wait for the next look, up to five seconds.
            self._deferred |= self._dirty & self._in_flight
            self._dirty.clear()
            where = {**_WAITING, "_id": {"$nin": skipped}} if skipped else _WAITING
            cursor = self._collection.find(where, {"events": 1}, sort=[("events.at", 1)], limit=_WINDOW)
            window = [_Sending(row["_id"], [unseal(event) for event in row["events"]]) async for row in cursor]
            self._in_flight.update(sending.key for sending in window)
            if len(window) == _WINDOW:
                self.wake.set()
        return window

    def done(self, window: Sequence[_Sending]) -> None:
        """Take back a window that a lane has published, as far as the broker confirmed it."""
        self._confirmed += window
        self._some_confirmed.set()

    async def keep_removing(self) -> None:
        """Remove confirmed events, those of the next few milliseconds in the same write."""
        while True:
            await self._some_confirmed.wait()
            await asyncio.sleep(_COLLECT_SECONDS)
            await self.remove_confirmed()

    async def remove_confirmed(self) -> None:
        """Remove confirmed events from their documents, and end the flight of their aggregates.

        The write is acknowledged by the primary alone: losing it costs a second copy of an event, which consumers drop.
        It changes no `version`, so no command is refused for it, and the change stream does not wake the relay for it.
        """
        self._some_confirmed.clear()
        windows, self._confirmed = self._confirmed, []
        removals = [
            UpdateOne({"_id": sending.key}, {"$pull": {"events": {"id": {"$in": sending.sent}}}})
            for sending in windows
            if sending.sent
        ]
        if removals:
            await self._collection.with_options(write_concern=WriteConcern(1)).bulk_write(removals, ordered=False)
        landed = {sending.key for sending in windows}
        self._in_flight -= landed
        if self._deferred & landed:
            self._deferred -= landed
            self.wake.set()
