"""Which events go out, and what time does by itself; the catalog takes in none (plan of events)."""

from functools import partial

from chassis.mongo import Database
from chassis.outbox import Relay
from chassis.roles import Tasks
from chassis.timer import Act, timer
from services.catalog.commands import Catalog, lapse_overdue
from services.catalog.domain import events
from services.catalog.store import COLLECTIONS

SERVICE = "catalog"
EMITTED: tuple[type, ...] = (
    events.RoundOpened,
    events.PhaseExtended,
    events.BaseRegistered,
    events.BaseTeamSet,
    events.QuotaAdjusted,
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


def tasks(catalog: Catalog, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: the relay, and what comes due."""
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    return Tasks(relay=(relay.run,), worker=(timer(database, f"{SERVICE}.timers", due(catalog)),))


def due(catalog: Catalog) -> dict[str, Act]:
    """What time does by itself: returned plans lapse when review has closed (R13)."""
    return {"returned plans lapsed": partial(lapse_overdue, catalog)}
