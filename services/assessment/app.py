"""The composition root of assessment: settings, adapters, commands, and the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from starlette.applications import Starlette

from chassis.principal import TokenVerifier
from chassis.runtime.tasks import Role
from chassis.serving.asgi import Running, subgraph_app
from chassis.storage.mongo import connect
from kernel.reference import credit_rules
from services.assessment.commands.deps import Deps
from services.assessment.domain.credit import CreditRule
from services.assessment.graph.schema import schema
from services.assessment.messaging.tasks import SERVICE, tasks
from services.assessment.settings import AssessmentSettings
from services.assessment.store import Store


def build(settings: AssessmentSettings, role: Role = Role.ALL) -> Starlette:
    """The application of one process; it connects when it starts, not when it is built."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            database = client[settings.mongodb_database]
            store = Store(database)
            await store.prepare()
            deps = Deps(store, settings.clock(), load_rules())
            yield Running(deps, tasks(store, database, settings.amqp_url.get_secret_value()))

    return subgraph_app(SERVICE, schema, TokenVerifier(settings.internal_keys(), SERVICE), start, role)


def load_rules() -> tuple[CreditRule, ...]:
    """The versions of the credit rule in the reference data, the latest last (R31)."""
    return msgspec.convert(credit_rules(), tuple[CreditRule, ...])
