"""Which events come in and go out, and what runs beside the requests."""

import asyncio
from contextlib import suppress

import structlog

from chassis.amqp import BROKER_ERRORS
from chassis.inbox import Consumer
from chassis.lease import Lease
from chassis.mongo import Database, StorageError
from chassis.outbox import Relay
from chassis.retry import forever
from chassis.roles import Tasks
from services.enrollment.commands import Office, deliver_pending, expire_offers
from services.enrollment.domain import events
from services.enrollment.domain.vocabulary import DeliveryChannel
from services.enrollment.messaging.assessment import assessment_handlers
from services.enrollment.messaging.catalog import catalog_handlers
from services.enrollment.messaging.feed import QUEUE, FeedWorker
from services.enrollment.store import COLLECTIONS, Deposed

SERVICE = "enrollment"
EMITTED: tuple[type, ...] = (
    events.SchoolRegistered,
    events.PersonDesignated,
    events.TeacherAdded,
    events.TeacherCorrected,
    events.TeacherRevealed,
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

_LOOK_AGAIN_SECONDS = 5.0
log = structlog.get_logger()


def tasks(office: Office, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: relay, inbox, provincial feed, the deliveries of R24 and the offers of R25."""
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    handlers = {**catalog_handlers(office), **assessment_handlers(office)}
    bindings = [f"{type_}.#" for type_ in handlers]
    inbox = Consumer(database, amqp_url, f"{SERVICE}.inbox", bindings, handlers)
    worker = FeedWorker(office.store.feed, amqp_url)
    lease = Lease(database, QUEUE)

    async def feed_forever() -> None:
        await forever(QUEUE, lambda: lease.hold(worker.lead), (*BROKER_ERRORS, StorageError, Deposed))

    async def follow_forever() -> None:
        await forever(f"{QUEUE}.tail", office.store.tail.watch, (StorageError,))

    async def deliver_forever() -> None:
        await forever(f"{SERVICE}.feedback", lambda: _deliver(office), (StorageError,))

    async def expire_forever() -> None:
        await forever(f"{SERVICE}.offers", lambda: _expire(office), (StorageError,))

    async def mail_forever() -> None:
        await forever(f"{SERVICE}.mail", lambda: _mail(office), (StorageError,))

    workers = (inbox.run, feed_forever, deliver_forever, mail_forever, expire_forever)
    return Tasks(api=(follow_forever,), relay=(relay.run,), worker=workers)


async def _deliver(office: Office) -> None:
    while True:
        office.wake.clear()
        await deliver_pending(office)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                await office.wake.wait()


async def _mail(office: Office) -> None:
    """Apart from the inbox, so that a slow mail server holds up nothing else."""
    while True:
        await deliver_pending(office, DeliveryChannel.EMAIL)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _expire(office: Office) -> None:
    """Follows domain time, so it looks at the clock; each offer ends once, however many replicas look."""
    while True:
        await expire_offers(office)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
