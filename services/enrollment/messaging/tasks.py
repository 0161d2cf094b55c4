"""Which events come in and go out, and what runs beside the requests."""

import asyncio
from contextlib import suppress
from functools import partial

from chassis.messaging.amqp import BROKER_ERRORS
from chassis.messaging.inbox import Consumer
from chassis.messaging.outbox import Relay
from chassis.runtime.tasks import Tasks, forever
from chassis.storage.lease import Lease, LeaseLost
from chassis.storage.mongo import Database, StorageError
from chassis.storage.timer import Act, timer
from services.enrollment.commands import (
    Deps,
    deliver_pending,
    enter_rosters,
    escalate_undecided,
    expire_offers,
    offer_free_seats,
)
from services.enrollment.domain import events
from services.enrollment.domain.vocabulary import DeliveryChannel
from services.enrollment.messaging.feed_publisher import BINDINGS, QUEUE, FeedWorker
from services.enrollment.messaging.from_assessment import assessment_handlers
from services.enrollment.messaging.from_catalog import catalog_handlers
from services.enrollment.store import COLLECTIONS, FencedOff

SERVICE = "enrollment"
INBOX = f"{SERVICE}.inbox"
QUEUES = {INBOX: ("catalog.#", "assessment.#"), QUEUE: BINDINGS}
"""The service's own queues and what they are bound to, for the broker's definitions."""
EMITTED: tuple[type, ...] = (
    events.SchoolRegistered,
    events.PersonDesignated,
    events.TeacherAdded,
    events.InnerCutOffSet,
    events.FundingRecorded,
    events.RosterCommitted,
    events.RosterFinished,
    events.TeacherCorrected,
    events.TeacherRevealed,
    events.SignedUp,
    events.SignUpWithdrawn,
    events.Declined,
    events.Ranked,
    events.Submitted,
    events.Escalated,
    events.Accepted,
    events.Rejected,
    events.Waitlisted,
    events.WaitlistRanked,
    events.Offered,
    events.OfferExpired,
    events.Substituted,
    events.Withdrawn,
    events.Cancelled,
    events.Lapsed,
    events.Attending,
    events.NoShow,
    events.Assessed,
    events.Credited,
    events.CreditWithdrawn,
)
"""Every event of enrolment, for the registry of contracts."""

ROSTERS = f"{SERVICE}.rosters"
_LOOK_AGAIN_SECONDS = 5.0
_ROSTERS_SECONDS = 1.0


def tasks(deps: Deps, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: relay, inbox, provincial feed, the deliveries of R24, and what comes due."""
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    handlers = {**catalog_handlers(deps), **assessment_handlers(deps)}
    inbox = Consumer(database, amqp_url, INBOX, QUEUES[INBOX], handlers)
    worker = FeedWorker(deps.store.feed, amqp_url)
    lease = Lease(database, QUEUE)
    rosters = Lease(database, ROSTERS)

    async def feed_forever() -> None:
        await forever(QUEUE, lambda: lease.hold(worker.lead), (*BROKER_ERRORS, StorageError, FencedOff))

    async def follow_forever() -> None:
        await forever(f"{QUEUE}.tail", deps.store.tail.watch, (StorageError,))

    async def deliver_forever() -> None:
        await forever(f"{SERVICE}.feedback", lambda: _deliver(deps), (StorageError,))

    async def enter_forever() -> None:
        await forever(ROSTERS, lambda: rosters.hold(partial(_enter, deps)), (StorageError, LeaseLost, FencedOff))

    async def mail_forever() -> None:
        await forever(f"{SERVICE}.mail", lambda: _mail(deps), (StorageError,))

    timers = timer(database, f"{SERVICE}.timers", due(deps))
    workers = (inbox.run, feed_forever, deliver_forever, mail_forever, timers, enter_forever)
    return Tasks(api=(follow_forever,), relay=(relay.run,), worker=workers)


def due(deps: Deps) -> dict[str, Act]:
    """What time does by itself: it ends offers, takes decisions from the bases, and fills seats (R23, R25)."""
    return {
        "offers expired": partial(expire_offers, deps),
        "undecided enrolments escalated": partial(escalate_undecided, deps),
        "free seats offered": partial(offer_free_seats, deps),
    }


async def _deliver(deps: Deps) -> None:
    while True:
        deps.wake.clear()
        await deliver_pending(deps)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                await deps.wake.wait()


async def _mail(deps: Deps) -> None:
    """Apart from the inbox, so that a slow mail server holds up nothing else."""
    while True:
        await deliver_pending(deps, DeliveryChannel.EMAIL)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _enter(deps: Deps, token: int) -> None:
    """Someone waits for a roster, so it is looked for every second; one worker does, under its lease (R22)."""
    while True:
        await enter_rosters(deps, token)
        await asyncio.sleep(_ROSTERS_SECONDS)
