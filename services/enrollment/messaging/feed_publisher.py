"""The provincial feed: one worker appends every event to the logs and publishes each province's own (R27, ADR 7)."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from aio_pika.exceptions import DeliveryError
from prometheus_client import Gauge

from chassis.events import NATIONWIDE, Envelope
from chassis.messaging import amqp
from chassis.messaging.batch import BatchConsumer
from chassis.messaging.timelines import KnownTimelines
from chassis.runtime.tasks import run_all
from chassis.runtime.telemetry import PUBLISHED, count_refused, publish_span
from chassis.storage.cursor import cursor_of
from kernel.reference import provinces
from services.enrollment.store import Entry, Epoch, Feed

QUEUE = "enrollment.feed"
"""The queue that all events come in by; also the name of the worker's lease."""
BINDINGS = ("#",)
_CONFIRM_SECONDS = 10.0
_LINGER_SECONDS = 0.02  # provinces follow live: shorter than projections may wait
_LOOK_AGAIN_SECONDS = 5.0
_MOST_IN_MEMORY = 2_000
_STORE_EVERY_SECONDS = 0.2
FEED_SENT = Gauge("guopei_feed_sent", "The last number that each province's queue has confirmed", ["province"])
log = structlog.get_logger()

FOR_EVERY_PROVINCE = frozenset(
    {
        "catalog.round-opened",
        "catalog.phase-extended",
        "catalog.round-amended",
        "catalog.project-published",
        "catalog.project-amended",
        "catalog.project-cancelled",
        "assessment.inspection-announced",
        "assessment.inspection-drawn",
        "assessment.inspection-voided",
        "assessment.evaluation-keys-listed",
        "assessment.grades-published",
    }
)
"""Events that every province gets, whichever province the base is in."""

NOT_FOR_PROVINCES = frozenset(
    {
        "catalog.base-team-set",
        "catalog.contacts-revealed",
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
        "catalog.start-missed",
        "catalog.finish-missed",
        "assessment.project-settled",
        "assessment.record-reopened",
        "assessment.results-due",
        "assessment.certificate-job-started",
        "assessment.inspection-frozen",
        "assessment.inspection-beacons-recorded",
        "assessment.inspection-replaced",
        "assessment.inspection-extended",
        "assessment.inspection-closed",
        "assessment.rectification-due",
        "assessment.assessments-computed",
        "assessment.annual-comments-opened",
        "assessment.annual-commented",
        "assessment.annual-item-adjusted",
        "assessment.annual-appealed",
        "assessment.annual-appeal-decided",
        "assessment.quota-proposal-declined",
        "assessment.complaint-recorded",
        "assessment.evaluation-reminded",
        "gateway.account-provisioned",
        "gateway.base-added",
        "gateway.base-removed",
        "gateway.code-issued",
        "gateway.account-reset",
        "gateway.account-unlocked",
        "gateway.account-disabled",
        "gateway.account-moved",
        "gateway.person-delegated",
        "gateway.sessions-revoked",
        "gateway.password-set",
        "gateway.second-factor-enrolled",
        "gateway.second-factor-reset",
        "gateway.recovery-codes-issued",
        "gateway.recovery-code-used",
        "enrollment.roster-committed",
        "enrollment.roster-finished",
        "enrollment.teacher-corrected",
        "enrollment.teacher-revealed",
        "enrollment.teacher-requested",
        "enrollment.teacher-request-answered",
        "enrollment.teacher-request-escalated",
        "enrollment.teacher-request-decided",
        "enrollment.teacher-request-withdrawn",
        "enrollment.teacher-request-readdressed",
        "enrollment.teacher-joined",
        "enrollment.teacher-left",
        "enrollment.contacts-revealed",
        "enrollment.attendee-named",
        "enrollment.feed-epoch-begun",
        "enrollment.timeline-begun",
        "catalog.timeline-begun",
        "assessment.timeline-begun",
        "gateway.timeline-begun",
    }
)
"""Events that no province gets; only the nation's log has them.

- `catalog`: until its publication a project is known to its base, its reviewers and the ministry (R15, R17).
- `assessment.inspection-*` but what all provinces witness: the rest is public beside the graph (R37).
- `assessment.annual-*` but `annual-finalized`: a province sees a grade once it is final (R38).
- `attendee-named`: a name, sealed for assessment alone (ADR 52).
- `contacts-revealed`: who called whom is for the audit log (R40, R41).
- `gateway`: what happens to accounts is in the audit log (R40).
- `enrollment.roster-*`: a roster is its school's; its rows come as events of their own (R22).
- `enrollment.teacher-*` but `teacher-added`: personal data are for the teacher, the school, the base and the audit log
  (R41); where a person goes to is a matter of two schools, one of which may be another province's (R20, R27)."""


def readers_of(event: Envelope) -> tuple[str, ...]:
    """The provinces whose logs get an event, by code: its own, all, or none. The nation's log gets every event."""
    codes = provinces()
    if event.type in FOR_EVERY_PROVINCE:
        return tuple(codes)
    return (event.province,) if event.province in codes and event.type not in NOT_FOR_PROVINCES else ()


class FeedWorker:
    """Appends events to the logs and publishes the logs to the provinces' queues.

    Only one worker runs at a time, under a lease; a second one that believes it still has the lease is refused by the
    logs (`Feed.writer`).

    Args:
        feed: The logs.
        amqp_url: The broker.
        timelines: Of the services whose events it takes; without them it takes those of lost time too.
    """

    def __init__(self, feed: Feed, amqp_url: str, timelines: KnownTimelines | None = None) -> None:
        self._feed = feed
        self._timelines = timelines
        self._amqp_url = amqp_url
        self._appended: list[Entry] = []
        """Entries appended since the publisher last looked, the latest `_MOST_IN_MEMORY` of them."""
        self._wake = asyncio.Event()
        self._confirmed: dict[str, int] = {}
        """By province, the last sequence number that its queue has confirmed."""
        self._moved = asyncio.Event()

    async def run(self, _: int) -> None:
        """Work until the broker or the database is away, or a newer worker has taken over.

        The token of the lease is not needed: the logs have a fence of their own.

        Raises:
            FencedOff: A newer worker has taken over; like other failures it comes in a group.
        """
        if self._timelines:
            await self._timelines.load()
        writer = await self._feed.writer()
        self._appended = []
        self._note_confirmed(await self._feed.positions())

        async def append(batch: Sequence[Envelope]) -> int:
            entries = await writer.append([(event, readers_of(event)) for event in batch])
            self._appended = [*self._appended, *entries][-_MOST_IN_MEMORY:]
            self._wake.set()
            return sum(entry.province == NATIONWIDE for entry in entries)

        sift = self._timelines.sift if self._timelines else None
        consumer = BatchConsumer(self._amqp_url, QUEUE, append, linger=_LINGER_SECONDS, sift=sift)
        await run_all(consumer.run(), self._publish(), self._store_positions())

    async def _publish(self) -> None:
        """Publish each log in order, without a gap, from where its queue has got to.

        The quick way takes entries from memory, as they were just appended: no read of the database lies between an
        event and its province. It serves a queue only while that is level with the log. Whatever the quick way cannot
        do is left to the slow one, which reads the log: the start of a worker, a queue that refused, an entry that fell
        out of memory. Both go on right after the last confirmed number, so none is left out.
        """
        connection = await amqp.connect(self._amqp_url, f"{QUEUE}.publisher")
        async with connection:
            queues = _Queues(connection, (await self._feed.epochs()).current)
            behind = True  # a new worker does not know what the one before it left unsent
            while True:
                self._wake.clear()  # before the list is taken: what is appended from here on wakes again
                entries, self._appended = self._appended, []
                await self._send(queues, _next_in_line(entries, queues.accepting(self._confirmed)))
                behind = behind or bool(queues.refusing) or not self._all_confirmed(entries)
                while behind and (positions := queues.accepting(await self._feed.lagging(self._confirmed))):
                    await self._send(queues, await self._feed.after(positions))
                behind = False
                try:
                    async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    behind = True  # a queue that refused may have room again, though nothing new was appended

    def _all_confirmed(self, entries: Sequence[Entry]) -> bool:
        """Whether the provinces' queues have all of these; the nation's log has no queue."""
        return all(entry.sequence <= self._confirmed.get(entry.province, entry.sequence) for entry in entries)

    async def _send(self, queues: "_Queues", entries: Mapping[str, Sequence[Entry]]) -> None:
        self._note_confirmed(await queues.send(entries))
        self._moved.set()

    def _note_confirmed(self, positions: Mapping[str, int]) -> None:
        self._confirmed |= positions
        for province, sequence in positions.items():
            FEED_SENT.labels(province).set(sequence)

    async def _store_positions(self) -> None:
        """Store the confirmed positions for the next worker, some times a second and once more at the end.

        It is done beside the publishing, for a position that was not stored costs no event: the next worker publishes
        those entries again under the same numbers, and a province drops a number that it has.
        """
        stored = dict(self._confirmed)
        try:
            while True:
                await self._moved.wait()
                self._moved.clear()
                await asyncio.sleep(_STORE_EVERY_SECONDS)
                await self._store_moved(stored)
        finally:
            await self._store_moved(stored)

    async def _store_moved(self, stored: dict[str, int]) -> None:
        if moved := {code: at for code, at in self._confirmed.items() if stored[code] != at}:
            await self._feed.sent(moved)
            stored |= moved


def _next_in_line(entries: Sequence[Entry], positions: Mapping[str, int]) -> dict[str, list[Entry]]:
    """By province, the entries that continue its log right after its position, without a gap.

    Args:
        entries: In the order in which they were appended.
        positions: By province, the last sequence number that its queue has; a province that is not in it gets nothing.
    """
    ends, lines = dict(positions), dict[str, list[Entry]]()
    for entry in entries:
        if ends.get(entry.province, -1) == entry.sequence - 1:
            ends[entry.province] = entry.sequence
            lines.setdefault(entry.province, []).append(entry)
    return lines


class _Queues:
    """The provinces' queues.

    Each has a channel of its own: confirms, returns and refusals of one province then say nothing of another, and a
    queue that is full or gone holds up nobody else.

    Args:
        connection: The broker.
        epoch: What the numbers belong to.

    Attributes:
        refusing: By province, until when (`time.monotonic`) a queue that refused is left alone; forgotten as soon as
            it confirms something.
    """

    def __init__(self, connection: AbstractConnection, epoch: Epoch) -> None:
        self._connection = connection
        self._epoch = epoch
        self._channels: dict[str, AbstractChannel] = {}
        self.refusing: dict[str, float] = {}

    def accepting(self, positions: Mapping[str, int]) -> dict[str, int]:
        """The positions of those queues that have not refused just now."""
        now = time.monotonic()
        return {code: at for code, at in positions.items() if self.refusing.get(code, 0.0) <= now}

    async def send(self, entries: Mapping[str, Sequence[Entry]]) -> dict[str, int]:
        """Publish to all provinces at once.

        Args:
            entries: By province, what follows on its position, in order.

        Returns:
            By province, the last number confirmed without a gap; a province that confirmed nothing is left out.
        """
        confirmed = await asyncio.gather(*(self._send(code, line) for code, line in entries.items()))
        return {code: at for code, at in zip(entries, confirmed, strict=True) if at}

    async def _send(self, code: str, entries: Sequence[Entry]) -> int:
        """Publish all at once, and count what is confirmed up to the first refusal.

        What is confirmed behind a refused entry does not count: it is published again, in order, together with the
        refused one. Its province drops the copies by their numbers.
        """
        channel = self._channels.get(code)
        if channel is None:
            channel = self._channels[code] = await self._connection.channel(on_return_raises=True)  # notes N24
        exchange = await channel.get_exchange(amqp.PROVINCES, ensure=False)
        outcomes = await asyncio.gather(
            *(_put(exchange, entry, self._epoch) for entry in entries), return_exceptions=True
        )
        at = 0
        for entry, outcome in zip(entries, outcomes, strict=True):
            if isinstance(outcome, DeliveryError | TimeoutError):  # returned, nacked, or no confirm in time
                log.warning("province refuses", province=code, error=type(outcome).__name__)
                count_refused(QUEUE, outcome)
                self.refusing[code] = time.monotonic() + _LOOK_AGAIN_SECONDS
                await self._channels.pop(code).close()  # it might go on being refused after the queue has room again
                break
            if isinstance(outcome, BaseException):
                raise outcome
            PUBLISHED.labels(QUEUE).inc()
            at = entry.sequence
            self.refusing.pop(code, None)
        return at


async def _put(exchange: AbstractExchange, entry: Entry, epoch: Epoch) -> None:
    """Publish one entry and wait for its confirm.

    Started one after the other, many of these keep their order: a channel's publishes arrive as they were started.
    """
    event = replace(entry.event, actor=None)  # who acted is for the audit log, not for the provinces (R40)
    message = amqp.to_message(
        event,
        sequence=entry.sequence,
        cursor=cursor_of(*epoch.position(entry.sequence)),
        epoch=epoch.number or None,
        epochbase=epoch.base_of(entry.province) if epoch.number else None,
    )
    with publish_span(event.traceparent, event.type, amqp.PROVINCES):
        await exchange.publish(message, f"province.{entry.province}", mandatory=True, timeout=_CONFIRM_SECONDS)
