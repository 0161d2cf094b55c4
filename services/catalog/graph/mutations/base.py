"""A base's mutations; each calls one command."""

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run
from chassis.principal import Scope
from kernel.dates import today
from services.catalog import commands
from services.catalog.graph.bases import Base
from services.catalog.graph.context import Info
from services.catalog.graph.inputs import BaseTeamInput
from services.catalog.graph.project_inputs import ProjectAmendmentInput, ProjectClassInput, ProjectInput
from services.catalog.graph.projects import Project
from services.catalog.graph.reveals import BaseTeamReveal

_BASE = requires(Scope.BASE)
_EITHER = requires(Scope.BASE, Scope.MINISTRY)


@strawberry.type
class BaseMutation:
    """What a base does with its own projects, and how to call its team."""

    @strawberry.federation.mutation(description="登记设计、申报、实施联系人 (R6)", requires_scopes=_BASE)
    async def set_base_team(self, info: Info, base_id: strawberry.ID, input: BaseTeamInput) -> Base | None:
        """Name the base's contacts."""
        changed = await run(info, commands.set_base_team, base_id=base_id, duties=input.duties())
        return Base.of(changed, info.context)

    @strawberry.federation.mutation(
        description="查看基地联系人的完整电话，须说明用途：限本基地、向其项目提交过报名的学校和教师工作司，"
        "每次记入审计日志 (R6, R41)",
        requires_scopes=requires(Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
    )
    async def reveal_base_team(self, info: Info, base_id: strawberry.ID, purpose: str) -> BaseTeamReveal | None:
        """Show the phones of a base's team to those who work with it, and record that they were shown."""
        shown = await run(info, commands.reveal_base_team, base_id=base_id, purpose=purpose)
        return BaseTeamReveal.of(shown, info.context)

    @strawberry.federation.mutation(description="起草培训方案 (R7)", requires_scopes=_BASE)
    async def draft_project(self, info: Info, base_id: strawberry.ID, input: ProjectInput) -> Project | None:
        """Begin a plan, in the present year's round unless stated."""
        year = today(info.context.deps.clock.now()).year if input.year is None else input.year
        drafted = await run(
            info, commands.draft_project, base_id=base_id, year=year, kind=input.kind, changes=input.changes()
        )
        return Project.of(drafted, info.context)

    @strawberry.federation.mutation(description="修改草稿或被退回的方案 (R7, R13)", requires_scopes=_BASE)
    async def update_project(self, info: Info, id: strawberry.ID, version: int, input: ProjectInput) -> Project | None:
        """Write some fields of a plan."""
        updated = await run(
            info,
            commands.update_project,
            key=id,
            version=version,
            year=input.year,
            kind=input.kind,
            changes=input.changes(),
        )
        return Project.of(updated, info.context)

    @strawberry.federation.mutation(description="提交方案，占用项目数量 (R7, R11, R13)", requires_scopes=_BASE)
    async def submit_project(self, info: Info, id: strawberry.ID, version: int) -> Project | None:
        """Hand in a complete plan."""
        return Project.of(await run(info, commands.submit_project, key=id, version=version), info.context)

    @strawberry.federation.mutation(description="发布前撤回，释放项目数量 (R11)", requires_scopes=_BASE)
    async def withdraw_project(self, info: Info, id: strawberry.ID, reason: str) -> Project | None:
        """Take a plan back before publication."""
        return Project.of(await run(info, commands.withdraw_project, key=id, reason=reason), info.context)

    @strawberry.federation.mutation(description="同一方案增开班次 (R12)", requires_scopes=_BASE)
    async def add_class(self, info: Info, project_id: strawberry.ID, input: ProjectClassInput) -> Project | None:
        """A further class of a design."""
        return Project.of(await run(info, commands.add_class, key=project_id, given=input.plan()), info.context)

    @strawberry.federation.mutation(
        description="发布后变更地点、日期（含天数）、师资（含课次的授课教师），已报名者将收到通知 (R18)",
        requires_scopes=_BASE,
    )
    async def amend_project(
        self, info: Info, id: strawberry.ID, version: int, input: ProjectAmendmentInput
    ) -> Project | None:
        """Change venue, dates or faculty after publication."""
        given = {"given": input.amendment()} | input.further()
        amended = await run(info, commands.amend_project, key=id, version=version, **given)
        return Project.of(amended, info.context)

    @strawberry.federation.mutation(
        description="开班；计划开班日期已过的须说明理由，最后一日之后改用 recordAsHeld 或 recordAsNotHeld (R28)",
        requires_scopes=_BASE,
    )
    async def start_project(self, info: Info, id: strawberry.ID, reason: str | None = None) -> Project | None:
        """Begin the training."""
        late = {} if reason is None else {"reason": reason}
        return Project.of(await run(info, commands.start_project, key=id, **late), info.context)

    @strawberry.federation.mutation(
        description="培训最后一日之后登记为已按计划举办，此后可登记考勤和结果 (R28)", requires_scopes=_BASE
    )
    async def record_as_held(self, info: Info, id: strawberry.ID, reason: str) -> Project | None:
        """Record that a training which was not started was held."""
        return Project.of(await run(info, commands.record_as_held, key=id, reason=reason), info.context)

    @strawberry.federation.mutation(
        description="培训最后一日之后登记为未举办，报名随之终止，按取消计 (R33)", requires_scopes=_BASE
    )
    async def record_as_not_held(self, info: Info, id: strawberry.ID, reason: str) -> Project | None:
        """Record that a training was not held."""
        return Project.of(await run(info, commands.record_as_not_held, key=id, reason=reason), info.context)

    @strawberry.federation.mutation(description="结业 (R28)", requires_scopes=_EITHER)
    async def finish_project(self, info: Info, id: strawberry.ID) -> Project | None:
        """End the training."""
        return Project.of(await run(info, commands.finish_project, key=id), info.context)

    @strawberry.federation.mutation(description="取消已发布的项目 (R33)", requires_scopes=_EITHER)
    async def cancel_project(self, info: Info, id: strawberry.ID, reason: str) -> Project | None:
        """Call a published project off."""
        return Project.of(await run(info, commands.cancel_project, key=id, reason=reason), info.context)
