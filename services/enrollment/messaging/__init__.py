"""Which events come in and go out, and what runs beside the requests."""

import asyncio
from contextlib import suppress
from functools import partial

import structlog

from chassis.amqp import BROKER_ERRORS
from chassis.inbox import Consumer
from chassis.lease import Lease, LeaseLost
from chassis.mongo import Database, StorageError
from chassis.outbox import Relay
from chassis.retry import forever
from chassis.roles import Tasks
from services.enrollment.commands import Office, deliver_pending, enter_rosters, expire_offers
from services.enrollment.domain import events
from services.enrollment.messaging.assessment import assessment_handlers
from services.enrollment.messaging.catalog import catalog_handlers
from services.enrollment.messaging.feed import QUEUE, FeedWorker
from services.enrollment.store import COLLECTIONS, Deposed

SERVICE = "enrollment"
EMITTED: tuple[type, ...] = (
    events.SchoolRegistered,
    events.PersonDesignated,
    events.TeacherAdded,
    events.RosterCommitted,
    events.RosterFinished,
    events.SignedUp,
    events.SignUpWithdrawn,
    events.Declined,
    events.Ranked,
    events.Submitted,
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
log = structlog.get_logger()


def tasks(office: Office, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: relay, inbox, provincial feed, the deliveries of R24 and the offers of R25."""
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    handlers = {**catalog_handlers(office), **assessment_handlers(office)}
    bindings = [f"{type_}.#" for type_ in handlers]
    inbox = Consumer(database, amqp_url, f"{SERVICE}.inbox", bindings, handlers)
    worker = FeedWorker(office.store.feed, amqp_url)
    lease = Lease(database, QUEUE)
    rosters = Lease(database, ROSTERS)

    async def feed_forever() -> None:
        await forever(QUEUE, lambda: lease.hold(worker.lead), (*BROKER_ERRORS, StorageError, Deposed))

    async def follow_forever() -> None:
        await forever(f"{QUEUE}.tail", office.store.tail.watch, (StorageError,))

    async def deliver_forever() -> None:
        await forever(f"{SERVICE}.feedback", lambda: _deliver(office), (StorageError,))

    async def expire_forever() -> None:
        await forever(f"{SERVICE}.offers", lambda: _expire(office), (StorageError,))

    async def enter_forever() -> None:
        await forever(ROSTERS, lambda: rosters.hold(partial(_enter, office)), (StorageError, LeaseLost, Deposed))

    workers = (inbox.run, feed_forever, deliver_forever, expire_forever, enter_forever)
    return Tasks(api=(follow_forever,), relay=(relay.run,), worker=workers)


async def _deliver(office: Office) -> None:
    while True:
        office.wake.clear()
        await deliver_pending(office)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                await office.wake.wait()


async def _expire(office: Office) -> None:
    """Follows domain time, so it looks at the clock; each offer ends once, however many replicas look."""
    while True:
        await expire_offers(office)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _enter(office: Office, token: int) -> None:
    """Someone waits for a roster, so it is looked for every second; one worker does, under its lease (R22)."""
    while True:
        await enter_rosters(office, token)
        await asyncio.sleep(_ROSTERS_SECONDS)
