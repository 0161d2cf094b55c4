"""Which events go out, what comes in of enrolment's, and what time does by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from chassis.events import Envelope
from chassis.messaging.inbox import Consumer, Handler
from chassis.messaging.outbox import Relay
from chassis.runtime.tasks import Tasks
from chassis.storage.mongo import Database, Session
from chassis.storage.timer import Act, timer
from services.catalog.commands import Deps, lapse_overdue
from services.catalog.domain import events
from services.catalog.store import COLLECTIONS

SERVICE = "catalog"
EMITTED: tuple[type, ...] = (
    events.RoundOpened,
    events.PhaseExtended,
    events.BaseRegistered,
    events.BaseTeamSet,
    events.QuotaAdjusted,
    events.QuotaReconciled,
    events.ExpertRegistered,
    events.ReviewSubmitted,
    events.ProjectDrafted,
    events.ProjectSubmitted,
    events.ProjectReviewStarted,
    events.ProjectReturned,
    events.ProjectRejected,
    events.ProjectApproved,
    events.ProjectPublished,
    events.ProjectAmended,
    events.ProjectStarted,
    events.ProjectFinished,
    events.ProjectCompleted,
    events.ProjectWithdrawn,
    events.ProjectLapsed,
    events.ProjectCancelled,
    events.ProjectSuspended,
    events.ProjectResumed,
    events.ProjectExtended,
)
"""Every event of the catalog, for the registry of contracts."""

_SEAT_MOVERS = (
    "enrollment.accepted",
    "enrollment.waitlisted",
    "enrollment.offered",
    "enrollment.offer-expired",
    "enrollment.substituted",
    "enrollment.withdrawn",
    "enrollment.cancelled",
    "enrollment.lapsed",
)
INBOX = f"{SERVICE}.inbox"
QUEUES = {INBOX: tuple(f"{type_}.#" for type_ in _SEAT_MOVERS)}
"""The catalog's own queue and what it is bound to, for the broker's definitions."""


@dataclass(frozen=True, kw_only=True)
class SeatCount:
    """How many seats of a project are held, by the number of the step that left it so."""

    version: int
    accepted: int
    offered: int


@dataclass(frozen=True, kw_only=True)
class SeatMoved:
    """Of every event of an enrolment that may move a seat (R23)."""

    project: str
    seats: SeatCount | None = None


def enrollment_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of enrolment's events that may move a seat: the count of the latest step stays (ADR 13)."""

    async def keep_seats(event: SeatMoved, _: Envelope, session: Session) -> None:
        if event.seats:
            held = event.seats.accepted + event.seats.offered
            await deps.store.projects.hold(event.project, held=held, version=event.seats.version, session=session)

    return {type_: Handler(SeatMoved, keep_seats) for type_ in _SEAT_MOVERS}


def tasks(deps: Deps, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: the relay, the inbox, and what comes due."""
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    inbox = Consumer(database, amqp_url, INBOX, QUEUES[INBOX], enrollment_handlers(deps))
    return Tasks(relay=(relay.run,), worker=(inbox.run, timer(database, f"{SERVICE}.timers", due(deps))))


def due(deps: Deps) -> dict[str, Act]:
    """What time does by itself: returned plans lapse when review has closed (R13)."""
    return {"returned plans lapsed": partial(lapse_overdue, deps)}
