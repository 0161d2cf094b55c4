"""The ministry's mutations; each calls one command. A bulk mutation answers one row for each row of its input."""

from datetime import date

import strawberry

from chassis.commands.guards import require_rows
from chassis.graph import requires
from chassis.graph.resolvers import run, shown_rows
from chassis.principal import Scope
from services.catalog import commands
from services.catalog.domain.base import Organization
from services.catalog.graph.bases import Base, Expert
from services.catalog.graph.bases import Organization as OrganizationType
from services.catalog.graph.context import Info
from services.catalog.graph.enums import BaseCategory
from services.catalog.graph.inputs import (
    BaseAmendmentInput,
    BaseInput,
    ExpertCorrectionInput,
    ExpertInput,
    ProjectDecisionInput,
    ProjectDecisionRowInput,
    ProjectExtensionInput,
    PublishOverrideInput,
    QuotaInput,
)
from services.catalog.graph.projects import Project, ProjectRow
from services.catalog.graph.round_inputs import PhaseOverrideInput, RoundAmendmentInput, RoundInput
from services.catalog.graph.rounds import Round

_MINISTRY = requires(Scope.MINISTRY)


@strawberry.type
class MinistryMutation:
    """What the ministry does."""

    @strawberry.federation.mutation(description="开启年度轮次 (R1)", requires_scopes=_MINISTRY)
    async def open_round(self, info: Info, input: RoundInput) -> Round | None:
        """Open a year's round."""
        opened = await run(info, commands.open_round, year=input.year, given=input.given())
        return Round.of(opened, info.context)

    @strawberry.federation.mutation(description="延长某一阶段 (R1)", requires_scopes=_MINISTRY)
    async def extend_phase(self, info: Info, input: PhaseOverrideInput) -> Round | None:
        """Give a phase a later last day."""
        extended = await run(
            info,
            commands.extend_phase,
            year=input.year,
            phase=input.phase,
            closes=input.closes,
            reason=input.reason,
        )
        return Round.of(extended, info.context)

    @strawberry.federation.mutation(
        description="更正已开启的年度轮次：未使用的内容可自由更正，已使用的只增不减，须说明理由 (R1)",
        requires_scopes=_MINISTRY,
    )
    async def amend_round(
        self, info: Info, year: int, version: int, input: RoundAmendmentInput, reason: str
    ) -> Round | None:
        """Correct parts of an open round."""
        amended = await run(info, commands.amend_round, year=year, version=version, given=input.given(), reason=reason)
        return Round.of(amended, info.context)

    @strawberry.federation.mutation(description="登记国培基地 (R2, R3)", requires_scopes=_MINISTRY)
    async def register_base(self, info: Info, input: BaseInput) -> Base | None:
        """Put a base on file."""
        given = {} if input.province_reason is None else {"province_reason": input.province_reason}
        return Base.of(await run(info, commands.register_base, input.command(), **given), info.context)

    @strawberry.federation.mutation(description="基地更名，其项目随之显示新名称 (R2)", requires_scopes=_MINISTRY)
    async def rename_base(self, info: Info, id: strawberry.ID, version: int, name: str, reason: str) -> Base | None:
        """Give a base another name."""
        renamed = await run(info, commands.rename_base, key=id, version=version, name=name, reason=reason)
        return Base.of(renamed, info.context)

    @strawberry.federation.mutation(
        description="单位更名，其基地和专家随之变更；一个代码只有一个名称 (R3)", requires_scopes=_MINISTRY
    )
    async def rename_organization(
        self, info: Info, code: strawberry.ID, name: str, reason: str
    ) -> OrganizationType | None:
        """Give an organisation another name."""
        return OrganizationType.of(await run(info, commands.rename_organization, code=code, name=name, reason=reason))

    @strawberry.federation.mutation(description="延长基地有效期，末日为空即长期 (R2)", requires_scopes=_MINISTRY)
    async def extend_base(
        self, info: Info, id: strawberry.ID, version: int, reason: str, valid_until: date | None = None
    ) -> Base | None:
        """Let a base be valid longer."""
        extended = await run(
            info, commands.extend_base, key=id, version=version, valid_until=valid_until, reason=reason
        )
        return Base.of(extended, info.context)

    @strawberry.federation.mutation(
        description="更正基地类别；已有项目或项目数量的不能更正 (R2)", requires_scopes=_MINISTRY
    )
    async def recategorize_base(
        self, info: Info, id: strawberry.ID, version: int, category: BaseCategory, reason: str
    ) -> Base | None:
        """Set right the category of a base that has no projects."""
        changed = await run(info, commands.recategorize_base, key=id, version=version, category=category, reason=reason)
        return Base.of(changed, info.context)

    @strawberry.federation.mutation(
        description="关闭基地：不得有未办结的项目；项目数量冻结，账号随之停用 (R2)", requires_scopes=_MINISTRY
    )
    async def close_base(self, info: Info, id: strawberry.ID, version: int, reason: str) -> Base | None:
        """Close a base for good."""
        return Base.of(await run(info, commands.close_base, key=id, version=version, reason=reason), info.context)

    @strawberry.federation.mutation(
        description="恢复误关的基地：项目数量照常计算，账号凭新激活码启用；已并入其他基地的不能恢复 (R2)",
        requires_scopes=_MINISTRY,
    )
    async def reopen_base(self, info: Info, id: strawberry.ID, version: int, reason: str) -> Base | None:
        """Open a base again that was closed by mistake."""
        return Base.of(await run(info, commands.reopen_base, key=id, version=version, reason=reason), info.context)

    @strawberry.federation.mutation(
        description="更正基地的专业大类、省份、有效期起始日期，须说明理由；已有发布过的项目的，只能放宽 (R2, R3)",
        requires_scopes=_MINISTRY,
    )
    async def amend_base(self, info: Info, id: strawberry.ID, version: int, input: BaseAmendmentInput) -> Base | None:
        """Set right what is on file of a base."""
        return Base.of(await run(info, commands.amend_base, key=id, version=version, **input.command()), info.context)

    @strawberry.federation.mutation(
        description="将基地并入同类别的另一基地：原有项目不变，今后由接续基地办理 (R2)",
        requires_scopes=_MINISTRY,
    )
    async def merge_bases(
        self, info: Info, id: strawberry.ID, version: int, into: strawberry.ID, reason: str
    ) -> Base | None:
        """Merge a base into another, which acts for it from then on."""
        merged = await run(info, commands.merge_bases, key=id, version=version, into=into, reason=reason)
        return Base.of(merged, info.context)

    @strawberry.federation.mutation(description="更正专家的姓名、单位或专业领域 (R14)", requires_scopes=_MINISTRY)
    async def correct_expert(
        self, info: Info, id: strawberry.ID, version: int, input: ExpertCorrectionInput
    ) -> Expert | None:
        """Set right what is on file of a reviewer."""
        corrected = await run(
            info,
            commands.correct_expert,
            key=id,
            version=version,
            name=input.name,
            organization=input.organization(),
            reason=input.reason,
            **input.further(),
        )
        return Expert.of(corrected)

    @strawberry.federation.mutation(
        description="恢复误退的专家：可再分配评审，账号凭新激活码启用 (R14)", requires_scopes=_MINISTRY
    )
    async def reinstate_expert(self, info: Info, id: strawberry.ID, version: int, reason: str) -> Expert | None:
        """Put a reviewer back on the list."""
        return Expert.of(await run(info, commands.reinstate_expert, key=id, version=version, reason=reason))

    @strawberry.federation.mutation(
        description="专家退出：不再分配，账号停用；未提交的评审见 openAssignments，须改派 (R14)",
        requires_scopes=_MINISTRY,
    )
    async def withdraw_expert(self, info: Info, id: strawberry.ID, version: int, reason: str) -> Expert | None:
        """Let a reviewer go."""
        return Expert.of(await run(info, commands.withdraw_expert, key=id, version=version, reason=reason))

    @strawberry.federation.mutation(description="登记评审专家 (R14)", requires_scopes=_MINISTRY)
    async def register_expert(self, info: Info, input: ExpertInput) -> Expert | None:
        """Put a reviewer on file."""
        registered = await run(
            info,
            commands.register_expert,
            name=input.name,
            organization=Organization(input.organization_code, input.organization_name),
            fields=require_rows(input.fields, "fields"),
        )
        return Expert.of(registered)

    @strawberry.federation.mutation(description="分配评审专家 (R14)", requires_scopes=_MINISTRY)
    async def assign_experts(
        self, info: Info, project_id: strawberry.ID, experts: list[strawberry.ID]
    ) -> Project | None:
        """Give a submitted plan to its experts."""
        assigned = await run(info, commands.assign_experts, key=project_id, experts=require_rows(experts, "experts"))
        return Project.of(assigned, info.context)

    @strawberry.federation.mutation(description="批准、退回或不予通过 (R16)", requires_scopes=_MINISTRY)
    async def decide_project(self, info: Info, id: strawberry.ID, decision: ProjectDecisionInput) -> Project | None:
        """Decide on a reviewed plan."""
        decided = await run(info, commands.decide_project, key=id, outcome=decision.outcome, reason=decision.reason)
        return Project.of(decided, info.context)

    @strawberry.federation.mutation(
        description="更正决定：项目发布前可改为其他决定，须说明理由，两个决定均留存 (R16)", requires_scopes=_MINISTRY
    )
    async def revise_project_decision(
        self, info: Info, id: strawberry.ID, decision: ProjectDecisionInput
    ) -> Project | None:
        """Put another decision in the place of the one in force."""
        revised = await run(
            info, commands.revise_project_decision, key=id, outcome=decision.outcome, reason=decision.reason
        )
        return Project.of(revised, info.context)

    @strawberry.federation.mutation(description="暂停项目", requires_scopes=_MINISTRY)
    async def suspend_project(self, info: Info, id: strawberry.ID, reason: str) -> Project | None:
        """Stop a project for now."""
        return Project.of(await run(info, commands.suspend_project, key=id, reason=reason), info.context)

    @strawberry.federation.mutation(description="恢复项目", requires_scopes=_MINISTRY)
    async def resume_project(self, info: Info, id: strawberry.ID) -> Project | None:
        """Let a suspended project go on."""
        return Project.of(await run(info, commands.resume_project, key=id), info.context)

    @strawberry.federation.mutation(description="同意项目延期 (R28)", requires_scopes=_MINISTRY)
    async def extend_project(self, info: Info, id: strawberry.ID, input: ProjectExtensionInput) -> Project | None:
        """Let a project end after the window."""
        extended = await run(info, commands.extend_project, key=id, until=input.until, reason=input.reason)
        return Project.of(extended, info.context)

    @strawberry.federation.mutation(description="调整基地项目数量 (R39)", requires_scopes=_MINISTRY)
    async def adjust_quota(self, info: Info, base_id: strawberry.ID, input: QuotaInput) -> Base | None:
        """Change a base's quota of a round."""
        adjusted = await run(
            info,
            commands.adjust_quota,
            base_id=base_id,
            year=input.year,
            limit=input.limit,
            reason=input.reason,
            effective_from=input.effective_from,
            proposal=input.proposal_id,
            above_round=input.above_round,
        )
        return Base.of(adjusted, info.context)

    @strawberry.federation.mutation(
        description="批量自动分配评审专家：回避本单位，专业大类匹配者优先，任务量均衡；每行各自成败 (R14)",
        requires_scopes=_MINISTRY,
    )
    async def auto_assign_experts(self, info: Info, project_ids: list[strawberry.ID]) -> list[ProjectRow] | None:
        """Give submitted plans to the experts who have the fewest reviews."""
        return shown_rows(await run(info, commands.auto_assign_experts, project_ids), ProjectRow, info.context)

    @strawberry.federation.mutation(description="批量决定；每行各自成败 (R16)", requires_scopes=_MINISTRY)
    async def decide_projects(self, info: Info, decisions: list[ProjectDecisionRowInput]) -> list[ProjectRow] | None:
        """Decide on reviewed plans."""
        rows = [decision.command() for decision in decisions]
        return shown_rows(await run(info, commands.decide_projects, rows), ProjectRow, info.context)

    @strawberry.federation.mutation(description="批量发布；每行各自成败 (R17)", requires_scopes=_MINISTRY)
    async def publish_projects(
        self, info: Info, ids: list[strawberry.ID], override: PublishOverrideInput | None = None
    ) -> list[ProjectRow] | None:
        """Publish approved projects."""
        reason = override.reason if override else None
        results = await run(info, commands.publish_projects, ids, override=reason)
        return shown_rows(results, ProjectRow, info.context)
