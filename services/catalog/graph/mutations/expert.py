"""An expert's mutation."""

import strawberry

from chassis.commands.guards import require_rows
from chassis.graph import requires
from chassis.graph.resolvers import run
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
        judged = [verdict.judged() for verdict in require_rows(verdicts, "verdicts")]
        review = await run(info, commands.submit_review, project_id=project_id, verdicts=judged)
        return Review.of(review, info.context)
