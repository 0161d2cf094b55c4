"""The queues, the emitted events and the background tasks of assessment: relay, inbox, audit log (R40)."""

from chassis.messaging.amqp import BROKER_ERRORS
from chassis.messaging.batch import BatchConsumer
from chassis.messaging.inbox import Consumer
from chassis.messaging.outbox import Relay
from chassis.runtime.tasks import Tasks, forever
from chassis.storage.mongo import Database, StorageError
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

EMITTED: tuple[type, ...] = (
    events.AttendanceRecorded,
    events.NoShowRecorded,
    events.ResultRecorded,
    events.CreditConfirmed,
    events.CreditRevoked,
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

    return Tasks(relay=(relay.run,), worker=(consumer.run, audit_forever))
