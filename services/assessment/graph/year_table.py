"""The ministry's table of a year (R42)."""

from typing import Self

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from chassis.commands.guards import require_scope
from chassis.graph import requires
from chassis.principal import Scope
from kernel.dates import today
from kernel.reference import provinces
from services.assessment.domain import year_table as tables
from services.assessment.domain.vocabulary import BaseCategory, Severity
from services.assessment.graph.context import Info
from services.assessment.store import year_facts

strawberry.enum(BaseCategory)


@strawberry.federation.type(keys=[Key(fields=FieldSet("code"), resolvable=False)])
class Province:
    """A province, which enrollment and catalog know more of."""

    code: strawberry.ID


@strawberry.type(description="已公布的评教或满意度调查的均值；未公布或不显示的不计 (R36)")
class MeanOfSheets:
    """A mean over answer sheets."""

    mean_hundredths: int | None = strawberry.field(description="均值×100；没有可计的为空")
    sheets: int = strawberry.field(description="计入的有效答卷数")

    @classmethod
    def of(cls, mean: tables.Mean) -> Self:
        """From the domain's."""
        return cls(mean_hundredths=mean.hundredths, sheets=mean.sheets)


@strawberry.type(description="某严重程度的抽检结论数")
class SeverityCount:
    """How many findings are so grave."""

    severity: Severity
    count: int


@strawberry.type(description="有已发布项目的基地的项目数量 (R11, R39)")
class QuotaUse:
    """What the bases of a row may publish, and have."""

    bases: int = strawberry.field(description="有已发布项目的基地数")
    limit: int | None = strawberry.field(description="这些基地的项目数量之和；有基地的数量不详时为空")
    used: int = strawberry.field(description="其中已发布占用的，取消的也占用")


@strawberry.type(
    description="年度总表的一行：某类别、某省基地的项目及其结果；province 为空：不属于任何省份的基地 (R42)"
)
class YearTableRow:
    """What became of the projects of one category in one province."""

    category: BaseCategory | None
    province: Province | None
    published: int = strawberry.field(description="已发布的项目数")
    running: int = strawberry.field(description="其中正在实施的")
    held: int = strawberry.field(description="其中已结束的")
    cancelled: int = strawberry.field(description="其中已取消的")
    attendees: int = strawberry.field(description="学员数")
    assessed: int = strawberry.field(description="成绩已公布的学员数")
    passed: int = strawberry.field(description="其中合格的")
    pass_rate: float | None = strawberry.field(description="合格率，0至1；尚无成绩的为空")
    credited: int = strawberry.field(description="学分已确认的学员数")
    satisfaction: MeanOfSheets
    teaching: MeanOfSheets
    inspected: int = strawberry.field(description="被抽检的项目数")
    findings: list[SeverityCount]
    open_findings: int = strawberry.field(description="尚未关闭的结论数")
    quota: QuotaUse

    @classmethod
    def of(cls, row: tables.Row) -> Self:
        """From the domain's row."""
        return cls(
            category=BaseCategory(row.category) if row.category else None,
            province=Province(code=strawberry.ID(row.province)) if row.province in provinces() else None,
            published=row.published,
            running=row.running,
            held=row.held,
            cancelled=row.cancelled,
            attendees=row.attendees,
            assessed=row.assessed,
            passed=row.passed,
            pass_rate=row.pass_rate,
            credited=row.credited,
            satisfaction=MeanOfSheets.of(row.satisfaction),
            teaching=MeanOfSheets.of(row.teaching),
            inspected=row.inspected,
            findings=[SeverityCount(severity=severity, count=count) for severity, count in row.findings.items()],
            open_findings=row.open_findings,
            quota=QuotaUse(bases=row.quota.bases, limit=row.quota.limit, used=row.published),
        )


@strawberry.type
class YearTableQuery:
    """The query of the table."""

    @strawberry.federation.field(
        description="年度总表：按类别与省份统计实施、合格、学分、满意度与抽检，仅教师工作司可见 (R42)",
        requires_scopes=requires(Scope.MINISTRY),
    )
    async def year_table(self, info: Info, year: int) -> list[YearTableRow] | None:
        """The rows of a year, by category and province; empty for a year without projects."""
        require_scope(info.context.principal, Scope.MINISTRY, rule="R42")
        deps = info.context.deps
        facts = await year_facts(deps.store, year, today(deps.clock.now()))
        return [YearTableRow.of(row) for row in tables.table_of(facts)]
