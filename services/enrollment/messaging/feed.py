"""The provincial feed: into the logs with the inbox, and from there to each province's queue (R27)."""

import asyncio
from itertools import groupby

import structlog
from aio_pika.abc import AbstractConnection, AbstractExchange
from aio_pika.exceptions import DeliveryError

from chassis import amqp
from chassis.events import NATIONWIDE, Envelope
from chassis.inbox import Handler
from chassis.mongo import Session
from chassis.reference import provinces
from services.enrollment.store import Entry, Feed

_CONFIRM_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 15.0
log = structlog.get_logger()

FOR_EVERY_PROVINCE = frozenset(
    {
        "catalog.round-opened",
        "catalog.phase-extended",
        "catalog.project-published",
        "catalog.project-amended",
        "catalog.project-cancelled",
    }
)
"""Public matters that concern every province, wherever the base is."""

NOT_FOR_PROVINCES = frozenset(
    {
        "catalog.base-team-set",
        "catalog.quota-adjusted",
        "catalog.review-submitted",
        "catalog.project-drafted",
        "catalog.project-submitted",
        "catalog.project-review-started",
        "catalog.project-returned",
        "catalog.project-rejected",
        "catalog.project-approved",
        "catalog.project-withdrawn",
        "catalog.project-lapsed",
    }
)
"""What stays between a base, its reviewers and the ministry: a project is public from its publication on (R15, R17)."""


def readers_of(event: Envelope) -> tuple[str, ...]:
    """The logs an event belongs to: the ministry's (`00`) always, its province's, or every province's."""
    known = provinces()
    if event.type in FOR_EVERY_PROVINCE:
        return (NATIONWIDE, *known)
    if event.province in known and event.type not in NOT_FOR_PROVINCES:
        return (NATIONWIDE, event.province)
    return (NATIONWIDE,)


class FeedPublisher:
    """Sends what waits in the logs to `province.<code>`, in order; a province whose queue refuses stops no other.

    Args:
        feed: The logs.
        amqp_url: The broker.
    """

    def __init__(self, feed: Feed, amqp_url: str) -> None:
        self._feed = feed
        self._amqp_url = amqp_url
        self._turn = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._exchange: AbstractExchange | None = None

    def handler(self) -> Handler:
        """Any event: into the logs inside the inbox's transaction, then out."""
        return Handler(None, self._append, self._after)

    async def run(self) -> None:
        """Look again from time to time, for queues that refused come back; connects anew by `forever`."""
        while True:
            await self.drain()
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def drain(self) -> None:
        """Send everything that waits; returns when nothing is left but what was refused."""
        async with self._turn:
            try:
                await self._drain()
            except amqp.BROKER_ERRORS:
                await self.close()
                raise

    async def close(self) -> None:
        """Close the connection, if one was opened."""
        connection, self._connection = self._connection, None
        if connection:
            await connection.close()

    async def _drain(self) -> None:
        refused: set[str] = set()
        while waiting := await self._feed.waiting(tuple(refused)):
            exchange = await self._open()
            for province, entries in groupby(waiting, lambda one: one.province):
                if not await self._send(exchange, list(entries)):
                    refused.add(province)

    async def _append(self, _: object, envelope: Envelope, session: Session) -> None:
        await self._feed.append(envelope, readers_of(envelope), session)

    async def _after(self, _: Envelope) -> None:
        await self.drain()

    async def _send(self, exchange: AbstractExchange, entries: list[Entry]) -> bool:
        sent: list[Entry] = []
        try:
            for one in entries:
                await exchange.publish(
                    amqp.to_message(one.event, sequence=one.sequence),
                    f"province.{one.province}",
                    mandatory=True,
                    timeout=_CONFIRM_SECONDS,
                )
                sent.append(one)
        except (DeliveryError, TimeoutError) as error:
            log.warning("province refuses", province=entries[0].province, error=type(error).__name__)
            return False
        finally:
            if sent:
                await self._feed.sent(sent)
        return True

    async def _open(self) -> AbstractExchange:
        if self._exchange is None or self._connection is None or self._connection.is_closed:
            self._connection = await amqp.connect(self._amqp_url, "enrollment.feed.publisher")
            channel = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
            self._exchange = channel.default_exchange
        return self._exchange
