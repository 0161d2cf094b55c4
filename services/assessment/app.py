"""The composition root of assessment: settings, adapters, commands, and the application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from starlette.applications import Starlette

from chassis.principal import TokenVerifier
from chassis.runtime.certificates import say_end
from chassis.runtime.tasks import Role
from chassis.seal import KeyFolder
from chassis.serving.asgi import Running, subgraph_app
from chassis.storage.mongo import connect
from chassis.storage.vault import Vault
from kernel.reference import credit_rules, inspection_weights
from services.assessment.commands.credentials import Credentials
from services.assessment.commands.deps import Deps
from services.assessment.commands.evaluations import Evaluations
from services.assessment.domain.credit import CreditRule
from services.assessment.domain.inspection import WeightRule
from services.assessment.graph.schema import schema
from services.assessment.http.certificates import READS, CertificateEndpoints
from services.assessment.http.classes import ClassFiles
from services.assessment.http.evaluations import EvaluationFiles
from services.assessment.http.exports import YearFiles
from services.assessment.http.inspections import InspectionFiles
from services.assessment.messaging.ballot_box import HttpBallotBox
from services.assessment.messaging.tasks import SERVICE, tasks
from services.assessment.migrations import MIGRATIONS
from services.assessment.settings import AssessmentSettings
from services.assessment.store import Store


def build(settings: AssessmentSettings, role: Role = Role.ALL) -> Starlette:
    """The application of one process; it connects when it starts, not when it is built.

    Args:
        settings: From the environment.
        role: What this process does; the endpoints beside the graph are there with `ALL` and `API` only.
    """
    vault = Vault.load(settings.vault_file)
    credentials = Credentials.load(settings.keys_dir, settings.certificate_origin, vault)
    inspections, evaluations = InspectionFiles(), EvaluationFiles()
    years = YearFiles()
    certificates, classes = CertificateEndpoints(settings.keys_dir), ClassFiles(settings.keys_dir)
    say_end("seal", settings.keys_dir / "seal.p12", settings.keys_dir / "seal.password")
    keys = settings.key_file()
    verifier = TokenVerifier(keys.keys, SERVICE)
    keys.follow(verifier.exchange)

    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        async with connect(settings.mongodb_url.get_secret_value()) as client:
            database = client[settings.mongodb_database]
            store = Store(database)
            deps = Deps(store, settings.clock(), load_rules(), vault, load_weights(), credentials)
            inspections.deps = evaluations.deps = years.deps = deps
            amqp_url = settings.amqp_url.get_secret_value()
            async with certificates.running(deps), classes.running(deps):
                work = tasks(deps, database, amqp_url, _evaluations(settings, deps))
                yield Running(deps, work, database=database, migrations=MIGRATIONS)

    app = subgraph_app(SERVICE, schema, verifier, start, role, keys=keys, read_only=settings.read_only, reads=READS)
    if role in {Role.ALL, Role.API}:
        public = [*inspections.routes(), *evaluations.routes()]
        own = [*certificates.routes(verifier), *classes.routes(verifier), *years.routes(verifier)]
        app.router.routes.extend([*public, *own])
    return app


def _evaluations(settings: AssessmentSettings, deps: Deps) -> Evaluations | None:
    """The register of evaluations; None where no ballot box is named (R34)."""
    if not (settings.ballots_url and settings.ballots_secret_file and settings.register_keys_dir):
        return None
    secret = settings.ballots_secret_file.read_text(encoding="utf-8").strip()
    return Evaluations(deps, KeyFolder(settings.register_keys_dir), HttpBallotBox(settings.ballots_url, secret))


def load_rules() -> tuple[CreditRule, ...]:
    """The versions of the credit rule in the reference data (R31)."""
    rows = [{**row, "starts_on": row["from"]} for row in credit_rules()]
    return msgspec.convert(rows, tuple[CreditRule, ...])


def load_weights() -> tuple[WeightRule, ...]:
    """The versions of the rule of weights in the reference data, the latest last (R37)."""
    return msgspec.convert(inspection_weights(), tuple[WeightRule, ...])
