"""Rounds and provinces in the graph; all of it is public."""

import math
from dataclasses import asdict
from datetime import date, datetime
from typing import Self

import strawberry

from chassis.graph import TICKING, Money, requires
from chassis.graph.resolvers import number_key, text_key
from chassis.principal import Scope
from kernel.reference import provinces
from services.catalog.domain import round as rounds
from services.catalog.graph.context import Context, Info, is_ministry
from services.catalog.graph.enums import BaseCategory, PhaseName, ProjectKind
from services.catalog.graph.loaders import RoundByYearLoader

_LONGEST = 2**31 - 1
_SIGNED_IN = requires(*(scope for scope in Scope if scope is not Scope.PUBLIC))


@strawberry.federation.type(keys=["code"], description="省级教育行政部门所在省份，含兵团")
class Province:
    """A province by its two-digit code."""

    code: strawberry.ID
    name: str

    @classmethod
    def of(cls, code: str | None) -> Self | None:
        """The province of a code; None for none."""
        name = provinces().get(code or "")
        return cls(code=strawberry.ID(code), name=name) if code and name else None

    @classmethod
    def resolve_reference(cls, code: strawberry.ID) -> Self | None:
        """The province another subgraph refers to."""
        return cls.of(text_key(code))


@strawberry.type(description="一次延期 (R1)")
class PhaseExtension:
    """A later last day that the ministry gave a phase."""

    before: date | None
    closes: date
    reason: str
    at: datetime
    source: strawberry.Private[rounds.PhaseOverride]

    @strawberry.federation.field(description="经办人", requires_scopes=requires(Scope.MINISTRY))
    def by(self, info: Info) -> str | None:
        """Who acted."""
        return self.source.by if is_ministry(info.context.principal) else None


@strawberry.type(description="一个阶段，起止日期均含当日")
class Phase:
    """A phase: dates as people read them, instants as guards use them, and countdowns in domain time (R1)."""

    name: PhaseName
    opens: date
    closes: date
    opens_at: datetime
    closes_at: datetime
    open: bool = strawberry.field(directives=[TICKING])
    extended: bool
    seconds_to_opening: int = strawberry.field(description="距开始的秒数（业务时间），已开始为0", directives=[TICKING])
    seconds_to_closing: int = strawberry.field(description="距截止的秒数（业务时间），已截止为0", directives=[TICKING])
    source: strawberry.Private[tuple[rounds.PhaseOverride, ...]]

    @strawberry.federation.field(description="历次延期，由先到后", requires_scopes=_SIGNED_IN)
    def extensions(self, info: Info) -> list[PhaseExtension] | None:
        """Its extensions with their reasons, the earliest first."""
        if info.context.principal.scope is Scope.PUBLIC:
            return []
        return [
            PhaseExtension(
                before=override.before, closes=override.closes, reason=override.reason, at=override.at, source=override
            )
            for override in self.source
        ]


@strawberry.type(description="日程中的一个步骤，起止日期均含当日 (R1)")
class RoundStep:
    """A line of the calendar, with countdowns in domain time."""

    code: str
    name: str = strawberry.field(description="以读者的语言")
    name_zh: str = strawberry.field(description="中文名称，更正日程时照填")
    name_en: str = strawberry.field(description="英文名称，更正日程时照填")
    guard: PhaseName | None = strawberry.field(description="对应的阶段；仅供公布的步骤没有")
    opens: date
    closes: date
    opens_at: datetime
    closes_at: datetime
    open: bool = strawberry.field(directives=[TICKING])
    seconds_to_opening: int = strawberry.field(description="距开始的秒数（业务时间），已开始为0", directives=[TICKING])
    seconds_to_closing: int = strawberry.field(description="距截止的秒数（业务时间），已截止为0", directives=[TICKING])


@strawberry.type(description="一次更正 (R1)")
class RoundAmendment:
    """A correction of an open round."""

    changed: list[str] = strawberry.field(description="所更正的内容，以字段名列出")
    reason: str
    at: datetime
    source: strawberry.Private[rounds.RoundAmendment]

    @strawberry.federation.field(description="经办人", requires_scopes=requires(Scope.MINISTRY))
    def by(self, info: Info) -> str | None:
        """Who acted."""
        return self.source.by if is_ministry(info.context.principal) else None


@strawberry.type(description="每个基地每轮次的项目数量 (R11)")
class CategoryQuota:
    """Projects a base of a category may have."""

    category: BaseCategory
    limit: int


@strawberry.type(description="项目时长标准 (R9)")
class DurationNorm:
    """Days a kind of project should take."""

    kind: ProjectKind
    category: BaseCategory
    days: int
    least: int
    most: int


@strawberry.type(description="项目主题 (R8)")
class Theme:
    """A theme of a category."""

    code: str
    category: BaseCategory
    name: str


@strawberry.type(description="评审维度 (R15)")
class ReviewDimension:
    """One thing the experts judge."""

    code: str
    name: str


@strawberry.type(description="方案限值：超出可能范围的不予接受，超出通常范围的须说明理由 (R7)")
class PlanLimits:
    """What plans of the round cannot be, and from where on they need a justification."""

    most_seats: int = strawberry.field(description="一个班次最多人数")
    usual_seats: int = strawberry.field(description="无须说明理由的最多人数")
    most_hours_a_day: int = strawberry.field(description="一天最多学时")
    usual_hours_a_day: int = strawberry.field(description="无须说明理由的一天学时")
    usual_idle_days: int = strawberry.field(description="起止日期之间无须说明理由的非培训天数")
    usual_gap_percent: int = strawberry.field(description="课程表学时与学时之差无须说明理由的百分比")
    most_fee: Money = strawberry.field(description="最高收费")

    @classmethod
    def of(cls, limits: rounds.PlanLimits) -> Self:
        """From the domain's value."""
        return cls(**asdict(limits) | {"most_fee": Money.of(limits.most_fee)})


@strawberry.type(description="咨询电话 (R43)")
class Contact:
    """A help line."""

    department: str
    phones: list[str]
    note: str | None


@strawberry.federation.type(keys=["year"], description="年度轮次 (R1)")
class Round:
    """One year's round."""

    year: int
    version: int
    title: str
    phases: list[Phase]
    steps: list[RoundStep] = strawberry.field(description="日程的全部步骤，含仅供公布的 (R1)")
    quotas: list[CategoryQuota]
    duration_norms: list[DurationNorm]
    review_dimensions: list[ReviewDimension]
    experts_per_project: int
    completion_days: int = strawberry.field(description="培训结束后多少日，结果或学分仍未办结的项目也自动办结 (R28)")
    contacts: list[Contact]
    open_phases: list[PhaseName] = strawberry.field(directives=[TICKING])
    plan_limits: PlanLimits
    calendar_url: str = strawberry.field(description="iCalendar，相对于平台地址")
    source: strawberry.Private[rounds.Round]

    @strawberry.field(description="某类基地的主题")
    def themes(self, category: BaseCategory) -> list[Theme]:
        """The themes of a category (R8)."""
        return [theme_of(theme) for theme in self.source.themes_of(category)]

    @strawberry.federation.field(description="历次更正，由先到后", requires_scopes=_SIGNED_IN)
    def amendments(self, info: Info) -> list[RoundAmendment] | None:
        """Its corrections with their reasons, the earliest first."""
        if info.context.principal.scope is Scope.PUBLIC:
            return []
        return [
            RoundAmendment(changed=list(change.changed), reason=change.reason, at=change.at, source=change)
            for change in self.source.amendments
        ]

    @classmethod
    def of(cls, source: rounds.Round, context: Context) -> Self:
        """The round as it stands now, in domain time."""
        now = context.deps.clock.now()
        return cls(
            year=source.year,
            version=source.version,
            title=source.title,
            phases=[_phase(phase, now, source.overrides_of(phase.name)) for phase in source.phases],
            steps=[_step(step, now, context) for step in source.dated_steps()],
            quotas=[CategoryQuota(category=quota.category, limit=quota.limit) for quota in source.quotas],
            duration_norms=[_norm(norm) for norm in source.duration_norms],
            review_dimensions=[
                ReviewDimension(code=dimension.code, name=dimension.name) for dimension in source.review_dimensions
            ],
            experts_per_project=source.experts_per_project,
            completion_days=source.completion_days,
            contacts=[_contact(contact) for contact in source.contacts],
            open_phases=list(source.open_phases(now)),
            plan_limits=PlanLimits.of(source.plan_limits),
            calendar_url=f"/calendar/{source.year}.ics",
            source=source,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, year: int) -> Self | None:
        """The round another subgraph refers to."""
        current = await info.context.loader(RoundByYearLoader).load(number_key(year))
        return cls.of(current, info.context) if current else None


def theme_of(theme: rounds.Theme) -> Theme:
    """A theme of the round."""
    return Theme(code=theme.code, category=theme.category, name=theme.name)


def _phase(phase: rounds.Phase, now: datetime, overrides: tuple[rounds.PhaseOverride, ...]) -> Phase:
    return Phase(
        name=phase.name,
        opens=phase.opens,
        closes=phase.closes,
        opens_at=phase.from_instant,
        closes_at=phase.until_instant,
        open=phase.is_open(now),
        extended=bool(overrides),
        seconds_to_opening=_seconds(phase.from_instant, now),
        seconds_to_closing=_seconds(phase.until_instant, now),
        source=overrides,
    )


def _step(step: rounds.DatedStep, now: datetime, context: Context) -> RoundStep:
    return RoundStep(
        code=step.code,
        name=context.say(step.name, step.name_en),
        name_zh=step.name,
        name_en=step.name_en,
        guard=step.guard,
        opens=step.opens,
        closes=step.closes,
        opens_at=step.from_instant,
        closes_at=step.until_instant,
        open=step.from_instant <= now < step.until_instant,
        seconds_to_opening=_seconds(step.from_instant, now),
        seconds_to_closing=_seconds(step.until_instant, now),
    )


def _seconds(until: datetime, now: datetime) -> int:
    """Seconds from `now` to the instant, rounded up, so 0 means that it has come; at most what a GraphQL Int holds."""
    return min(max(math.ceil((until - now).total_seconds()), 0), _LONGEST)


def _norm(norm: rounds.DurationNorm) -> DurationNorm:
    return DurationNorm(kind=norm.kind, category=norm.category, days=norm.days, least=norm.least, most=norm.most)


def _contact(contact: rounds.Contact) -> Contact:
    return Contact(department=contact.department, phones=list(contact.phones), note=contact.note)
