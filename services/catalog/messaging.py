"""Events that the catalog emits, those that it consumes, and its periodic jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from chassis.events import Envelope, TimelineBegun
from chassis.messaging.inbox import Consumer, Handler, Row
from chassis.messaging.outbox import Relay
from chassis.runtime.tasks import Tasks
from chassis.storage.mongo import Database, Session
from chassis.storage.timer import Act, timer
from services.catalog.commands import (
    Deps,
    complete_overdue,
    complete_settled,
    finish_overdue,
    lapse_overdue,
    tell_missed_finishes,
    tell_missed_starts,
)
from services.catalog.domain import events
from services.catalog.store import COLLECTIONS, Partnership, SeatsTaken

SERVICE = "catalog"
EMITTED: tuple[type, ...] = (
    events.RoundOpened,
    events.PhaseExtended,
    events.RoundAmended,
    events.BaseRegistered,
    events.BaseTeamSet,
    events.ContactsRevealed,
    events.BaseRenamed,
    events.OrganizationRenamed,
    events.BaseExtended,
    events.BaseRecategorized,
    events.BaseClosed,
    events.BaseReopened,
    events.BaseAmended,
    events.BaseMerged,
    events.QuotaAdjusted,
    events.QuotaReconciled,
    events.ExpertRegistered,
    events.ExpertCorrected,
    events.ExpertWithdrawn,
    events.ExpertReinstated,
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
    events.StartMissed,
    events.FinishMissed,
    events.ProjectFinished,
    events.ProjectCompleted,
    events.ProjectWithdrawn,
    events.ProjectLapsed,
    events.ProjectCancelled,
    events.ProjectSuspended,
    events.ProjectResumed,
    events.ProjectExtended,
    TimelineBegun,
)
"""Every event of the catalog, for the registry of contracts."""

_SEAT_MOVERS = (
    "enrollment.accepted",
    "enrollment.rejected",
    "enrollment.waitlisted",
    "enrollment.offered",
    "enrollment.offer-expired",
    "enrollment.substituted",
    "enrollment.withdrawn",
    "enrollment.cancelled",
    "enrollment.lapsed",
)
INBOX = f"{SERVICE}.inbox"
_SUBMITTED = "enrollment.submitted"
_SETTLED = "assessment.project-settled"
QUEUES = {INBOX: tuple(f"{type_}.#" for type_ in (*_SEAT_MOVERS, _SUBMITTED, _SETTLED))}
"""The catalog's own queue and what it is bound to, for the broker's definitions."""


@dataclass(frozen=True, kw_only=True)
class SeatCount:
    """How many seats of a project are taken; the count of the highest version is the latest."""

    version: int
    accepted: int
    offered: int


@dataclass(frozen=True, kw_only=True)
class SeatMoved:
    """The fields that the catalog reads of each event of an enrollment that may move a seat (R23)."""

    project: str
    seats: SeatCount | None = None


@dataclass(frozen=True, kw_only=True)
class EnrollmentSubmitted:
    """`enrollment.submitted`: a school has handed a sign-up in to a base, so it works with that base (R22, R41)."""

    base: str
    school: str


@dataclass(frozen=True, kw_only=True)
class ProjectSettled:
    """`assessment.project-settled`: the results of a project are published, and nothing else of it is awaited (R30)."""

    project: str


def handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each event that the catalog consumes."""

    async def complete(event: ProjectSettled, _: Envelope, session: Session) -> None:
        await complete_settled(deps, event.project, session)

    return {**enrollment_handlers(deps), _SETTLED: Handler(ProjectSettled, complete)}


def enrollment_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of enrollment's events that may move a seat, and for submissions.

    Of the ones it stores the latest count (ADR 13), of the others which school works with which base (ADR 38). All
    have one effect, so that a batch of both is not cut into pieces.
    """

    async def take_in(rows: Sequence[Row], session: Session) -> None:
        events = [row.event for row in rows]
        submitted = [event for event in events if isinstance(event, EnrollmentSubmitted)]
        await deps.store.partners.add([Partnership(event.base, event.school) for event in submitted], session)
        await store_seats([row for row in rows if isinstance(row.event, SeatMoved)], session)

    async def store_seats(rows: Sequence[Row], session: Session) -> None:
        moved = [(row.envelope, row.event.project, row.event.seats) for row in rows if row.event.seats]
        counts = [
            SeatsTaken(project, envelope.order_of(seats.version), seats.accepted + seats.offered)
            for envelope, project, seats in moved
        ]
        latest = {count.project: count for count in sorted(counts, key=lambda count: count.version)}
        await deps.store.projects.set_seats(latest.values(), session)

    movers = {type_: Handler(SeatMoved, many=take_in) for type_ in _SEAT_MOVERS}
    return {**movers, _SUBMITTED: Handler(EnrollmentSubmitted, many=take_in)}


def tasks(deps: Deps, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: the relay, the inbox, and the periodic jobs."""
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    inbox = Consumer(database, amqp_url, INBOX, handlers(deps))
    return Tasks(relay=(relay.run,), worker=(inbox.run, timer(database, f"{SERVICE}.timers", due(deps))))


def due(deps: Deps) -> dict[str, Act]:
    """The periodic jobs by name (R13, R28)."""
    return {
        "returned plans lapsed": partial(lapse_overdue, deps),
        "missed starts told": partial(tell_missed_starts, deps),
        "missed finishes told": partial(tell_missed_finishes, deps),
        "projects finished": partial(finish_overdue, deps),
        "projects completed": partial(complete_overdue, deps),
    }
