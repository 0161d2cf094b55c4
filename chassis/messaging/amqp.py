"""The broker's topology and the CloudEvents binding (docs/events.md; notes N23–N28).

Nothing here depends on what differs between RabbitMQ 3.10 and 4.x.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import structlog
from aio_pika import Connection, DeliveryMode, ExchangeType, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.connection import make_url
from aio_pika.exceptions import (
    CONNECTION_EXCEPTIONS,
    AuthenticationError,
    ChannelNotFoundEntity,
    DeliveryError,
    ProbableAuthenticationError,
)
from yarl import URL

from chassis.events import Envelope
from chassis.runtime.tasks import run_all
from chassis.runtime.telemetry import BROKER_CONNECTED, BROKER_RECONNECTS

EVENTS = "training.events"
"""The topic exchange of every event."""
DEAD = "training.dead"
"""The name of the exchange and of the queue of dead letters."""
PROVINCES = "training.provinces"
"""The direct exchange that leads to each province's queue by its name, and nowhere else (ADR 68)."""
HEARTBEAT_SECONDS = 10
"""A node that stands still is left after three of them; the library's own 60 would be three minutes (notes N94)."""
DELIVERY_LIMIT = 20
INTERNAL: dict[str, Any] = {
    "x-queue-type": "quorum",
    "x-single-active-consumer": True,
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-dead-letter-exchange": DEAD,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
"""Arguments of a service's queue: delivery limit, dead letters, refusal when full, one active consumer (order)."""
GRAVE: dict[str, Any] = {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
"""Arguments of the queue of dead letters. RabbitMQ 4.x has a delivery limit of 20 by default, and every look counts."""
Arrived = asyncio.Queue[AbstractIncomingMessage]
"""Messages in the order of their arrival."""
BROKER_ERRORS = (*CONNECTION_EXCEPTIONS, DeliveryError, TimeoutError)

_PREFIXES = ("cloudEvents_", "cloudEvents:")
_ACTOR = "actor"
_TIMELINE, _RESTORED = "timeline", "restoredto"
_CONNECT_SECONDS = 10.0
_taken = asyncio.Event()
_opened: set[str] = set()
log = structlog.get_logger()


def was_taken() -> bool:
    """Whether the broker has taken a connection of this process once, so that its address and password are right."""
    return _taken.is_set()


async def connect(urls: str, name: str, *, trial: bool = False) -> AbstractConnection:
    """Open a connection that does not reconnect by itself: its user does, so order and acks stay simple.

    Args:
        urls: The broker, with user and virtual host. Of several nodes' URLs, separated by commas, one after the other
            is tried in a random order, so that clients spread, and a lost node costs each of them one attempt.
        name: Shown by the broker's management, and in the log and the gauge `guopei_broker_connected`.
        trial: Whether it only shows that the broker takes it, and is closed at once: the gauge says nothing of it.

    Raises:
        OSError: No node took it; the last one's error. Each is in the log, with host and user.
        TimeoutError: Likewise.
    """
    nodes = [url.strip() for url in urls.split(",")]
    random.shuffle(nodes)
    for url in nodes[:-1]:
        try:
            return await _open(url, name, trial=trial)
        except BROKER_ERRORS:
            continue  # it is in the log
    return await _open(nodes[-1], name, trial=trial)


async def _open(url: str, name: str, *, trial: bool) -> AbstractConnection:
    address = make_url(url)
    if "heartbeat" not in address.query:
        address = address.update_query(heartbeat=HEARTBEAT_SECONDS)
    try:
        connection = await _connect(address, name)
    except BROKER_ERRORS as error:
        where = {"connection": name, "host": f"{address.host}:{address.port}", "user": address.user}
        if isinstance(error, AuthenticationError | ProbableAuthenticationError):
            log.error("the broker refuses user and password", **where)  # noqa: TRY400 - its stack says nothing more
        else:
            log.warning("the broker cannot be reached", **where, error=type(error).__name__)
        raise
    if not trial:
        gauge = BROKER_CONNECTED.labels(name)
        connection.close_callbacks.add(lambda *_: gauge.set(0))
        gauge.set(1)
        if name in _opened:
            BROKER_RECONNECTS.labels(name).inc()
        _opened.add(name)
    _taken.set()
    return connection


async def _connect(address: URL, name: str) -> AbstractConnection:
    """Connect to one node.

    A cancellation waits until the connection is open or has failed: cancelled in the middle, the library leaves half a
    connection behind, or swallows the cancellation. One that is not needed is closed at once: otherwise the garbage
    collector would close it, in any thread.
    """
    connection = Connection(address, client_properties={"connection_name": name})
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
    """Declare the two exchanges and the queue of dead letters; idempotent. It takes an operator's rights."""
    await channel.declare_exchange(EVENTS, ExchangeType.TOPIC, durable=True)
    dead = await channel.declare_exchange(DEAD, ExchangeType.TOPIC, durable=True)
    grave = await channel.declare_queue(DEAD, durable=True, arguments=GRAVE)
    await grave.bind(dead, "#")


async def declare_queue(channel: AbstractChannel, name: str, bindings: Sequence[str]) -> AbstractQueue:
    """Declare a service's queue as the broker's definitions have it; idempotent. It takes an operator's rights.

    Args:
        channel: An open channel.
        name: `<service>.<purpose>`.
        bindings: Topic patterns of the events that it gets.
    """
    queue = await channel.declare_queue(name, durable=True, arguments=INTERNAL)
    for binding in bindings:
        await queue.bind(EVENTS, binding)
    return queue


async def find_queue(channel: AbstractChannel, name: str) -> AbstractQueue:
    """A service's queue. A service declares and binds nothing: the definitions do (ADR 4, ADR 68).

    Args:
        channel: An open channel.
        name: `<service>.<purpose>`.

    Raises:
        ChannelNotFoundEntity: The broker does not have it; its definitions are older than the release.
    """
    try:
        return await channel.declare_queue(name, passive=True)
    except ChannelNotFoundEntity:
        log.error("the broker has no such queue: load its definitions", queue=name)  # noqa: TRY400 - says it all
        raise


async def take_in(queue: AbstractQueue, work: Callable[[Arrived], Awaitable[None]]) -> None:
    """Consume a queue until the broker closes the consumer or `work` ends.

    The consumer is never cancelled from here: the next active consumer would get later messages before the unacked ones
    of this consumer came back. The end of the connection returns all of these at once, in order.

    Args:
        queue: A declared queue.
        work: Takes the messages from the queue that it is called with, and acks them.

    Raises:
        BaseExceptionGroup: Holds `ConnectionError` where the broker closed the consumer, and what `work` raised.
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
    """The persistent CloudEvents message of an envelope; `extensions`, such as `sequence`, become attributes."""
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
        "requestid": envelope.request,
        _ACTOR: orjson.dumps(envelope.actor).decode() if envelope.actor else None,
        _TIMELINE: envelope.timeline or None,
        _RESTORED: envelope.restored.astimezone(UTC).isoformat() if envelope.restored else None,
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
    """The envelope of a message; both header prefixes of the CloudEvents binding are read.

    The broker lets a service publish under its own routing keys only (ADR 68), so the key proves the producer that the
    headers name. By the default exchange, which only the operator may write to, a message comes under its queue's name.
    An event takes effect once by its id, so one under another producer's id would keep that one's event from effect.

    Raises:
        KeyError: An attribute is missing.
        TypeError: An attribute is of another type than the binding has.
        ValueError: The body is not JSON, a time is no timestamp with an offset, the routing key is another event's, or
            the id is another producer's.
    """
    attributes = _attributes(message.headers)
    producer, _, name = attributes["type"].partition(".")
    actor = attributes.get(_ACTOR)
    restored = attributes.get(_RESTORED)
    if message.exchange and message.routing_key != _key_of(attributes):
        raise ValueError(f"{attributes['type']} under the routing key {message.routing_key}")
    if not _is_own_id(attributes):
        raise ValueError(f"{attributes['type']} under the id {attributes['id']}")
    return Envelope(
        id=attributes["id"],
        producer=producer,
        name=name,
        subject=attributes["subject"],
        version=int(attributes["aggregateversion"]),
        at=_instant(attributes["time"]),
        province=attributes["province"],
        data=orjson.loads(message.body),
        traceparent=attributes.get("traceparent"),
        actor=orjson.loads(actor) if actor else None,
        request=attributes.get("requestid"),
        timeline=int(attributes.get(_TIMELINE, 0)),
        restored=_instant(restored) if restored else None,
    )


def bears_its_key(message: AbstractIncomingMessage) -> bool:
    """Whether the routing key is that of the event which the headers name, and the id of the same producer."""
    attributes = _attributes(message.headers)
    return message.routing_key == _key_of(attributes) and _is_own_id(attributes)


def tells_timeline(message: AbstractIncomingMessage) -> bool:
    """Whether a message comes from a database that was restored from an older copy (ADR 69)."""
    return any(f"{prefix}{_TIMELINE}" in message.headers for prefix in _PREFIXES)


def _instant(value: Any) -> datetime:
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if instant.tzinfo is None:  # RFC 3339 demands it, and it could be compared with no other
        raise ValueError("a time without an offset")
    return instant


def _key_of(attributes: Mapping[str, Any]) -> str:
    """The routing key of the event that attributes name: `<producer>.<name>.<province>`."""
    return f"{attributes.get('type')}.{attributes.get('province')}"


def _is_own_id(attributes: Mapping[str, Any]) -> bool:
    """Whether an id is of the producer that the event's type names: it begins with `<producer>/`."""
    producer, _, _ = str(attributes.get("type")).partition(".")
    return str(attributes.get("id")).startswith(f"{producer}/")


def _attributes(headers: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", headers).items():
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                attributes[name.removeprefix(prefix)] = value
    return attributes
