"""The events that enrollment consumes and emits, and what runs beside its requests."""

import asyncio
from contextlib import suppress
from functools import partial

from chassis.events import TimelineBegun
from chassis.messaging.amqp import BROKER_ERRORS
from chassis.messaging.inbox import Consumer
from chassis.messaging.outbox import Relay
from chassis.messaging.timelines import KnownTimelines
from chassis.runtime.tasks import Tasks, forever
from chassis.storage.lease import Lease, LeaseLost
from chassis.storage.mongo import Database, StorageError
from chassis.storage.timer import Act, timer
from services.enrollment.commands import (
    Deps,
    NamePosition,
    deliver_pending,
    enter_rosters,
    escalate_transfers,
    escalate_undecided,
    expire_offers,
    lapse_at_start,
    lapse_requests_at_start,
    leave_digests,
    offer_free_seats,
    remind_bases,
    settle_schools,
    tell_earlier_names,
)
from services.enrollment.domain import events
from services.enrollment.domain.vocabulary import DeliveryChannel
from services.enrollment.messaging.certificate_news import certificate_handlers
from services.enrollment.messaging.feed_publisher import BINDINGS, QUEUE, FeedWorker
from services.enrollment.messaging.from_assessment import assessment_handlers
from services.enrollment.messaging.from_catalog import catalog_handlers
from services.enrollment.messaging.from_enrollment import BINDINGS as OWN_BINDINGS
from services.enrollment.messaging.from_enrollment import own_handlers
from services.enrollment.store import COLLECTIONS, FencedOff

SERVICE = "enrollment"
INBOX = f"{SERVICE}.inbox"
QUEUES = {INBOX: ("catalog.#", "assessment.#", *OWN_BINDINGS), QUEUE: BINDINGS}
"""The service's own queues and what they are bound to, for the broker's definitions."""
EMITTED: tuple[type, ...] = (
    events.SchoolRegistered,
    events.SchoolRenamed,
    events.SchoolClosed,
    events.SchoolReopened,
    events.SchoolMerged,
    events.PersonDesignated,
    events.TeacherAdded,
    events.AttendeeNamed,
    events.InnerCutOffSet,
    events.FundingRecorded,
    events.RosterCommitted,
    events.RosterFinished,
    events.TeacherCorrected,
    events.TeacherRequested,
    events.TeacherRequestAnswered,
    events.TeacherRequestEscalated,
    events.TeacherRequestDecided,
    events.TeacherRequestWithdrawn,
    events.TeacherRequestReaddressed,
    events.TeacherJoined,
    events.TeacherLeft,
    events.TeacherRevealed,
    events.ContactsRevealed,
    events.EnrollmentInherited,
    events.SignedUp,
    events.SignUpWithdrawn,
    events.Declined,
    events.Ranked,
    events.EligibilityConfirmed,
    events.Returned,
    events.Submitted,
    events.Escalated,
    events.Accepted,
    events.Rejected,
    events.Waitlisted,
    events.DecisionRevised,
    events.Revived,
    events.Restored,
    events.WaitlistRanked,
    events.Offered,
    events.OfferExpired,
    events.Substituted,
    events.Withdrawn,
    events.WithdrawalRequested,
    events.WithdrawalRequestTakenBack,
    events.WithdrawalRefused,
    events.Cancelled,
    events.Lapsed,
    events.Attending,
    events.AttendanceRetracted,
    events.NoShow,
    events.Assessed,
    events.Credited,
    events.CreditWithdrawn,
    events.CreditGivenBack,
    events.FeedEpochBegun,
    TimelineBegun,
)
"""Every event of enrollment, for the registry of contracts."""

ROSTERS = f"{SERVICE}.rosters"
"""The lease of the worker that enters rosters."""
_LOOK_AGAIN_SECONDS = 5.0
_ROSTERS_SECONDS = 1.0


def tasks(deps: Deps, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: relay, consumers, the provincial feed, deliveries, rosters, timers.

    Relay, feed, rosters and timers take turns among replicas by lease, and the queues by single active consumer
    (ADR 4). Deliveries need neither: every attempt is claimed by a conditional write (ADR 16).

    Args:
        deps: The service's dependencies.
        database: Holds leases, inbox and waiting events.
        amqp_url: The broker.
    """
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    handlers = {
        **catalog_handlers(deps),
        **assessment_handlers(deps),
        **certificate_handlers(deps),
        **own_handlers(deps),
    }
    inbox = Consumer(database, amqp_url, INBOX, handlers)
    feed = FeedWorker(deps.store.feed, amqp_url, KnownTimelines(database, SERVICE))
    feed_lease, roster_lease = Lease(database, QUEUE), Lease(database, ROSTERS)

    async def publish_feed() -> None:
        await forever(QUEUE, lambda: feed_lease.hold(feed.run), (*BROKER_ERRORS, StorageError, FencedOff))

    async def follow_feed() -> None:
        """For subscriptions, so it belongs to the role that answers requests."""
        await forever(f"{QUEUE}.tail", deps.store.tail.watch, (StorageError,))

    async def deliver_to_inboxes() -> None:
        await forever(f"{SERVICE}.feedback", lambda: _deliver_to_inboxes(deps), (StorageError,))

    async def send_mail() -> None:
        await forever(f"{SERVICE}.mail", lambda: _send_mail(deps), (StorageError,))

    async def enter_committed_rosters() -> None:
        errors = (StorageError, LeaseLost, FencedOff)
        await forever(ROSTERS, lambda: roster_lease.hold(partial(_enter_rosters, deps)), errors)

    timers = timer(database, f"{SERVICE}.timers", due(deps))
    workers = (inbox.run, publish_feed, deliver_to_inboxes, send_mail, timers, enter_committed_rosters)
    return Tasks(api=(follow_feed,), relay=(relay.run,), worker=workers)


def due(deps: Deps) -> dict[str, Act]:
    """The periodic jobs, by the words that the log has for them (R23, R25, R28)."""
    return {
        "offers expired": partial(expire_offers, deps),
        "undecided enrollments escalated": partial(escalate_undecided, deps),
        "free seats offered": partial(offer_free_seats, deps),
        "lapsed at the start": partial(lapse_at_start, deps),
        "requests to leave lapsed at the start": partial(lapse_requests_at_start, deps),
        "bases reminded": partial(remind_bases, deps),
        "digests left": partial(leave_digests, deps),
        "requests for teachers escalated": partial(escalate_transfers, deps),
        "ended schools settled": partial(settle_schools, deps),
        "earlier names told": partial(tell_earlier_names, deps, NamePosition()),
    }


async def _deliver_to_inboxes(deps: Deps) -> None:
    """Make due deliveries as soon as a command has left one, and every few seconds those to be tried again."""
    while True:
        deps.wake.clear()  # before looking: what is left while looking wakes again
        await deliver_pending(deps)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                await deps.wake.wait()


async def _send_mail(deps: Deps) -> None:
    """Send due mail, apart from the inbox deliveries, so that a slow mail server holds up nothing else."""
    while True:
        await deliver_pending(deps, DeliveryChannel.EMAIL)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _enter_rosters(deps: Deps, token: int) -> None:
    """Enter committed rosters; somebody waits for each, so they are looked for every second (R22)."""
    while True:
        await enter_rosters(deps, token)
        await asyncio.sleep(_ROSTERS_SECONDS)
