"""The input types of a round, and their conversion for its command (R1)."""

from datetime import date
from typing import Any

import strawberry

from chassis.commands.guards import require_rows
from services.catalog.graph.enums import BaseCategory, PhaseName, ProjectKind


@strawberry.input(description="阶段起止日期，均含当日")
class RoundPhaseInput:
    """First and last day of a phase."""

    name: PhaseName
    opens: date
    closes: date


@strawberry.input(description="某类基地的项目数量 (R11)")
class RoundQuotaInput:
    """Projects a base of a category may have."""

    category: BaseCategory
    limit: int


@strawberry.input(description="项目时长标准 (R9)")
class RoundDurationNormInput:
    """Days a kind of project should take, and the least and most allowed without a justification."""

    kind: ProjectKind
    category: BaseCategory
    days: int
    least: int
    most: int


@strawberry.input(description="项目主题 (R8)")
class RoundThemeInput:
    """A theme of a category."""

    code: str
    category: BaseCategory
    name: str


@strawberry.input(description="评审维度 (R15)")
class RoundReviewDimensionInput:
    """One thing the experts judge."""

    code: str
    name: str


@strawberry.input(description="咨询电话 (R43)")
class RoundContactInput:
    """A help line."""

    department: str
    phones: list[str]
    note: str | None = None


@strawberry.input(description="年度轮次；未给出的内容取该年度的参考数据 (R1)")
class RoundInput:
    """A round; what is null comes from the year's reference data."""

    year: int
    title: str | None = None
    phases: list[RoundPhaseInput] | None = None
    quotas: list[RoundQuotaInput] | None = None
    duration_norms: list[RoundDurationNormInput] | None = None
    themes: list[RoundThemeInput] | None = None
    review_dimensions: list[RoundReviewDimensionInput] | None = None
    experts_per_project: int | None = None
    contacts: list[RoundContactInput] | None = None
    completion_days: int | None = strawberry.field(default=None, description="培训结束后多少日自动办结 (R28)")

    def given(self) -> dict[str, Any]:
        """The parts that are not null, by the domain's names, as the command takes them."""
        lists = {name: getattr(self, name) for name in _LISTS}
        listed: dict[str, Any] = {
            name: [dict(vars(row)) for row in require_rows(rows)] for name, rows in lists.items() if rows is not None
        }
        plain = {
            "title": self.title,
            "experts_per_project": self.experts_per_project,
            "completion_days": self.completion_days,
        }
        return listed | {name: value for name, value in plain.items() if value is not None}


@strawberry.input(description="延长某一阶段 (R1)")
class PhaseOverrideInput:
    """A later last day of a phase."""

    year: int
    phase: PhaseName
    closes: date
    reason: str


_LISTS = ("phases", "quotas", "duration_norms", "themes", "review_dimensions", "contacts")
