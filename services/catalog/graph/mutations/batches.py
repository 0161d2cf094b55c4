"""The ministry's bulk mutations: at most 200 rows, each succeeding or refused by itself."""

from collections.abc import Awaitable

import strawberry

from chassis.commands.guards import require_rows, require_scope
from chassis.graph import RefusalInfo, requires
from chassis.principal import Scope
from kernel.errors import Refusal
from services.catalog import commands
from services.catalog.domain import project as projects
from services.catalog.graph.context import Info
from services.catalog.graph.inputs import ProjectDecisionRowInput, PublishOverrideInput
from services.catalog.graph.projects import Project, ProjectRow

_MINISTRY = requires(Scope.MINISTRY)


@strawberry.type
class BatchMutation:
    """What the ministry does with many projects at once."""

    @strawberry.federation.mutation(
        description="批量自动分配评审专家：回避本单位，专业大类匹配者优先，任务量均衡；每行各自成败 (R14)",
        requires_scopes=_MINISTRY,
    )
    async def auto_assign_experts(self, info: Info, project_ids: list[strawberry.ID]) -> list[ProjectRow] | None:
        """Give submitted plans to the experts who have least to do, one by one."""
        deps, principal = info.context.deps, info.context.principal
        require_rows(project_ids)
        require_scope(principal, Scope.MINISTRY)
        panel = commands.Panel(deps)
        return [
            await _row(info, key, commands.auto_assign_experts(deps, principal, key=key, panel=panel))
            for key in project_ids
        ]

    @strawberry.federation.mutation(description="批量决定；每行各自成败 (R16)", requires_scopes=_MINISTRY)
    async def decide_projects(self, info: Info, decisions: list[ProjectDecisionRowInput]) -> list[ProjectRow] | None:
        """Decide on reviewed plans, one by one."""
        deps, principal = info.context.deps, info.context.principal
        require_rows(decisions)
        require_scope(principal, Scope.MINISTRY)
        return [
            await _row(
                info,
                one.id,
                commands.decide_one_of_many(deps, principal, key=one.id, outcome=one.outcome, reason=one.reason),
            )
            for one in decisions
        ]

    @strawberry.federation.mutation(description="批量发布；每行各自成败 (R17)", requires_scopes=_MINISTRY)
    async def publish_projects(
        self, info: Info, ids: list[strawberry.ID], override: PublishOverrideInput | None = None
    ) -> list[ProjectRow] | None:
        """Publish approved projects, one by one."""
        deps, principal = info.context.deps, info.context.principal
        require_rows(ids)
        require_scope(principal, Scope.MINISTRY)
        reason = override.reason if override else None
        return [
            await _row(info, key, commands.publish_project(deps, principal, key=key, override=reason)) for key in ids
        ]


async def _row(info: Info, key: strawberry.ID, acting: Awaitable[projects.Project]) -> ProjectRow:
    try:
        done = await acting
    except Refusal as refusal:
        return ProjectRow(id=key, ok=False, project=None, refusal=RefusalInfo.of(refusal, info.context.language))
    return ProjectRow(id=key, ok=True, project=Project.of(done, info.context.principal), refusal=None)
