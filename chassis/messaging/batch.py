"""A consumer that takes many events at a time, for logs that recognise by themselves what they hold already."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from aio_pika.abc import AbstractIncomingMessage

from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.runtime.tasks import PAUSES_SECONDS
from chassis.runtime.telemetry import DEAD_LETTERS, REDELIVERED, count_taken
from chassis.storage.mongo import StorageError, is_transient

MOST = 200
log = structlog.get_logger()

Effect = Callable[[Sequence[Envelope]], Awaitable[int]]
"""Stores a batch, or its first part, skipping events that are stored already; returns how many were new."""


class BatchConsumer:
    """Consumes one queue in order, a batch at a time; a batch is acked after its effect is committed.

    A crash before the ack brings the batch again, so the effect must recognise events by id.

    Args:
        amqp_url: The broker.
        queue: The queue's name, `<service>.<purpose>`.
        bindings: Topic patterns.
        effect: What a batch does; idempotent by event id.
    """

    def __init__(self, amqp_url: str, queue: str, bindings: Sequence[str], effect: Effect) -> None:
        self._amqp_url = amqp_url
        self._queue = queue
        self._bindings = bindings
        self._effect = effect

    async def run(self) -> None:
        """Consume until the connection ends.

        Raises:
            ConnectionError: The broker closed the consumer. Other errors of the broker are raised as they are.
        """
        connection = await amqp.connect(self._amqp_url, self._queue)
        async with connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=MOST)
            await amqp.declare_topology(channel)
            queue = await amqp.declare_queue(channel, self._queue, self._bindings)
            await amqp.take_in(queue, self._work)

    async def _work(self, arrived: amqp.Arrived) -> None:
        while True:
            batch = [await arrived.get()]
            while len(batch) < MOST and not arrived.empty():
                batch.append(arrived.get_nowait())
            await self._take(batch)

    async def _take(self, batch: Sequence[AbstractIncomingMessage]) -> None:
        envelopes: list[Envelope] = []
        last: AbstractIncomingMessage | None = None
        REDELIVERED.labels(self._queue).inc(sum(message.redelivered is True for message in batch))
        for message in batch:
            try:
                envelopes.append(amqp.from_message(message))
            except Exception:
                log.exception("not an event", queue=self._queue, message_id=message.message_id)
                DEAD_LETTERS.labels(self._queue).inc()
                await message.reject(requeue=False)
            else:
                last = message
        if last is None:
            return
        new = await self._insist(envelopes)
        count_taken(self._queue, [envelope.at for envelope in envelopes], new)
        await last.ack(multiple=True)

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
