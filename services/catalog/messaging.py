"""Which events go out, and what time does by itself; the catalog takes in none (plan of events)."""

import asyncio

import structlog

from chassis.mongo import Database, StorageError
from chassis.outbox import Relay
from chassis.roles import Tasks
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

_LOOK_SECONDS = 15.0
log = structlog.get_logger()


def tasks(catalog: Catalog, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: the relay, and the lapse of returned plans."""
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)

    async def lapse_forever() -> None:
        await _lapse_forever(catalog)

    return Tasks(relay=(relay.run,), worker=(lapse_forever,))


async def _lapse_forever(catalog: Catalog) -> None:
    """Let returned plans lapse soon after review closes (R13)."""
    while True:
        try:
            lapsed = await lapse_overdue(catalog)
            if lapsed:
                log.info("returned plans lapsed", count=lapsed)
        except StorageError as error:
            log.warning("lapse waits for the database", error=type(error).__name__)
        await asyncio.sleep(_LOOK_SECONDS)
