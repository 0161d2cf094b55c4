"""An expert's mutation."""

import strawberry

from chassis.commands.guards import require_rows
from chassis.graph import requires
from chassis.principal import Scope
from services.catalog import commands
from services.catalog.graph.context import Info
from services.catalog.graph.inputs import VerdictInput
from services.catalog.graph.reviews import Review

_EXPERT = requires(Scope.EXPERT)


@strawberry.type
class ExpertMutation:
    """What an expert does."""

    @strawberry.federation.mutation(description="提交评审意见 (R15)", requires_scopes=_EXPERT)
    async def submit_review(self, info: Info, project_id: strawberry.ID, verdicts: list[VerdictInput]) -> Review | None:
        """Hand in the own review."""
        require_rows(verdicts)
        given = [one.verdict_of() for one in verdicts]
        done = await commands.submit_review(
            info.context.deps, info.context.principal, project_id=project_id, verdicts=given
        )
        return Review.of(done, info.context.deps.vault)
