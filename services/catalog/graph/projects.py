"""Projects in the graph: public once published, with what only the base, its experts and the ministry see."""

import asyncio
from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Self

import strawberry

from chassis.commands.bulk import RowResult
from chassis.graph import Advice, MajorCategory, Money, RefusalInfo, requires
from chassis.graph.resolvers import text_key
from chassis.principal import Principal, Scope
from services.catalog.domain import project as projects
from services.catalog.domain.declaration import plan_problems
from services.catalog.domain.lifecycle import overruns
from services.catalog.domain.versions import Version, between, history_of, public_versions_of, versions_of
from services.catalog.graph.bases import Base, Expert
from services.catalog.graph.context import Context, Info, is_ministry, may_read_base
from services.catalog.graph.enums import Audience, Mode, ProjectKind, ProjectStatus
from services.catalog.graph.loaders import (
    BaseByIdLoader,
    ExpertByIdLoader,
    ProjectByIdLoader,
    ReviewsByProjectLoader,
    RoundByYearLoader,
)
from services.catalog.graph.plan import FacultyMember, Justification, PlanProblem, Session, Venue
from services.catalog.graph.quotas import ProjectPage
from services.catalog.graph.reviews import Decision, Review, readable
from services.catalog.graph.rounds import Round, Theme, theme_of
from services.catalog.graph.versions import PlanVersion, ProjectChange, changes_of
from services.catalog.graph.wording import FieldChange
from services.catalog.store import ProjectSelection

_INSIDE = requires(Scope.BASE, Scope.EXPERT, Scope.MINISTRY)


@strawberry.federation.type(keys=["id"], description="培训项目，一个班次即一个项目 (R12)")
class Project:
    """A project; drafts may be partial, so the plan's fields are nullable."""

    id: strawberry.ID
    code: str
    series: strawberry.ID | None
    kind: ProjectKind
    status: ProjectStatus
    version: int
    title: str | None
    objectives: str | None
    content_design: str | None
    mode: Mode | None
    starts_on: date | None
    ends_on: date | None
    days: int | None
    class_hours: int | None
    fee: Money | None
    fee_includes: str | None
    major_category: MajorCategory | None
    audience: list[Audience]
    capacity: int | None
    venue: Venue | None
    timetable: list[Session]
    faculty: list[FacultyMember]
    assessment_method: str | None
    published_at: datetime | None
    published_late: bool = strawberry.field(description="是否逾期发布；理由见 history (R17)")
    extended_until: date | None
    start_missed: bool = strawberry.field(description="是否已过计划开班日期而未开班 (R28)")
    started_late: bool = strawberry.field(description="是否逾期开班；理由见 history (R28)")
    recorded_afterwards: bool = strawberry.field(description="是否未开班而事后登记为已举办；理由见 history (R28)")
    needs_evidence: str | None = strawberry.federation.field(description="需求调研依据", requires_scopes=_INSIDE)
    justifications: list[Justification] | None = strawberry.federation.field(
        description="特殊情况说明 (R7, R9, R10)", requires_scopes=_INSIDE
    )
    decision: Decision | None = strawberry.federation.field(description="决定 (R16)", requires_scopes=_INSIDE)
    history: list[ProjectChange] | None = strawberry.federation.field(
        description="历次变化 (R18)", requires_scopes=_INSIDE
    )
    source: strawberry.Private[projects.Project]

    @classmethod
    def of(cls, source: projects.Project, context: Context) -> Self:
        """The project as the caller may see it."""
        plan, inside = source.plan, may_read_inside(source, context.principal)
        return cls(
            id=strawberry.ID(source.id),
            code=source.code,
            series=strawberry.ID(source.series),
            kind=source.kind,
            status=source.status,
            version=source.version,
            title=plan.title,
            objectives=plan.objectives,
            content_design=plan.content_design,
            mode=plan.mode,
            starts_on=plan.starts_on,
            ends_on=plan.ends_on,
            days=plan.days,
            class_hours=plan.class_hours,
            fee=None if plan.fee is None else Money.of(plan.fee),
            fee_includes=plan.fee_includes,
            major_category=None if plan.major_category is None else MajorCategory.of(plan.major_category),
            audience=list(plan.audience),
            capacity=plan.capacity,
            venue=Venue.of(plan.venue) if plan.venue else None,
            timetable=[Session.of(session) for session in plan.timetable],
            faculty=[FacultyMember.of(member) for member in plan.faculty],
            assessment_method=plan.assessment_method,
            published_at=source.published_at,
            published_late=source.published_late,
            extended_until=source.extension.until if source.extension else None,
            start_missed=source.awaits_start,
            started_late=source.started_late,
            recorded_afterwards=source.recorded_afterwards,
            needs_evidence=plan.needs_evidence if inside else None,
            justifications=_justifications(source) if inside else [],
            decision=_decision(source) if inside else None,
            history=[ProjectChange.of(entry, source) for entry in history_of(source)] if inside else [],
            source=source,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """The project another subgraph refers to, if the principal may see it."""
        project = await info.context.loader(ProjectByIdLoader).load(text_key(id))
        return cls.of(project, info.context) if project else None

    @strawberry.field(description="所属年度轮次")
    async def round(self, info: Info) -> Round:
        """The round it belongs to."""
        current = await info.context.loader(RoundByYearLoader).load(self.source.year)
        if current is None:
            raise LookupError(f"project {self.source.id} has no round {self.source.year}")
        return Round.of(current, info.context)

    @strawberry.field(description="所属基地")
    async def base(self, info: Info) -> Base:
        """The base that offers it."""
        base = await info.context.loader(BaseByIdLoader).load(self.source.base)
        if base is None:
            raise LookupError(f"project {self.source.id} has no base {self.source.base}")
        return Base.of(base, info.context)

    @strawberry.field(description="主题 (R8)")
    async def themes(self, info: Info) -> list[Theme]:
        """Its themes, by the round's names."""
        current = await info.context.loader(RoundByYearLoader).load(self.source.year)
        themes = {theme.code: theme for theme in current.themes} if current else {}
        return [theme_of(themes[code]) for code in self.source.plan.themes if code in themes]

    @strawberry.federation.field(
        description="提交前须解决的问题，草稿和被退回的方案可见；其他状态为空 (R6–R10, R28)",
        requires_scopes=_INSIDE,
    )
    async def problems(self, info: Info) -> list[PlanProblem] | None:
        """Everything for which the plan could not be submitted as it is, by field."""
        if not may_read_inside(self.source, info.context.principal):
            return []
        if self.source.status not in projects.EDITABLE:
            return []
        base, current = await asyncio.gather(
            info.context.loader(BaseByIdLoader).load(self.source.base),
            info.context.loader(RoundByYearLoader).load(self.source.year),
        )
        if base is None or current is None:
            raise LookupError(f"project {self.source.id} has no base or no round")
        return [PlanProblem.of(problem, info.context) for problem in plan_problems(self.source, base, current)]

    @strawberry.federation.field(
        description="提示：R7 人数、学时、日期、师资，R9 时长，R10 专业，R28 超期", requires_scopes=_INSIDE
    )
    async def warnings(self, info: Info) -> list[Advice] | None:
        """What is unusual in it, in the reader's language."""
        if not may_read_inside(self.source, info.context.principal):
            return []
        say = info.context.say
        warnings = [
            Advice(code=advice.code, rule=advice.rule, message=say(advice.zh, advice.en), fields=list(advice.fields))
            for advice in self.source.warnings
        ]
        current = await info.context.loader(RoundByYearLoader).load(self.source.year)
        if current and overruns(self.source, current, info.context.deps.clock.now()):
            message = say("项目已超过培训期限且未获延期", "It runs past the window without an extension")
            warnings.append(Advice(code="WINDOW_OVERRUN", rule="R28", message=message))
        return warnings

    @strawberry.field(
        description="方案的历次版本：公众可见已发布的版本及其后的变更，申报过程中的版本同 history (R13, R18)"
    )
    def plan_versions(self, info: Info) -> list[PlanVersion] | None:
        """The versions of its plan that the principal may read, oldest first."""
        versions = _versions(self.source, info.context.principal)
        return [PlanVersion.of(after, before, self.source) for before, after in pairwise((None, *versions)) if after]

    @strawberry.field(description="方案两个版本之间的差异，逐字段列出前后内容 (R13, R18)")
    async def plan_changes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(name="from")],
        last: Annotated[int, strawberry.argument(name="to")],
    ) -> list[FieldChange] | None:
        """What differs between two versions that the principal may read."""
        before, after = between(_versions(self.source, info.context.principal), first, last)
        return await changes_of(info, self.source, before.design, after.design)

    @strawberry.field(description="同一方案的各班次，含本项目；可见范围同 projects (R12)")
    async def classes(self, info: Info, first: int = 20, after: str | None = None) -> ProjectPage | None:
        """The classes of its design that the principal may see, itself included."""
        from services.catalog.graph.project_pages import projects_page

        return await projects_page(info, ProjectSelection(series=self.source.series), first, after)

    @strawberry.federation.field(description="专家评审 (R15)", requires_scopes=_INSIDE)
    async def reviews(self, info: Info) -> list[Review] | None:
        """Those of its reviews that the principal may read."""
        if not may_read_inside(self.source, info.context.principal):
            return []
        of_project = await info.context.loader(ReviewsByProjectLoader).load(self.source.id) or []
        shown = readable(self.source, of_project, info.context.principal)
        return [Review.of(review, info.context) for review in shown]

    @strawberry.federation.field(description="已分配的专家 (R14)", requires_scopes=requires(Scope.MINISTRY))
    async def experts(self, info: Info) -> list[Expert] | None:
        """Who reviews it."""
        if not is_ministry(info.context.principal):
            return []
        loader = info.context.loader(ExpertByIdLoader)
        experts = await asyncio.gather(*(loader.load(key) for key in self.source.experts))
        return [Expert.of(expert) for expert in experts if expert]


@strawberry.type(description="批量分配、决定或发布中的一行 (R14, R16, R17)")
class ProjectRow:
    """The result of one row of a bulk assignment, decision or publication."""

    id: strawberry.ID
    ok: bool
    project: Project | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[projects.Project], context: Context) -> Self:
        """The row in the caller's language."""
        return cls(
            id=strawberry.ID(result.key),
            ok=result.refusal is None,
            project=Project.of(result.value, context) if result.value else None,
            refusal=RefusalInfo.of(result.refusal, context.language) if result.refusal else None,
        )


def may_read_inside(project: projects.Project, principal: Principal) -> bool:
    """Whether the principal may read what is not public of a project: its base, its experts, the ministry."""
    assigned = principal.scope is Scope.EXPERT and principal.person in project.experts
    return assigned or may_read_base(principal, project.base)


def _versions(source: projects.Project, principal: Principal) -> tuple[Version, ...]:
    return versions_of(source) if may_read_inside(source, principal) else public_versions_of(source)


def _justifications(source: projects.Project) -> list[Justification]:
    return [
        Justification(rule=justification.rule, text=justification.text) for justification in source.plan.justifications
    ]


def _decision(source: projects.Project) -> Decision | None:
    made = source.decision
    return Decision(outcome=made.outcome, reason=made.reason, at=made.at) if made else None
