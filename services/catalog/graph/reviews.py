"""Reviews and decisions in the graph (R15, R16)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from chassis.graph import requires
from chassis.principal import Principal, Scope
from services.catalog.domain import project as projects
from services.catalog.domain import review as reviews
from services.catalog.graph.bases import Expert
from services.catalog.graph.context import Context, Info, is_ministry, may_read_base
from services.catalog.graph.enums import DecisionOutcome, Verdict
from services.catalog.graph.loaders import ExpertByIdLoader, ProjectByIdLoader

if TYPE_CHECKING:
    from services.catalog.graph.projects import Project

ProjectType = Annotated["Project", strawberry.lazy("services.catalog.graph.projects")]


@strawberry.type(description="单项评审意见 (R15)")
class ReviewVerdict:
    """A verdict on one dimension."""

    dimension: str
    verdict: Verdict
    comment: str


@strawberry.type(description="一位专家对一次申报的评审 (R15)")
class Review:
    """An expert's review; blank until it is submitted."""

    id: strawberry.ID
    cycle: int
    verdicts: list[ReviewVerdict]
    assigned_at: datetime
    submitted_at: datetime | None
    source: strawberry.Private[reviews.Review]

    @classmethod
    def of(cls, source: reviews.Review, context: Context) -> Self:
        """A review for somebody who may read it; its id is a keyed hash, for the stored id names the expert (R15)."""
        return cls(
            id=strawberry.ID(context.deps.vault.keyed_hash(source.id)),
            cycle=source.cycle,
            verdicts=[
                ReviewVerdict(dimension=judged.dimension, verdict=judged.verdict, comment=judged.comment)
                for judged in source.verdicts
            ],
            assigned_at=source.assigned_at,
            submitted_at=source.submitted_at,
            source=source,
        )

    @strawberry.field(description="被评审的项目")
    async def project(self, info: Info) -> ProjectType | None:
        """The project, while the principal may see it."""
        from services.catalog.graph.projects import Project

        project = await info.context.loader(ProjectByIdLoader).load(self.source.project)
        return Project.of(project, info.context) if project else None

    @strawberry.federation.field(
        description="评审专家：教师工作司可见，专家仅见本人", requires_scopes=requires(Scope.MINISTRY, Scope.EXPERT)
    )
    async def expert(self, info: Info) -> Expert | None:
        """Who reviews; experts do not learn of each other."""
        principal = info.context.principal
        if not is_ministry(principal) and principal.person != self.source.expert:
            return None
        expert = await info.context.loader(ExpertByIdLoader).load(self.source.expert)
        return Expert.of(expert) if expert else None


@strawberry.type(description="教师工作司的决定 (R16)")
class Decision:
    """What was decided, and why."""

    outcome: DecisionOutcome
    reason: str
    at: datetime


def readable(
    project: projects.Project, of_project: Sequence[reviews.Review], principal: Principal
) -> list[reviews.Review]:
    """The reviews of a project that the principal may read (R15).

    The ministry reads all of them. An expert of the project reads the own review and, after submitting it, the other
    submitted ones of the same cycle. The base reads the submitted ones after the ministry's decision.

    Args:
        project: The project.
        of_project: All its reviews, of every cycle.
        principal: Who asks.
    """
    if is_ministry(principal):
        return list(of_project)
    if principal.scope is Scope.EXPERT and principal.person in project.experts:
        return reviews.readable_by(principal.person, [review for review in of_project if review.cycle == project.cycle])
    if may_read_base(principal, project.base) and project.decision:
        return [review for review in of_project if review.submitted_at]
    return []
