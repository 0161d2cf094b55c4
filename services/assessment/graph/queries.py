"""The audit log, for the ministry alone (R40), and the service's queries together."""

from datetime import datetime
from functools import partial
from typing import Self

import strawberry
from strawberry.scalars import JSON

from chassis.commands.guards import require_scope
from chassis.graph import requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from services.assessment.domain import audit
from services.assessment.graph.annual import AnnualQuery
from services.assessment.graph.certificate_mutations import CertificateQuery
from services.assessment.graph.context import Info
from services.assessment.graph.evaluations import EvaluationQuery
from services.assessment.graph.inspections import InspectionQuery
from services.assessment.graph.year_table import YearTableQuery
from services.assessment.store import AuditSelection


@strawberry.input(description="审计日志的筛选条件 (R40)")
class AuditFilter:
    """Which acts; a field that is left out selects all."""

    type: str | None = None
    subject: str | None = None
    actor: str | None = None
    organization: str | None = None
    province: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def selection(self) -> AuditSelection:
        """The filter as the store takes it."""
        return AuditSelection(
            type=self.type,
            subject=self.subject,
            actor=self.actor,
            organization=self.organization,
            province=self.province,
            since=self.since,
            until=self.until,
        )


@strawberry.type(description="行为人；系统自动行为无行为人 (R5, R40)")
class AuditActor:
    """Who acted, and for which organisation."""

    subject: str
    scope: str
    organization: str | None
    name: str | None


@strawberry.type(description="审计日志的一行，与前一行以哈希相连 (R40)")
class AuditEntry:
    """An act with its place in the chain."""

    sequence: int
    event_id: strawberry.ID
    type: str
    subject: str
    version: int
    province: str
    at: datetime
    actor: AuditActor | None
    data: JSON
    previous_hash: str
    hash: str

    @classmethod
    def of(cls, row: audit.Row) -> Self:
        """From a row of the log."""
        act = row.act
        return cls(
            sequence=row.sequence,
            event_id=strawberry.ID(act.event),
            type=act.type,
            subject=act.subject,
            version=act.version,
            province=act.province,
            at=datetime.fromisoformat(act.at),
            actor=_actor(act),
            data=JSON(act.data),
            previous_hash=row.previous,
            hash=row.hash,
        )


@strawberry.type
class Query(AnnualQuery, CertificateQuery, EvaluationQuery, InspectionQuery, YearTableQuery):
    """The queries of assessment."""

    @strawberry.federation.field(
        description="审计日志，由近及远，仅教师工作司可见 (R40)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def audit_log(
        self,
        info: Info,
        filter: AuditFilter | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[AuditEntry] | None:
        """Acts of every service, the latest first."""
        require_scope(info.context.principal, Scope.MINISTRY, rule="R40")
        log, request = info.context.deps.store.audit, page_request(first, after)
        selection = filter.selection() if filter else AuditSelection()
        page = await connect(log.list(selection, request), request, lambda row: [row.sequence])
        return Connection[AuditEntry].of(page, AuditEntry.of, partial(log.count, selection))


def _actor(act: audit.Act) -> AuditActor | None:
    if act.actor is None:
        return None
    return AuditActor(
        subject=act.actor.get("subject") or "",
        scope=act.actor.get("scope") or "",
        organization=act.actor.get("organization"),
        name=act.actor.get("name"),
    )
