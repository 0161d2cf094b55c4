"""The queues, the emitted events and the background tasks of assessment: relay, inbox, timer, audit log (R40)."""

from functools import partial

from chassis.events import TimelineBegun
from chassis.messaging.amqp import BROKER_ERRORS
from chassis.messaging.batch import BatchConsumer
from chassis.messaging.inbox import Consumer
from chassis.messaging.outbox import Relay
from chassis.runtime.tasks import Tasks, forever
from chassis.storage.mongo import Database, StorageError
from chassis.storage.timer import Act, timer
from services.assessment.commands.books import publish_overdue, remind_of_results
from services.assessment.commands.certificate_jobs import run_certificate_jobs
from services.assessment.commands.deps import Deps
from services.assessment.commands.evaluations import Evaluations
from services.assessment.commands.findings import remind_of_rectifications
from services.assessment.commands.inspections import draw_withheld, witness_announcements
from services.assessment.commands.looks import Position
from services.assessment.commands.settlement import settle_projects
from services.assessment.domain import annual_events, evaluation_events, events, inspection_events
from services.assessment.messaging.inbound import handlers
from services.assessment.store import COLLECTIONS

SERVICE = "assessment"
QUEUE = f"{SERVICE}.inbox"
AUDIT = f"{SERVICE}.audit"
"""The queue of the audit log: bound to every event, so that no event is ever returned as unroutable."""

BINDINGS = ("catalog.#", "enrollment.#")
QUEUES = {QUEUE: BINDINGS, AUDIT: ("#",)}
"""The service's own queues and their bindings, for the broker's definitions."""

_LOOK_SECONDS = 30.0
"""Nobody waits for a project to be completed, so a timer looks more rarely than others (ADR 18)."""

EMITTED: tuple[type, ...] = (
    events.AttendanceRecorded,
    events.NoShowRecorded,
    events.ResultRecorded,
    events.RecordReopened,
    events.ResultsPublished,
    events.ResultsDue,
    events.CreditConfirmed,
    events.CreditRevoked,
    events.CreditRestored,
    events.ProjectSettled,
    inspection_events.InspectionFrozen,
    inspection_events.InspectionAnnounced,
    inspection_events.InspectionBeaconsRecorded,
    inspection_events.InspectionDrawn,
    inspection_events.InspectionReplaced,
    inspection_events.InspectionExtended,
    inspection_events.InspectionVoided,
    inspection_events.InspectionClosed,
    inspection_events.FindingRecorded,
    inspection_events.RectificationReported,
    inspection_events.RectificationReturned,
    inspection_events.RectificationDue,
    inspection_events.FindingClosed,
    inspection_events.FindingWithdrawn,
    events.CertificateIssued,
    events.CertificateRevoked,
    events.CertificateJobStarted,
    evaluation_events.EvaluationKeysListed,
    evaluation_events.EvaluationOpened,
    evaluation_events.EvaluationReminded,
    evaluation_events.EvaluationPublished,
    evaluation_events.EvaluationSuppressed,
    annual_events.AssessmentsComputed,
    annual_events.AnnualCommentsOpened,
    annual_events.AnnualCommented,
    annual_events.AnnualItemAdjusted,
    annual_events.AnnualFinalized,
    annual_events.AnnualAppealed,
    annual_events.AnnualAppealDecided,
    annual_events.GradesPublished,
    annual_events.QuotaProposalDeclined,
    annual_events.ComplaintRecorded,
    TimelineBegun,
)
"""Every event of assessment, for the registry of contracts."""


def tasks(deps: Deps, database: Database, amqp_url: str, evaluations: Evaluations | None = None) -> Tasks:
    """The background tasks of assessment, by role.

    Args:
        deps: The service's dependencies.
        database: The service's database.
        amqp_url: The broker, as the service's user.
        evaluations: The register of evaluations (R34–R36); None where none is held.
    """
    store = deps.store
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    consumer = Consumer(database, amqp_url, QUEUE, handlers(store))
    audit = BatchConsumer(amqp_url, AUDIT, store.audit.append)

    async def audit_forever() -> None:
        await forever(AUDIT, audit.run, (*BROKER_ERRORS, StorageError))

    async def follow_records() -> None:
        """For subscriptions, so it belongs to the role that answers requests."""
        await forever(f"{SERVICE}.records", store.record_changes.watch, (StorageError,))

    timers = timer(database, f"{SERVICE}.timers", due(deps), every=_LOOK_SECONDS)
    jobs = timer(database, f"{SERVICE}.jobs", {"certificates issued": partial(run_certificate_jobs, deps)})
    held = (timer(database, f"{SERVICE}.evaluations", evaluations.acts()),) if evaluations else ()
    return Tasks(api=(follow_records,), relay=(relay.run,), worker=(consumer.run, audit_forever, timers, jobs, *held))


def due(deps: Deps) -> dict[str, Act]:
    """The periodic jobs by name (R30, R37)."""
    return {
        "results published": partial(publish_overdue, deps, Position()),
        "results due": partial(remind_of_results, deps, Position()),
        "projects settled": partial(settle_projects, deps.store, Position()),
        "announcements witnessed": partial(witness_announcements, deps),
        "withheld inspections drawn": partial(draw_withheld, deps),
        "rectifications called to mind": partial(remind_of_rectifications, deps),
    }
