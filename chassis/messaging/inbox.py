"""Consumers: each event takes effect exactly once, in order (notes N23, N24; ADR 4).

The broker delivers at least once. The event's id is inserted into the collection `inbox` by the transaction that holds
the event's effect, so a copy finds the id and changes nothing. The delivery is acked after the commit: a crash between
the two brings the event again, and the inbox drops it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog
from aio_pika.abc import AbstractIncomingMessage
from pymongo import AsyncMongoClient

from chassis.context import Act, acting
from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.runtime.tasks import PAUSES_SECONDS, forever
from chassis.runtime.telemetry import (
    DEAD_LETTERS,
    REDELIVERED,
    RETRIED,
    context_of,
    count_taken,
    current_traceparent,
    tracer,
)
from chassis.storage.mongo import Database, Document, Session, StorageError, is_transient, transact

_PREFETCH = 50
_TRIES = 5
_KEEP_SECONDS = 90 * 24 * 3600
log = structlog.get_logger()

Effect = Callable[[Any, Envelope, Session], Awaitable[None]]
"""What an event does: `(model, envelope, session)`; every read and write in it must use the session."""


@dataclass(frozen=True, slots=True)
class Handler:
    """What a consumer does with one event type.

    Attributes:
        model: The consumer's own dataclass with the fields that it needs, others are ignored; None for the payload.
        effect: Runs inside the transaction, once per attempt: a conflict runs it again.
        after: Runs after the commit and before the ack, again on a redelivery; it must be idempotent.
    """

    model: type[Any] | None
    effect: Effect
    after: Callable[[Envelope], Awaitable[None]] | None = None


class Consumer:
    """Consumes one queue of a service.

    Args:
        database: The service's database, which holds the inbox.
        amqp_url: The broker.
        queue: The queue's name, `<service>.<purpose>`.
        bindings: Topic patterns.
        handlers: Event type (`catalog.project-published`, or `#` for any) to handler; other types are acked unread.
        moved: Another queue of the service to the patterns that moved there from this one. They are bound there
            before they are unbound here, so that no event of theirs is unroutable in between.
    """

    def __init__(
        self,
        database: Database,
        amqp_url: str,
        queue: str,
        bindings: Sequence[str],
        handlers: Mapping[str, Handler],
        *,
        moved: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._client: AsyncMongoClient[Document] = database.client
        self._inbox = database["inbox"]
        self._amqp_url = amqp_url
        self._queue = queue
        self._bindings = bindings
        self._handlers = handlers
        self._moved = moved or {}

    async def run(self) -> None:
        """Consume until cancelled; where the broker is away, connect again after growing pauses."""
        await forever(self._queue, self._consume, (*amqp.BROKER_ERRORS, StorageError))

    async def _consume(self) -> None:
        await self._inbox.create_index("at", expireAfterSeconds=_KEEP_SECONDS)
        connection = await amqp.connect(self._amqp_url, self._queue)
        async with connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=_PREFETCH)
            await amqp.declare_topology(channel)
            queue = await amqp.declare_queue(channel, self._queue, self._bindings)
            for name, bindings in self._moved.items():
                await amqp.declare_queue(channel, name, bindings)
                for binding in bindings:
                    await queue.unbind(amqp.EVENTS, binding)
            await amqp.take_in(queue, self._work)

    async def _work(self, arrived: amqp.Arrived) -> None:
        while True:
            await self._take(await arrived.get())

    async def _take(self, message: AbstractIncomingMessage) -> None:
        """Apply one delivery. After five failures it becomes a dead letter; an absent database is waited for.

        The next delivery waits meanwhile, which is what keeps the order. An absent database counts no attempt: it would
        turn every event of an outage into a dead letter.
        """
        tries = 0
        REDELIVERED.labels(self._queue).inc(int(message.redelivered is True))
        while tries < _TRIES:
            try:
                await self._apply(amqp.from_message(message))
            except Exception as error:
                if is_transient(error):
                    log.warning("effect waits for the database", queue=self._queue, error=type(error).__name__)
                else:
                    tries += 1
                    RETRIED.labels(self._queue).inc()
                    log.exception("effect failed", queue=self._queue, event_id=message.message_id, tries=tries)
            else:
                await message.ack()
                return
            await asyncio.sleep(PAUSES_SECONDS[max(tries - 1, 0)])
        DEAD_LETTERS.labels(self._queue).inc()
        await message.reject(requeue=False)

    async def _apply(self, envelope: Envelope) -> None:
        handler = self._handlers.get(envelope.type) or self._handlers.get("#")
        if handler is None:
            return
        data = msgspec.convert(envelope.data, handler.model) if handler.model else envelope.data

        async def work(session: Session) -> bool:
            key = f"{self._queue}|{envelope.id}"
            if await self._inbox.find_one({"_id": key}, session=session):
                return False
            await self._inbox.insert_one({"_id": key, "at": datetime.now(UTC)}, session=session)
            await handler.effect(data, envelope, session)
            return True

        span = tracer.start_as_current_span(envelope.type, context=context_of(envelope.traceparent))
        with span, acting(Act(traceparent=current_traceparent() or envelope.traceparent)):
            is_new = await transact(self._client, work)
            count_taken(self._queue, [envelope.at], int(is_new))
            if handler.after:
                await handler.after(envelope)
