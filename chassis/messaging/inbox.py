"""Consumers: each event takes effect exactly once, in order (notes N23, N24; ADR 4, ADR 27).

The broker delivers at least once. The ids of a batch of events are inserted into the collection `inbox` by the
transaction that holds their effects, so a copy finds its id there and changes nothing. The deliveries are acked after
the commit: a crash between the two brings the events again, and the inbox drops them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Any

import msgspec
import structlog
from aio_pika.abc import AbstractIncomingMessage
from opentelemetry.trace import Span

from chassis.context import Act, acting
from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.messaging.batch import MOST, give_up, readable, take_batches
from chassis.messaging.timelines import KnownTimelines
from chassis.runtime.tasks import PAUSES_SECONDS, forever
from chassis.runtime.telemetry import RETRIED, count_taken, joint_span, request_of, span_in, traceparent_of
from chassis.storage.mongo import Conflict, Database, Session, StorageError, is_away, is_transient, transact

_TRIES = 5
_ATTEMPTS = 30  # of a transaction that meets conflicts
_ATTEMPTS_TOGETHER = 5  # where half as many events would meet fewer
_KEEP_SECONDS = 90 * 24 * 3600
log = structlog.get_logger()

Effect = Callable[[Any, Envelope, Session], Awaitable[None]]
"""What an event does: `(model, envelope, session)`; every read and write in it must use the session."""
EffectOfMany = Callable[[Sequence["Row"], Session], Awaitable[None]]
"""What consecutive events do, in their order: `(rows, session)`. Each row has an act of its own; none is current."""


@dataclass(frozen=True, slots=True)
class Handler:
    """What a consumer does with one event type: `effect`, or `many` where it pays to take several events together.

    Attributes:
        model: The consumer's own dataclass with the fields that it needs, others are ignored; None for the payload.
        effect: Runs inside the transaction, once per attempt: a conflict runs it again. The event's act is current.
        after: Runs after the commit and before the ack, again on a redelivery; it must be idempotent. Later events of
            the same subject take effect after it.
        many: Runs as `effect` does, once for all consecutive events whose handlers have an equal `many`.
    """

    model: type[Any] | None
    effect: Effect | None = None
    after: Callable[[Envelope], Awaitable[None]] | None = None
    many: EffectOfMany | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """An event that takes effect together with others.

    Attributes:
        event: The event as the handler's model.
        envelope: Its metadata.
        act: What its effect is done under; the events that it leads to carry it.
        handler: What it does.
        span: From its arrival until it is settled.
    """

    event: Any
    envelope: Envelope
    act: Act
    handler: Handler
    span: Span


_Delivery = tuple[AbstractIncomingMessage, Row | None]
"""A message and the event in it; None for an event that has no handler."""


async def create_index(database: Database) -> None:
    """Create the index by which the ids of events expire; a step of the service's migrations."""
    await database["inbox"].create_index("at", expireAfterSeconds=_KEEP_SECONDS)


class Inbox:
    """The events of one queue, each of which takes effect once.

    Args:
        database: Holds the inbox, and what the effects change.
        queue: The queue's name; another queue of the service may bring the same events.
        handlers: Event type (`catalog.project-published`, or `#` for any) to handler.
    """

    def __init__(self, database: Database, queue: str, handlers: Mapping[str, Handler]) -> None:
        self._client = database.client
        self._collection = database["inbox"]
        self._queue = queue
        self._handlers = handlers

    def read(self, envelope: Envelope) -> Row | None:
        """The row of an event; None where it has no handler.

        Raises:
            ValidationError: The payload is not what the handler's model needs.
        """
        handler = self._handlers.get(envelope.type) or self._handlers.get("#")
        if handler is None:
            return None
        event = msgspec.convert(envelope.data, handler.model) if handler.model else envelope.data
        span = span_in(envelope.traceparent, envelope.type)
        act = Act(traceparent=traceparent_of(span) or envelope.traceparent, request=envelope.request)
        return Row(event, envelope, act, handler, span)

    async def apply(self, rows: Sequence[Row], *, attempts: int = _ATTEMPTS) -> int:
        """Apply events in order, in one transaction; one that took effect before, or is there twice, does nothing more.

        It looks before it inserts: a duplicate key would abort the transaction (notes N49).

        Args:
            rows: The events.
            attempts: How often the transaction is run at most while it meets conflicts.

        Returns:
            How many took effect.
        """
        by_key: dict[str, Row] = {}
        for row in rows:
            by_key.setdefault(f"{self._queue}|{row.envelope.id}", row)

        async def work(session: Session) -> int:
            where = {"_id": {"$in": list(by_key)}}
            cursor = self._collection.find(where, {"_id": 1}, batch_size=MOST + 1, session=session)
            applied = {document["_id"] async for document in cursor}
            new = {key: row for key, row in by_key.items() if key not in applied}
            if new:
                now = datetime.now(UTC)
                await self._collection.insert_many([{"_id": key, "at": now} for key in new], session=session)
            for many, run in groupby(new.values(), key=lambda row: row.handler.many):
                await (many or _one_by_one)(list(run), session)
            return len(new)

        if not by_key:
            return 0
        with joint_span((row.act.traceparent for row in by_key.values()), "effects"):
            return await transact(self._client, work, attempts=attempts)


async def _one_by_one(rows: Sequence[Row], session: Session) -> None:
    for row in rows:
        if row.handler.effect:
            with acting(row.act):
                await row.handler.effect(row.event, row.envelope, session)


class Consumer:
    """Consumes one queue of a service.

    Args:
        database: The service's database, which holds the inbox.
        amqp_url: The broker.
        queue: The queue's name, `<service>.<purpose>`.
        handlers: Event type (`catalog.project-published`, or `#` for any) to handler; other types are acked unread.
    """

    def __init__(
        self,
        database: Database,
        amqp_url: str,
        queue: str,
        handlers: Mapping[str, Handler],
    ) -> None:
        self._inbox = Inbox(database, queue, handlers)
        self._timelines = KnownTimelines(database, queue.partition(".")[0])
        self._amqp_url = amqp_url
        self._queue = queue

    async def run(self) -> None:
        """Consume until cancelled; where the broker is away, connect again after growing pauses."""
        await forever(self._queue, self._consume, (*amqp.BROKER_ERRORS, StorageError))

    async def _consume(self) -> None:
        await self._timelines.load()
        await take_batches(self._amqp_url, self._queue, self._take)

    async def _take(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        batch = await self._timelines.sift(self._queue, batch)
        deliveries = await readable(self._queue, batch, lambda message: self._inbox.read(amqp.from_message(message)))
        try:
            for part in _parts(deliveries):
                await self._settle(part)
        finally:
            for _, row in deliveries:
                if row:
                    row.span.end()

    async def _settle(self, part: Sequence[_Delivery]) -> None:
        """Apply deliveries together, run what comes after them, and ack them at once.

        Where they fail together, each half is settled by itself, the first one first, until the event at fault is alone
        and has its tries.
        """
        if len(part) > 1 and not await self._apply_together(part):
            middle = len(part) // 2
            await self._settle(part[:middle])
            await self._settle(part[middle:])
            return
        if len(part) == 1 and not await self._insist(part[0][0], partial(self._apply, part), waits=_meets_others):
            return
        kept = [message for message, row in part if await self._finish(message, row)]
        if kept:
            await kept[-1].ack(multiple=True)

    async def _apply_together(self, part: Sequence[_Delivery]) -> bool:
        """Whether the deliveries took effect in one transaction; an absent database is waited for."""
        while True:
            try:
                await self._apply(part, attempts=_ATTEMPTS_TOGETHER)
            except Exception as error:
                if not is_away(error):
                    log.warning("effects fail together", queue=self._queue, events=len(part), exc_info=True)
                    return False
                log.warning("effects wait for the database", queue=self._queue, error=type(error).__name__)
            else:
                return True
            await asyncio.sleep(PAUSES_SECONDS[0])

    async def _apply(self, part: Sequence[_Delivery], *, attempts: int = _ATTEMPTS) -> None:
        rows = [row for _, row in part if row]
        new = await self._inbox.apply(rows, attempts=attempts)
        count_taken(self._queue, [row.envelope.at for row in rows], new)
        for row in rows:
            said = request_of(row.act.traceparent, row.act.request)
            log.info("event taken", queue=self._queue, event_id=row.envelope.id, **said)

    async def _finish(self, message: AbstractIncomingMessage, row: Row | None) -> bool:
        """Run what comes after an effect; whether the delivery may be acked."""
        if row is None or row.handler.after is None:
            return True
        with acting(row.act):
            return await self._insist(message, partial(row.handler.after, row.envelope))

    async def _insist(
        self,
        message: AbstractIncomingMessage,
        work: Callable[[], Awaitable[None]],
        *,
        waits: Callable[[Exception], bool] = is_transient,
    ) -> bool:
        """Try until it succeeds. After five failures the delivery becomes a dead letter; False is returned then.

        The next delivery waits meanwhile, which is what keeps the order. An absent database counts no attempt: it would
        turn every event of an outage into a dead letter.

        Args:
            message: The delivery.
            work: What is tried.
            waits: Whether an error is no failure of the event's.
        """
        tries = 0
        while True:
            try:
                await work()
            except Exception as error:
                if waits(error):
                    log.warning("effect waits for the database", queue=self._queue, error=type(error).__name__)
                else:
                    tries += 1
                    RETRIED.labels(self._queue).inc()
                    log.exception("effect failed", queue=self._queue, event_id=message.message_id, tries=tries)
            else:
                return True
            if tries == _TRIES:
                await give_up(self._queue, message)
                return False
            await asyncio.sleep(PAUSES_SECONDS[max(tries - 1, 0)])


def _meets_others(error: Exception) -> bool:
    """Whether an event's effect failed through no fault of its own.

    A `Conflict` that outlasts the attempts of an event by itself is its own: a unique key that stays taken.
    """
    return is_transient(error) and not isinstance(error, Conflict)


def _parts(deliveries: Sequence[_Delivery]) -> Iterator[Sequence[_Delivery]]:
    """Cut a batch where an event would overtake what is to come after an earlier one of its subject."""
    start = 0
    unfinished: set[str] = set()
    for position, (_, row) in enumerate(deliveries):
        if row is None:
            continue
        if row.envelope.subject in unfinished:
            yield deliveries[start:position]
            start = position
            unfinished.clear()
        if row.handler.after:
            unfinished.add(row.envelope.subject)
    if deliveries:
        yield deliveries[start:]
