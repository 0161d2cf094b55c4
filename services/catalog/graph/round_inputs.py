"""The input types of a round, and their conversion for its command (R1)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

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


@strawberry.input(description="日程步骤，起止日期均含当日；对应阶段的步骤决定该阶段的日期 (R1)")
class RoundStepInput:
    """A line of the calendar; the days of one with a guard are those of its phase."""

    code: str
    name: str
    name_en: str
    guard: PhaseName | None = None
    opens: date
    closes: date


@strawberry.input(description="方案限值；未给出的在开启时取默认值，在更正时不变 (R7)")
class RoundPlanLimitsInput:
    """What plans cannot be, and from where on they need a justification; null takes the default, or stays."""

    most_seats: int | None = None
    usual_seats: int | None = None
    most_hours_a_day: int | None = None
    usual_hours_a_day: int | None = None
    usual_idle_days: int | None = None
    usual_gap_percent: int | None = None
    most_fee_fen: int | None = None

    def given(self) -> dict[str, int]:
        """The limits that are not null, by the domain's names."""
        limits = {"most_fee" if name == "most_fee_fen" else name: value for name, value in vars(self).items()}
        return {name: value for name, value in limits.items() if value is not None}


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
    steps: list[RoundStepInput] | None = strawberry.field(
        default=None, description="日程步骤；给出时可不给 phases (R1)"
    )
    plan_limits: RoundPlanLimitsInput | None = None

    def given(self) -> dict[str, Any]:
        """The parts that are not null, by the domain's names, as the command takes them."""
        return _given({name: value for name, value in vars(self).items() if name != "year"})


@strawberry.input(description="更正已开启的年度轮次；未给出的内容不变，延后阶段截止另用 extendPhase (R1)")
class RoundAmendmentInput:
    """The parts to correct; what is null stays."""

    title: str | None = None
    quotas: list[RoundQuotaInput] | None = None
    duration_norms: list[RoundDurationNormInput] | None = None
    themes: list[RoundThemeInput] | None = None
    review_dimensions: list[RoundReviewDimensionInput] | None = None
    experts_per_project: int | None = None
    contacts: list[RoundContactInput] | None = None
    completion_days: int | None = None
    steps: list[RoundStepInput] | None = strawberry.field(
        default=None, description="日程步骤；对应阶段的步骤，日期须与该阶段一致 (R1)"
    )
    phases: list[RoundPhaseInput] | None = strawberry.field(
        default=None, description="全部阶段：未开始的可更正日期，已延期的可缩短 (R1)"
    )
    plan_limits: RoundPlanLimitsInput | None = strawberry.field(
        default=None, description="方案限值；未给出的不变，有方案提交后只能放宽 (R7)"
    )

    def given(self) -> dict[str, Any]:
        """The parts that are not null, by the domain's names, as the command takes them."""
        return _given(vars(self))


@strawberry.input(description="延长某一阶段 (R1)")
class PhaseOverrideInput:
    """A later last day of a phase."""

    year: int
    phase: PhaseName
    closes: date
    reason: str


def _given(parts: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that are not null; lists of input objects as lists of their fields."""
    return {
        name: [dict(vars(row)) for row in require_rows(value, to_camel_case(name))]
        if isinstance(value, list)
        else value.given()
        if isinstance(value, RoundPlanLimitsInput)
        else value
        for name, value in parts.items()
        if value is not None
    }
