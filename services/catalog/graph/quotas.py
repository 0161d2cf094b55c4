"""Quotas in the graph: limit and use, the ministry's adjustments, and the projects that count (R11, R39)."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from kernel.dates import today
from services.catalog.domain import quota as quotas
from services.catalog.graph.context import Context, Info
from services.catalog.store import ProjectSelection

if TYPE_CHECKING:
    from services.catalog.graph.project_pages import ProjectConnection

ProjectPage = Annotated["ProjectConnection", strawberry.lazy("services.catalog.graph.project_pages")]


@strawberry.type(description="教师工作司的一次数量调整 (R39)")
class QuotaAdjustment:
    """Who set the limit, when, why, and from which day on."""

    limit: int
    effective_from: date
    reason: str
    at: datetime
    by: str | None
    proposal_id: strawberry.ID | None = strawberry.field(description="所据的数量建议；非据建议的为空")

    @classmethod
    def of(cls, change: quotas.Adjustment) -> Self:
        """From the domain's value."""
        return cls(
            limit=change.limit,
            effective_from=change.effective_from,
            reason=change.reason,
            at=change.at,
            by=change.by,
            proposal_id=strawberry.ID(change.proposal) if change.proposal else None,
        )


@strawberry.type(description="项目数量使用情况 (R11)")
class Quota:
    """A base's quota of a round, as of today.

    Attributes:
        granted: The limit that the round gives the base's category.
        in_force: The adjustment that the limit comes from; null while the round's stands.
        adjustments: All of them, oldest first, those of later days included.
    """

    limit: int
    used: int
    remaining: int
    granted: int
    in_force: QuotaAdjustment | None
    adjustments: list[QuotaAdjustment]
    source: strawberry.Private[quotas.Quota]

    @classmethod
    def of(cls, source: quotas.Quota, context: Context) -> Self:
        """The quota as of today, for somebody who may read it."""
        day = today(context.deps.clock.now())
        limit, in_force = source.limit_on(day), source.in_force(day)
        return cls(
            limit=limit,
            used=source.used,
            remaining=max(limit - source.used, 0),
            granted=source.limit,
            in_force=QuotaAdjustment.of(in_force) if in_force else None,
            adjustments=[QuotaAdjustment.of(change) for change in source.adjustments],
            source=source,
        )

    @strawberry.field(description="占用数量的项目 (R11)")
    async def projects(self, info: Info, first: int = 20, after: str | None = None) -> ProjectPage | None:
        """The projects that use it."""
        from services.catalog.graph.project_pages import projects_page

        statuses = tuple(sorted(quotas.CONSUMING))
        selection = ProjectSelection(year=self.source.year, base=self.source.base, statuses=statuses)
        return await projects_page(info, selection, first, after)
