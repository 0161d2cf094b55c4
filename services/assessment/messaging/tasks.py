"""What runs beside requests: the relay, the inbox, and the audit of every event (R40)."""

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
"""The queue of the audit: always bound to every event, so that none is returned for want of a reader."""


BINDINGS = ("catalog.#", "enrollment.#")
QUEUES = {QUEUE: BINDINGS, AUDIT: ("#",)}
"""The service's own queues and what they are bound to, for the broker's definitions."""


EMITTED: tuple[type, ...] = (
    events.AttendanceRecorded,
    events.NoShowRecorded,
    events.ResultRecorded,
    events.CreditConfirmed,
    events.CreditRevoked,
)
"""Every event of assessment, for the registry of contracts."""


def tasks(store: Store, database: Database, amqp_url: str) -> Tasks:
    """What runs beside the requests: the relay, the consumer, and the audit of every event (R40)."""
    relay = Relay(database, COLLECTIONS, amqp_url, SERVICE)
    consumer = Consumer(database, amqp_url, QUEUE, BINDINGS, handlers(store))
    audit = BatchConsumer(amqp_url, AUDIT, QUEUES[AUDIT], store.audit.append)

    async def audit_forever() -> None:
        await forever(AUDIT, audit.run, (*BROKER_ERRORS, StorageError))

    return Tasks(relay=(relay.run,), worker=(consumer.run, audit_forever))
