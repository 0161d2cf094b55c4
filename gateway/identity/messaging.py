"""Which events of identity go out: every act upon an account, for the audit (R40)."""

from chassis.mongo import Database
from chassis.outbox import Relay
from chassis.roles import Task
from gateway.identity import events
from gateway.identity.store import COLLECTIONS

SERVICE = "gateway"
EMITTED: tuple[type, ...] = (
    events.AccountProvisioned,
    events.AccountReset,
    events.AccountDisabled,
    events.PasswordSet,
)
"""Every event of identity, for the registry of contracts."""


def tasks(database: Database, amqp_url: str) -> tuple[Task, ...]:
    """What runs beside the requests: the relay, which also sends what the command line wrote."""
    return (Relay(database, COLLECTIONS, amqp_url, SERVICE).run,)
