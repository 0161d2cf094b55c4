"""The provincial feed: one worker takes every event into the logs, and sends the provinces what is theirs (R27)."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import DeliveryError

from chassis.events import NATIONWIDE, Envelope
from chassis.messaging import amqp
from chassis.messaging.batch import BatchConsumer
from chassis.runtime.tasks import run_all
from chassis.runtime.telemetry import PUBLISHED, count_refused
from chassis.storage.cursor import cursor_of
from kernel.reference import provinces
from services.enrollment.store import Entry, Feed

QUEUE = "enrollment.feed"
BINDINGS = ("#",)
_CONFIRM_SECONDS = 10.0
_LOOK_AGAIN_SECONDS = 5.0
_MOST_FRESH = 2_000
_REMEMBER_SECONDS = 0.2
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
        "catalog.quota-reconciled",
        "catalog.review-submitted",
        "catalog.project-drafted",
        "catalog.project-submitted",
        "catalog.project-review-started",
        "catalog.project-returned",
        "catalog.project-rejected",
        "catalog.project-approved",
        "catalog.project-withdrawn",
        "catalog.project-lapsed",
        "gateway.account-provisioned",
        "gateway.base-added",
        "gateway.code-issued",
        "gateway.account-reset",
        "gateway.account-unlocked",
        "gateway.account-disabled",
        "gateway.person-delegated",
        "gateway.sessions-revoked",
        "gateway.password-set",
        "enrollment.roster-committed",
        "enrollment.roster-finished",
        "enrollment.teacher-corrected",
        "enrollment.teacher-revealed",
    }
)
"""What stays between a base, its reviewers and the ministry: a project is public from its publication on (R15, R17).
Acts upon accounts are the audit's matter (R40), a school's rosters its own, whose rows come as events of their own
(R22), and a teacher's corrected or revealed data the teacher's, the school's, the base's and the audit's (R41)."""


def readers_of(event: Envelope) -> tuple[str, ...]:
    """The provinces whose logs an event belongs to, besides the nation's: its own, every one, or none."""
    known = provinces()
    if event.type in FOR_EVERY_PROVINCE:
        return tuple(known)
    return (event.province,) if event.province in known and event.type not in NOT_FOR_PROVINCES else ()


class FeedWorker:
    """Fills the logs and empties them into the provinces' queues; works alone, and the logs refuse a second one.

    Args:
        feed: The logs.
        amqp_url: The broker.
    """

    def __init__(self, feed: Feed, amqp_url: str) -> None:
        self._feed = feed
        self._amqp_url = amqp_url
        self._wake = asyncio.Event()
        self._fresh: list[Entry] = []
        self._sent: dict[str, int] = {}
        self._moved = asyncio.Event()

    async def lead(self, _: int) -> None:
        """Work until the broker or the database is away, or a newer worker takes over.

        Raises:
            Deposed: A newer worker has taken over; like other failures it comes in a group.
        """
        writer = await self._feed.writer()
        self._sent, self._fresh = await self._feed.positions(), []

        async def append(batch: Sequence[Envelope]) -> int:
            entries = await writer.append([(event, readers_of(event)) for event in batch])
            self._fresh = [*self._fresh, *entries][-_MOST_FRESH:]
            self._wake.set()
            return sum(entry.province == NATIONWIDE for entry in entries)

        consumer = BatchConsumer(self._amqp_url, QUEUE, BINDINGS, append)
        await run_all(consumer.run(), self._publish(), self._remember())

    async def _publish(self) -> None:
        """Send what has just been appended as it is at hand, and what it does not follow on from the log."""
        connection = await amqp.connect(self._amqp_url, f"{QUEUE}.publisher")
        async with connection:
            queues = _Queues(connection)
            behind = True
            while True:
                self._wake.clear()
                fresh, self._fresh = self._fresh, []
                await self._send(queues, self._following(fresh, queues.open_ones(self._sent)))
                behind = behind or bool(queues.refusing) or not self._have(fresh)
                while behind and (positions := queues.open_ones(await self._feed.lagging(self._sent))):
                    await self._send(queues, await self._feed.after(positions))
                behind = False
                try:
                    async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    behind = True

    def _following(self, fresh: Sequence[Entry], positions: dict[str, int]) -> dict[str, list[Entry]]:
        """Of each province what follows right on its position."""
        ends, found = dict(positions), dict[str, list[Entry]]()
        for entry in fresh:
            if ends.get(entry.province, -1) == entry.sequence - 1:
                ends[entry.province] = entry.sequence
                found.setdefault(entry.province, []).append(entry)
        return found

    def _have(self, fresh: Sequence[Entry]) -> bool:
        """Whether the provinces' queues have all of it."""
        return all(entry.sequence <= self._sent.get(entry.province, entry.sequence) for entry in fresh)

    async def _send(self, queues: "_Queues", entries: dict[str, list[Entry]]) -> None:
        self._sent |= await queues.send(entries)
        self._moved.set()

    async def _remember(self) -> None:
        """Keep how far the queues have got, for the next worker; what it does not learn it sends again."""
        kept = dict(self._sent)
        try:
            while True:
                await self._moved.wait()
                self._moved.clear()
                await asyncio.sleep(_REMEMBER_SECONDS)
                await self._keep(kept)
        finally:
            await self._keep(kept)

    async def _keep(self, kept: dict[str, int]) -> None:
        if moved := {code: at for code, at in self._sent.items() if kept[code] != at}:
            await self._feed.sent(moved)
            kept |= moved


class _Queues:
    """The provinces' queues, each with a channel of its own, so that order, returns and refusals are its own too.

    Attributes:
        refusing: Those that have refused and confirmed nothing since, and until when they are passed over.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        self._connection = connection
        self._channels: dict[str, AbstractChannel] = {}
        self.refusing: dict[str, float] = {}

    def open_ones(self, positions: dict[str, int]) -> dict[str, int]:
        """The positions of those that have not refused just now."""
        now = time.monotonic()
        return {code: at for code, at in positions.items() if self.refusing.get(code, 0.0) <= now}

    async def send(self, entries: dict[str, list[Entry]]) -> dict[str, int]:
        """Send to all at once; returns how far each has confirmed without a hole."""
        confirmed = await asyncio.gather(*(self._send(code, rows) for code, rows in entries.items()))
        return {code: at for code, at in zip(entries, confirmed, strict=True) if at}

    async def _send(self, code: str, entries: Sequence[Entry]) -> int:
        channel = self._channels.get(code)
        if channel is None:
            channel = self._channels[code] = await self._connection.channel(on_return_raises=True)
        outcomes = await asyncio.gather(*(_put(channel, one) for one in entries), return_exceptions=True)
        at = 0
        for entry, outcome in zip(entries, outcomes, strict=True):
            if isinstance(outcome, DeliveryError | TimeoutError):
                log.warning("province refuses", province=code, error=type(outcome).__name__)
                count_refused(QUEUE, outcome)
                self.refusing[code] = time.monotonic() + _LOOK_AGAIN_SECONDS
                await self._channels.pop(code).close()  # it might go on being refused when there is room again
                break
            if isinstance(outcome, BaseException):
                raise outcome
            PUBLISHED.labels(QUEUE).inc()
            at = entry.sequence
            self.refusing.pop(code, None)
        return at


async def _put(channel: AbstractChannel, entry: Entry) -> None:
    """Publish with confirm; started in order, for the broker gets a channel's publishes in the order of their start."""
    event = replace(entry.event, actor=None)  # who acted is the audit's matter, not the provinces'
    message = amqp.to_message(event, sequence=entry.sequence, cursor=cursor_of(entry.sequence))
    await channel.default_exchange.publish(
        message, f"province.{entry.province}", mandatory=True, timeout=_CONFIRM_SECONDS
    )
