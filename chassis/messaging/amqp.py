"""The broker's topology and the CloudEvents binding (docs/events.md; notes N23–N28).

Nothing here depends on what differs between RabbitMQ 3.10 and 4.x; 4.x was not run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from aio_pika import Connection, DeliveryMode, ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.connection import make_url
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError

from chassis.events import Envelope
from chassis.runtime.tasks import run_all

EVENTS = "training.events"
"""The topic exchange of every event."""
DEAD = "training.dead"
"""The exchange and the queue of dead letters."""
DELIVERY_LIMIT = 20
INTERNAL: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-single-active-consumer": True,
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
"""What a service's own queue is: delivery limit, dead letter, refusal when full, one active consumer for order."""
GRAVE: dict[str, Any] = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
"""What the queue of dead letters is: 4.x has a limit of 20 by default, and every look at a letter counts."""
Arrived = asyncio.Queue[AbstractIncomingMessage]
"""Messages in the order of their arrival."""
BROKER_ERRORS = (*CONNECTION_EXCEPTIONS, DeliveryError, TimeoutError)

_PREFIXES = ("cloudEvents_", "cloudEvents:")
_ACTOR = "actor"
_CONNECT_SECONDS = 10.0


async def connect(url: str, name: str) -> AbstractConnection:
    """A plain connection: whoever uses it connects anew when it breaks, so that order and acks stay plain too.

    A cancellation waits until it stands or has failed: the library would leave half of it behind, or pass over the
    cancellation. Whatever does not stand is closed: left alone, it would try so when it is collected, in any thread.
    """
    connection = Connection(make_url(url), client_properties={"connection_name": name})
    connecting = asyncio.ensure_future(connection.connect(timeout=_CONNECT_SECONDS))
    stopped = False
    while not connecting.done():
        try:
            await asyncio.wait([connecting])
        except asyncio.CancelledError:
            stopped = True
    if stopped or connecting.exception():
        await connection.close()
    if stopped:
        raise asyncio.CancelledError
    connecting.result()
    return connection


async def declare_topology(channel: AbstractChannel) -> None:
    """The exchanges that every service relies on, and the queue where dead letters rest; idempotent."""
    await channel.declare_exchange(EVENTS, ExchangeType.TOPIC, durable=True)
    dead = await channel.declare_exchange(DEAD, ExchangeType.TOPIC, durable=True)
    grave = await channel.declare_queue(DEAD, durable=True, arguments=GRAVE)
    await grave.bind(dead, "#")


async def declare_queue(channel: AbstractChannel, name: str, bindings: Sequence[str]) -> AbstractQueue:
    """A service's own queue, as the broker's definitions have it; idempotent."""
    queue = await channel.declare_queue(name, durable=True, arguments=INTERNAL)
    for binding in bindings:
        await queue.bind(EVENTS, binding)
    return queue


async def take_in(queue: AbstractQueue, work: Callable[[Arrived], Awaitable[None]]) -> None:
    """Consume a queue: what arrives is put where `work` takes it from, until the broker ends it.

    Never cancels the consumer by itself: the next active consumer would get what follows before what this one had not
    acked came back. The end of the connection gives all of it back at once, in order.

    Raises:
        ConnectionError: The consumer was closed; it comes in a group, as what `work` raises does.
    """
    arrived: Arrived = asyncio.Queue()
    closed = asyncio.Event()

    def close(*_: object) -> None:
        closed.set()

    async def listen() -> None:
        queue.close_callbacks.add(close)
        await queue.consume(arrived.put)
        await closed.wait()
        raise ConnectionError("the consumer was closed")

    await run_all(listen(), work(arrived))


def to_message(envelope: Envelope, **extensions: Any) -> Message:
    """An envelope as a persistent CloudEvents message; `extensions` become attributes, such as `sequence`."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": envelope.id,
        "source": f"/{envelope.producer}",
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.at.astimezone(UTC).isoformat(),
        "province": envelope.province,
        "aggregateversion": envelope.version,
        "traceparent": envelope.traceparent,
        _ACTOR: orjson.dumps(envelope.actor).decode() if envelope.actor else None,
        **extensions,
    }
    return Message(
        orjson.dumps(envelope.data),
        content_type="application/json",
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=envelope.id,
        headers={f"cloudEvents_{name}": value for name, value in attributes.items() if value is not None},
    )


def from_message(message: AbstractIncomingMessage) -> Envelope:
    """The envelope of a message, with either of the binding's two header prefixes.

    Raises:
        KeyError: An attribute is missing.
        ValueError: The body is not JSON or the time is no timestamp.
    """
    attributes = _attributes(message.headers)
    producer, _, name = attributes["type"].partition(".")
    time = attributes["time"]
    actor = attributes.get(_ACTOR)
    return Envelope(
        id=attributes["id"],
        producer=producer,
        name=name,
        subject=attributes["subject"],
        version=int(attributes["aggregateversion"]),
        at=time if isinstance(time, datetime) else datetime.fromisoformat(time),
        province=attributes["province"],
        data=orjson.loads(message.body),
        traceparent=attributes.get("traceparent"),
        actor=orjson.loads(actor) if actor else None,
    )


def _attributes(headers: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", headers).items():
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                found[name.removeprefix(prefix)] = value
    return found
