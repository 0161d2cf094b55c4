"""The ministry's mutations; each calls one command."""

import strawberry

from chassis.commands.guards import require_rows
from chassis.graph import requires
from chassis.principal import Scope
from services.catalog import commands
from services.catalog.domain.base import Organization
from services.catalog.graph.bases import Base, Expert
from services.catalog.graph.context import Info
from services.catalog.graph.inputs import (
    BaseInput,
    ExpertInput,
    ProjectDecisionInput,
    ProjectExtensionInput,
    QuotaInput,
)
from services.catalog.graph.projects import Project
from services.catalog.graph.round_inputs import PhaseOverrideInput, RoundInput
from services.catalog.graph.rounds import Round

_MINISTRY = requires(Scope.MINISTRY)


@strawberry.type
class MinistryMutation:
    """What the ministry does."""

    @strawberry.federation.mutation(description="开启年度轮次 (R1)", requires_scopes=_MINISTRY)
    async def open_round(self, info: Info, input: RoundInput) -> Round | None:
        """Open a year's round."""
        deps, principal = info.context.deps, info.context.principal
        opened = await commands.open_round(deps, principal, year=input.year, given=input.given())
        return Round.of(opened, deps.clock.now())

    @strawberry.federation.mutation(description="延长某一阶段 (R1)", requires_scopes=_MINISTRY)
    async def extend_phase(self, info: Info, input: PhaseOverrideInput) -> Round | None:
        """Give a phase a later last day."""
        deps, principal = info.context.deps, info.context.principal
        extended = await commands.extend_phase(
            deps, principal, year=input.year, phase=input.phase, closes=input.closes, reason=input.reason
        )
        return Round.of(extended, deps.clock.now())

    @strawberry.federation.mutation(description="登记国培基地 (R2, R3)", requires_scopes=_MINISTRY)
    async def register_base(self, info: Info, input: BaseInput) -> Base | None:
        """Put a base on file."""
        principal = info.context.principal
        return Base.of(await commands.register_base(info.context.deps, principal, input.command()), principal)

    @strawberry.federation.mutation(description="登记评审专家 (R14)", requires_scopes=_MINISTRY)
    async def register_expert(self, info: Info, input: ExpertInput) -> Expert | None:
        """Put a reviewer on file."""
        registered = await commands.register_expert(
            info.context.deps,
            info.context.principal,
            name=input.name,
            organization=Organization(input.organization_code, input.organization_name),
            fields=require_rows(input.fields),
        )
        return Expert.of(registered)

    @strawberry.federation.mutation(description="分配评审专家 (R14)", requires_scopes=_MINISTRY)
    async def assign_experts(
        self, info: Info, project_id: strawberry.ID, experts: list[strawberry.ID]
    ) -> Project | None:
        """Give a submitted plan to its experts."""
        require_rows(experts)
        principal = info.context.principal
        assigned = await commands.assign_experts(info.context.deps, principal, key=project_id, experts=experts)
        return Project.of(assigned, principal)

    @strawberry.federation.mutation(description="批准、退回或不予通过 (R16)", requires_scopes=_MINISTRY)
    async def decide_project(
        self,
        info: Info,
        id: strawberry.ID,
        decision: ProjectDecisionInput,
    ) -> Project | None:
        """Decide on a reviewed plan."""
        principal = info.context.principal
        decided = await commands.decide_project(
            info.context.deps, principal, key=id, outcome=decision.outcome, reason=decision.reason
        )
        return Project.of(decided, principal)

    @strawberry.federation.mutation(description="暂停项目", requires_scopes=_MINISTRY)
    async def suspend_project(
        self,
        info: Info,
        id: strawberry.ID,
        reason: str,
    ) -> Project | None:
        """Stop a project for now."""
        principal = info.context.principal
        return Project.of(
            await commands.suspend_project(info.context.deps, principal, key=id, reason=reason), principal
        )

    @strawberry.federation.mutation(description="恢复项目", requires_scopes=_MINISTRY)
    async def resume_project(self, info: Info, id: strawberry.ID) -> Project | None:
        """Let a suspended project go on."""
        principal = info.context.principal
        return Project.of(await commands.resume_project(info.context.deps, principal, key=id), principal)

    @strawberry.federation.mutation(description="同意项目延期 (R28)", requires_scopes=_MINISTRY)
    async def extend_project(
        self,
        info: Info,
        id: strawberry.ID,
        input: ProjectExtensionInput,
    ) -> Project | None:
        """Let a project end after the window."""
        principal = info.context.principal
        extended = await commands.extend_project(
            info.context.deps, principal, key=id, until=input.until, reason=input.reason
        )
        return Project.of(extended, principal)

    @strawberry.federation.mutation(description="调整基地项目数量 (R39)", requires_scopes=_MINISTRY)
    async def adjust_quota(
        self,
        info: Info,
        base_id: strawberry.ID,
        input: QuotaInput,
    ) -> Base | None:
        """Change a base's quota of a round."""
        principal = info.context.principal
        adjusted = await commands.adjust_quota(
            info.context.deps,
            principal,
            base_id=base_id,
            year=input.year,
            limit=input.limit,
            reason=input.reason,
            effective_from=input.effective_from,
        )
        return Base.of(adjusted, principal)
