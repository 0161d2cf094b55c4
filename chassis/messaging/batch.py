"""The loop of all consumers: a queue's deliveries in batches, in order (ADR 4, ADR 27).

`chassis.messaging.inbox.Consumer` runs it for events whose effects need an inbox; `BatchConsumer` for logs that
recognise by themselves what they hold already.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import structlog
from aio_pika.abc import AbstractIncomingMessage

from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.runtime.tasks import PAUSES_SECONDS
from chassis.runtime.telemetry import DEAD_LETTERS, REDELIVERED, count_taken
from chassis.storage.mongo import StorageError, is_transient

MOST = 200
"""The most deliveries of a batch, and how many unacked ones the broker may have sent."""
LINGER_SECONDS = 0.1
"""How long a batch that is not full waits for more after its first delivery."""
log = structlog.get_logger()
T = TypeVar("T")

Take = Callable[[Sequence[AbstractIncomingMessage]], Awaitable[None]]
"""Gives a batch its effect, and acks or rejects each of its deliveries."""
Sift = Callable[[str, Sequence[AbstractIncomingMessage]], Awaitable[Sequence[AbstractIncomingMessage]]]
Effect = Callable[[Sequence[Envelope]], Awaitable[int]]
"""Stores a batch, skipping events that are stored already; returns how many were new."""


async def take_batches(
    amqp_url: str,
    name: str,
    take: Take,
    *,
    linger: float = LINGER_SECONDS,
) -> None:
    """Consume a queue in order, a batch at a time, until the connection ends.

    Args:
        amqp_url: The broker.
        name: The queue's name, `<service>.<purpose>`.
        take: Called with one batch after the other, each of 1 to `MOST` deliveries.
        linger: Seconds to wait for more after the first of a batch.

    Raises:
        ConnectionError: The broker closed the consumer; it comes in a group, as does what `take` raised.
    """

    async def work(arrived: amqp.Arrived) -> None:
        while True:
            batch = await _drained(arrived, linger)
            REDELIVERED.labels(name).inc(sum(message.redelivered is True for message in batch))
            await take(batch)

    async with await amqp.connect(amqp_url, name) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=MOST)
        queue = await amqp.find_queue(channel, name)
        await amqp.take_in(queue, work)


async def _drained(arrived: amqp.Arrived, linger: float) -> list[AbstractIncomingMessage]:
    """The next deliveries in order: waits for the first, then for more until the batch is full or the time is up."""
    batch = [await arrived.get()]
    with suppress(TimeoutError):
        async with asyncio.timeout(linger):
            while len(batch) < MOST:
                batch.append(await arrived.get())
    return batch


async def readable(
    queue: str, batch: Sequence[AbstractIncomingMessage], read: Callable[[AbstractIncomingMessage], T]
) -> list[tuple[AbstractIncomingMessage, T]]:
    """The deliveries of a batch that can be read, each with what it reads as; the others become dead letters.

    Reading is pure, so it is not tried again.
    """
    rows: list[tuple[AbstractIncomingMessage, T]] = []
    for message in batch:
        try:
            rows.append((message, read(message)))
        except Exception:
            log.exception("unreadable event", queue=queue, message_id=message.message_id)
            await give_up(queue, message)
    return rows


async def give_up(queue: str, message: AbstractIncomingMessage, reason: str | None = None) -> None:
    """Make a delivery a dead letter. An ack of several later deliveries passes over it: it is settled.

    Args:
        queue: The queue that it comes from.
        message: The delivery.
        reason: What the letter says of why, instead of the broker's own word for a consumer that gives up.
    """
    DEAD_LETTERS.labels(queue).inc()
    if reason is None:
        await message.reject(requeue=False)
    else:
        await amqp.bury(message, queue, reason)
        await message.ack()


class BatchConsumer:
    """Consumes one queue for a log that recognises events by id; a batch is acked after its effect is committed.

    Args:
        amqp_url: The broker.
        queue: The queue's name, `<service>.<purpose>`.
        effect: What a batch does. A crash before the ack brings the batch again.
        linger: Seconds to wait for more after the first of a batch.
        sift: Takes out what is given no effect, called with the queue's name and a batch; nothing by default.
    """

    def __init__(
        self,
        amqp_url: str,
        queue: str,
        effect: Effect,
        *,
        linger: float = LINGER_SECONDS,
        sift: Sift | None = None,
    ) -> None:
        self._amqp_url = amqp_url
        self._queue = queue
        self._effect = effect
        self._linger = linger
        self._sift = sift

    async def run(self) -> None:
        """Consume until the connection ends.

        Raises:
            ConnectionError: The broker closed the consumer. Other errors of the broker are raised as they are.
        """
        await take_batches(self._amqp_url, self._queue, self._take, linger=self._linger)

    async def _take(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        if self._sift:
            batch = await self._sift(self._queue, batch)
        rows = await readable(self._queue, batch, amqp.from_message)
        if not rows:
            return
        new = await self._insist([envelope for _, envelope in rows])
        count_taken(self._queue, [envelope.at for _, envelope in rows], new)
        await rows[-1][0].ack(multiple=True)

    async def _insist(self, envelopes: Sequence[Envelope]) -> int:
        """Apply the batch until it succeeds, whatever the database answers; what it refuses for good is a defect.

        Giving the batch back instead would count as a delivery of every event in it, and at the limit all of them would
        become dead letters for the sake of one. A log stands still until the defect is mended, and shows an error.
        """
        attempts = 0
        while True:
            try:
                return await self._effect(envelopes)
            except StorageError as error:
                if is_transient(error):
                    log.warning("batch waits for the database", queue=self._queue, error=type(error).__name__)
                else:
                    log.exception("batch is refused by the database", queue=self._queue)
            await asyncio.sleep(PAUSES_SECONDS[min(attempts, len(PAUSES_SECONDS) - 1)])
            attempts += 1
