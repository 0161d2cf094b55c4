"""The queues, the emitted events and the background tasks of assessment: relay, inbox, timer, audit log (R40)."""

from functools import partial

from chassis.messaging.amqp import BROKER_ERRORS
from chassis.messaging.batch import BatchConsumer
from chassis.messaging.inbox import Consumer
from chassis.messaging.outbox import Relay
from chassis.runtime.tasks import Tasks, forever
from chassis.storage.mongo import Database, StorageError
from chassis.storage.timer import Act, timer
from services.assessment.commands.settlement import Position, settle_projects
from services.assessment.domain import events
from services.assessment.messaging.inbound import handlers
from services.assessment.store import COLLECTIONS, Store

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
    events.CreditConfirmed,
    events.CreditRevoked,
    events.CreditRestored,
    events.ProjectSettled,
)
"""Every event of assessment, for the registry of contracts."""


def tasks(store: Store, database: Database, amqp_url: str) -> Tasks:
    """The background tasks of assessment, by role.

    Args:
        store: The service's repositories.
        database: The service's database.
        amqp_url: The broker, as the service's user.
    """
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    consumer = Consumer(database, amqp_url, QUEUE, BINDINGS, handlers(store))
    audit = BatchConsumer(amqp_url, AUDIT, QUEUES[AUDIT], store.audit.append)

    async def audit_forever() -> None:
        await forever(AUDIT, audit.run, (*BROKER_ERRORS, StorageError))

    timers = timer(database, f"{SERVICE}.timers", due(store), every=_LOOK_SECONDS)
    return Tasks(relay=(relay.run,), worker=(consumer.run, audit_forever, timers))


def due(store: Store) -> dict[str, Act]:
    """The periodic jobs by name (R30, R31)."""
    return {"projects settled": partial(settle_projects, store, Position())}
