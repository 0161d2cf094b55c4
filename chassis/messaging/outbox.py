"""The relay: publish the events that wait inside their aggregates (notes N19, N20, N24; ADR 2).

An event waits in its aggregate's document from the write that caused it until the broker has confirmed it. From then on
the relay remembers it as sent, and moves it from the document to the collection `sent` two seconds later: a removal at
once would meet the next command on the same aggregate (notes N52). A crash publishes what was not yet removed again
under the same ids; consumers drop the copies by their inbox. What is sent is kept for thirty days, for a broker that
loses it (`events republish`, ADR 66).

The change stream tells which aggregates have grown, so that these are read by their keys. It need not be complete:
every few seconds a query finds whatever waits, so losing the stream, or its place in it, costs time and no event.

Relays of one service take turns by lease, which keeps copies few. The order of an aggregate's events does not depend on
the lease: a relay sends them one after the other, each after the confirm of the one before, and an event that it passes
over, because it is no longer in the document or remembered as sent, has been confirmed. So a relay that lost its lease
without noticing can add late copies, but the first copy of each event is published in order.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import DeliveryError
from pymongo import ASCENDING, UpdateOne, WriteConcern

from chassis.events import Envelope, unseal
from chassis.messaging import amqp
from chassis.messaging.generation import Generation
from chassis.messaging.sent import SentEvents
from chassis.runtime.tasks import forever, run_all
from chassis.runtime.telemetry import (
    BACKUP_TAKEN,
    BROKER_UNKNOWN,
    OLDEST_SECONDS,
    PENDING,
    PUBLISH_SECONDS,
    PUBLISHED,
    count_refused,
    publish_span,
    request_of,
)
from chassis.storage.backups import last_backup
from chassis.storage.lease import LEASE_SECONDS, Lease
from chassis.storage.mongo import Collection, Database, Document, StorageError
from chassis.storage.timeline import META

_WINDOW = 200
_LANES = 3
_CONFIRM_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 5.0
_MEASURE_SECONDS = 5.0
_GATHER_SECONDS = 0.03
_REFUSED_SECONDS = 1.0
_MOST_REFUSED = 1_000
_MOST_GROWN = 5_000
_MOST_SENT = 5_000
_REST_SECONDS = 2.0
_REMOVE_SECONDS = 0.5
_LEADERS_SECONDS = 5.0  # longer than the leader needs to publish an event, let it rest and remove it
_WAITING = {"events.at": {"$exists": True}}
_OLDEST_FIRST = [("events.at", ASCENDING)]  # the partial index that every repository has; named as a hint, too
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

log = structlog.get_logger()


@dataclass(slots=True)
class _Sending:
    """One aggregate's events while a lane publishes them.

    Attributes:
        key: The aggregate's id.
        events: Its waiting events, in order.
        sent: Those that the broker has confirmed.
        failure: Why the others were not sent.
    """

    key: Any
    events: list[Envelope]
    sent: list[Envelope] = field(default_factory=list)
    failure: Exception | None = None


@dataclass(slots=True)
class _Sent:
    """An aggregate's events that are confirmed and still lie in its document.

    Attributes:
        since: When the first of them was confirmed, `time.monotonic()`.
        events: By their ids, in the order in which they were confirmed.
    """

    since: float
    events: dict[str, Envelope] = field(default_factory=dict)


class Relay:
    """Publishes the waiting events of some collections: in order per aggregate, at least once.

    Args:
        database: The service's database.
        collections: Names of the collections whose aggregates carry events; their repositories are prepared. The
            collection `meta` is one in every database.
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
        self._sent = SentEvents(database)
        self._outboxes = {name: _Outbox(database[name], self._sent) for name in (*collections, META)}
        self._generation = Generation(database, service)
        self._amqp_url = amqp_url
        self._service = service
        self._lease = Lease(database, f"{service}.relay", lease_seconds)
        self._leads = False

    async def run(self) -> None:
        """Publish until cancelled; where the broker or the database is away, connect again after growing pauses."""
        errors = (*amqp.BROKER_ERRORS, StorageError)
        await run_all(
            forever(f"{self._service}.relay", self._take_turns, errors),
            forever(f"{self._service}.outbox", self._measure, (StorageError,)),
        )

    async def _take_turns(self) -> None:
        """Lead while it holds the lease. A relay that waits for it has shown the broker its password, too."""
        if not amqp.was_taken():
            async with await amqp.connect(self._amqp_url, f"{self._service}.relay", trial=True):
                pass
        await self._lease.hold(self._lead)

    async def _lead(self, _: int) -> None:
        connection = await amqp.connect(self._amqp_url, f"{self._service}.relay")
        async with connection:
            await self._sent.resume()
            await self._recognise(connection)
            outboxes = self._outboxes.values()
            for outbox in outboxes:
                outbox.reset()
            lanes = (self._lane(outbox, connection) for outbox in outboxes for _ in range(_LANES))
            self._leads = True
            try:
                await run_all(
                    _lost(connection), self._listen(), *lanes, *(outbox.keep_removing() for outbox in outboxes)
                )
            finally:
                self._leads = False
                # What is sent and not yet removed would be published again by the next relay.
                await asyncio.gather(*(outbox.remove_sent() for outbox in outboxes))

    async def _recognise(self, connection: AbstractConnection) -> None:
        """Wait until the broker is the one that this service has told its events, or an operator says to go on."""
        holds_back = BROKER_UNKNOWN.labels(self._service)
        try:
            async with connection.channel(on_return_raises=True) as channel:
                while not await self._generation.is_known(channel):
                    holds_back.set(1)
                    log.error("the broker has lost what it was told: `events republish`, or `events go-on`")
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        finally:  # whoever leads next says it anew
            holds_back.set(0)

    async def _measure(self) -> None:
        """Set the gauges of what waits, and of the backup. Every relay does, so that an unheld lease is seen."""
        while True:
            measured = [await outbox.measure(leading=self._leads) for outbox in self._outboxes.values()]
            oldest = min((written for _, written in measured if written), default=None)
            PENDING.labels(self._service).set(sum(waiting for waiting, _ in measured))
            OLDEST_SECONDS.labels(self._service).set((datetime.now(UTC) - oldest).total_seconds() if oldest else 0)
            taken = await last_backup(self._database)
            BACKUP_TAKEN.labels(self._service).set(taken.timestamp() if taken else 0)
            await asyncio.sleep(_MEASURE_SECONDS)

    async def _listen(self) -> None:
        """Note the aggregates that the change stream names; it needs no resume token, as a query finds the rest."""
        async with await self._database.watch(_PIPELINE, max_await_time_ms=1_000) as changes:
            for outbox in self._outboxes.values():
                outbox.look_for_all()  # events of before the stream began
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
                with publish_span(envelope.traceparent, envelope.type, amqp.EVENTS):
                    await exchange.publish(
                        amqp.to_message(envelope), envelope.routing_key, mandatory=True, timeout=_CONFIRM_SECONDS
                    )
                sending.sent.append(envelope)
                log.info("event sent", event_id=envelope.id, **request_of(envelope.traceparent, envelope.request))
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
        outbox.refused.add(sending.key)
        asyncio.get_running_loop().call_later(_REFUSED_SECONDS, outbox.try_again, sending.key)


async def _lost(connection: AbstractConnection) -> None:
    """Notice the loss of a connection by which nothing is sent at the moment: the next broker may be another one.

    Raises:
        ConnectionError: It is lost.
    """
    lost = asyncio.Event()
    connection.close_callbacks.add(lambda *_: lost.set())
    await lost.wait()
    raise ConnectionError("the connection was closed")


class _Outbox:
    """The waiting events of one collection, shared by the lanes of a relay.

    An aggregate is in flight from the window that takes it until its events are confirmed or refused; no other window
    takes it meanwhile, or events would be published twice or out of order. What is confirmed counts as sent from then
    until it is removed from the document, and whoever reads the document passes over it.

    Attributes:
        refused: Aggregates that the broker refused, and that are left alone for a moment.
    """

    def __init__(self, collection: Collection, kept: SentEvents) -> None:
        self._collection = collection
        self._kept = kept
        self._grown: dict[Any, None] = {}  # to be read by key, in this order
        self._in_flight: set[Any] = set()
        self._sent: dict[Any, _Sent] = {}  # in the order of `since`
        self._number_sent = 0
        self._many_sent = asyncio.Event()
        self._taking = asyncio.Lock()
        self._taken_at = 0.0  # the last window, and the next look at everything: `time.monotonic()`
        self._look_at = 0.0
        self._more = False  # whether aggregates wait for which `_grown` had no room
        self._wake = asyncio.Event()
        self.refused: set[Any] = set()

    async def measure(self, *, leading: bool) -> tuple[int, datetime | None]:
        """How many aggregates have events that wait to be published, and when the oldest of these was written.

        Only the relay that holds the lease knows what is sent and waits for nothing but its removal. The others
        therefore pass over what is younger than five seconds, by when a relay that works has removed it.

        Args:
            leading: Whether this process's relay holds the lease.
        """
        if leading:
            only_sent = self._sent.keys() - self._grown.keys() - self._in_flight
            where = {**_WAITING, "_id": {"$nin": list(only_sent)}}
        else:
            where = {"events.at": {"$lt": datetime.now(UTC) - timedelta(seconds=_LEADERS_SECONDS)}}
        oldest = self._collection.find(
            where, {"events.at": 1, "events.id": 1}, sort=_OLDEST_FIRST, limit=_WINDOW, hint=_OLDEST_FIRST
        )
        written = [event["at"] async for row in oldest for event in row["events"] if not self._is_sent(row, event)]
        return await self._collection.count_documents(where, hint=_OLDEST_FIRST), min(written, default=None)

    def _is_sent(self, row: Document, event: Document) -> bool:
        return row["_id"] in self._sent and event["id"] in self._sent[row["_id"]].events

    def reset(self) -> None:
        """Begin a turn with nothing in flight: what an interrupted lane had taken may be taken again.

        What a former turn has sent stays known: it is confirmed for good.
        """
        self._grown.clear()
        self._in_flight.clear()
        self.look_for_all()

    def look_for_all(self) -> None:
        """Make the next window begin with a look at everything that waits."""
        self._look_at = 0.0
        self._wake.set()

    def note_change(self, key: Any) -> None:
        """Note that an aggregate was written; if it is in flight, it is read again once it no longer is."""
        if len(self._grown) < _MOST_GROWN:
            self._grown[key] = None
        else:
            self._more = True
        self._wake.set()

    def try_again(self, key: Any) -> None:
        """Leave a refused aggregate alone no longer."""
        self.refused.discard(key)
        self._grown[key] = None
        self._wake.set()

    async def take(self) -> list[_Sending]:
        """Take the next window: up to 200 aggregates that are not in flight, the one noted longest ago first.

        Returns once something may be waiting, or after five seconds; the window may be empty. A window that is not full
        begins at least 30 milliseconds after the one before, so that under load it gathers what comes in these; after a
        quiet time nothing waits.
        """
        async with self._taking:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_at - time.monotonic()):
                    await self._wake.wait()  # 3.11's wait_for may swallow a cancellation
            if len(self._ready()) < _WINDOW:
                await asyncio.sleep(self._taken_at + _GATHER_SECONDS - time.monotonic())
            self._taken_at = time.monotonic()
            self._wake.clear()
            if self._taken_at >= self._look_at or (self._more and len(self._ready()) < _WINDOW):
                await self._look()
            window = await self._read(self._ready())
            if self._more or self._ready():
                self._wake.set()
        return window

    def _ready(self) -> list[Any]:
        """The aggregates that the next window may take."""
        ready = (key for key in self._grown if key not in self._in_flight and key not in self.refused)
        return list(islice(ready, _WINDOW))

    async def _look(self) -> None:
        """Note all aggregates that wait without being known here, the one that waits longest first."""
        # Before the query, which may not see what comes while it runs.
        self._look_at = time.monotonic() + _LOOK_AGAIN_SECONDS
        room = max(0, _MOST_GROWN - len(self._grown))
        self._more = not room
        if room:
            known = [*self._grown, *self._in_flight, *self._sent]
            where = {**_WAITING, "_id": {"$nin": known}}
            unknown = self._collection.find(
                where, {"_id": 1}, sort=_OLDEST_FIRST, limit=room, batch_size=room, hint=_OLDEST_FIRST
            )
            keys = [row["_id"] async for row in unknown]
            self._grown.update(dict.fromkeys(keys))
            if len(keys) == room:
                self._more = True

    async def _read(self, keys: Sequence[Any]) -> list[_Sending]:
        """Take aggregates into flight, each with those of its events that are not sent."""
        self._in_flight.update(keys)
        for key in keys:
            del self._grown[key]
        # As of before the read: what is removed while it goes on may still be in what it finds.
        sent = {key: frozenset(self._sent[key].events) for key in keys if key in self._sent}
        window = []
        if keys:
            rows = self._collection.find({"_id": {"$in": keys}}, {"events": 1}, batch_size=_WINDOW)
            async for row in rows:
                passed = sent.get(row["_id"], frozenset())
                if events := [unseal(event) for event in row.get("events", ()) if event["id"] not in passed]:
                    window.append(_Sending(row["_id"], events))
        self._land(set(keys) - {sending.key for sending in window})
        return window

    def done(self, window: Sequence[_Sending]) -> None:
        """Take back a window that a lane has published, as far as the broker confirmed it."""
        now = time.monotonic()
        for sending in window:
            if sending.sent:
                confirmed = {envelope.id: envelope for envelope in sending.sent}
                self._sent.setdefault(sending.key, _Sent(now)).events.update(confirmed)
                self._number_sent += len(sending.sent)
        if self._number_sent >= _MOST_SENT:
            self._many_sent.set()
        self._land(sending.key for sending in window)

    def _land(self, keys: Iterable[Any]) -> None:
        self._in_flight.difference_update(keys)
        if self._ready():
            self._wake.set()

    async def keep_removing(self) -> None:
        """Remove from its document what was sent two seconds ago; where much has been sent, all of it at once."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_REMOVE_SECONDS):
                    await self._many_sent.wait()
            await self.remove_sent(0.0 if self._many_sent.is_set() else _REST_SECONDS)
            self._many_sent.clear()

    async def remove_sent(self, rest: float = 0.0) -> None:
        """Move sent events from their documents to `sent`, one update an aggregate.

        The writes are acknowledged by the primary alone: losing them costs a second copy of an event, which consumers
        drop.
        It changes no `version`, so no command is refused for it, and the change stream does not tell the relay of it.

        Args:
            rest: Seconds; an aggregate whose first event was sent later than that ago is left alone.
        """
        collection = self._collection.with_options(write_concern=WriteConcern(1))
        until = time.monotonic() - rest
        rested = [(key, list(sent.events.values())) for key, sent in self._sent.items() if sent.since <= until]
        for begin in range(0, len(rested), _WINDOW):
            part = rested[begin : begin + _WINDOW]
            await self._kept.add([envelope for _, events in part for envelope in events])
            removals = [
                UpdateOne({"_id": key}, {"$pull": {"events": {"id": {"$in": [envelope.id for envelope in events]}}}})
                for key, events in part
            ]
            await collection.bulk_write(removals, ordered=False)
            for key, events in part:
                self._forget(key, len(events))

    def _forget(self, key: Any, number: int) -> None:
        """Forget the first sent events of an aggregate; what was sent after them begins its rest now."""
        self._number_sent -= number
        later = dict(islice(self._sent.pop(key).events.items(), number, None))
        if later:
            self._sent[key] = _Sent(time.monotonic(), later)
