"""The composition root of enrollment: settings, adapters, dependencies, and the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from starlette.applications import Starlette

from chassis.principal import TokenVerifier
from chassis.runtime.tasks import Role
from chassis.serving.asgi import Running, subgraph_app
from chassis.storage.mongo import connect
from chassis.storage.vault import Vault
from chassis.storage.yearly_keys import YearlyKeys
from services.enrollment.commands import Deps
from services.enrollment.graph.schema import schema
from services.enrollment.http.downloads import FileEndpoints
from services.enrollment.http.exports import Exports
from services.enrollment.http.reveals import RevealFiles
from services.enrollment.http.rosters import RosterFiles
from services.enrollment.messaging.smtp import Server, SmtpMailer
from services.enrollment.messaging.tasks import SERVICE, tasks
from services.enrollment.migrations import MIGRATIONS
from services.enrollment.settings import EnrollmentSettings, Tls
from services.enrollment.store import Store

_PORTS = {Tls.STARTTLS: 587, Tls.TLS: 465, Tls.NONE: 25}


def build(settings: EnrollmentSettings, role: Role = Role.ALL) -> Starlette:
    """Enrollment's application; it connects to the database when it starts.

    Args:
        settings: From the environment.
        role: What this process does; the endpoints of files are there with `ALL` and `API` only.
    """
    files: tuple[FileEndpoints, ...] = (Exports(), RevealFiles(), RosterFiles())
    keys = settings.key_file()
    verifier = TokenVerifier(keys.keys, SERVICE)
    keys.follow(verifier.exchange)

    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            database = client[settings.mongodb_database]
            offer_time = timedelta(hours=settings.offer_hours)
            vault, mailer = Vault.load(settings.vault_file), mailer_of(settings)
            transfer_time = timedelta(days=settings.transfer_days)
            deps = Deps(
                Store(database),
                settings.clock(),
                vault,
                offer_time,
                mailer,
                transfer_time=transfer_time,
                name_keys=YearlyKeys.load(settings.names_keys_file),
            )
            for endpoints in files:
                endpoints.deps = deps
            work = tasks(deps, database, settings.amqp_url.get_secret_value())
            try:
                yield Running(deps, work, database=database, migrations=MIGRATIONS)
            finally:
                await deps.lane.close()

    app = subgraph_app(SERVICE, schema, verifier, start, role, keys=keys, read_only=settings.read_only)
    if role in {Role.ALL, Role.API}:
        for endpoints in files:
            app.router.routes.extend(endpoints.routes(verifier))
    return app


def mailer_of(settings: EnrollmentSettings) -> SmtpMailer | None:
    """The mailer of the mail server that is set up; None where none is (R24)."""
    if not settings.smtp_host or not settings.smtp_from:
        return None
    password = settings.smtp_password
    return SmtpMailer(
        Server(
            host=settings.smtp_host,
            port=settings.smtp_port or _PORTS[settings.smtp_tls],
            sender=settings.smtp_from,
            user=settings.smtp_user,
            password=password.get_secret_value() if password else None,
            tls=settings.smtp_tls is Tls.TLS,
            start_tls=settings.smtp_tls is Tls.STARTTLS,
            seconds=settings.smtp_seconds,
        )
    )
