"""Mutations of rosters (R22)."""

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.enums import RosterMode
from services.enrollment.graph.rosters import RosterJob

_SCHOOL = requires(Scope.SCHOOL)


@strawberry.type
class RosterMutation:
    """What a school may do with a roster."""

    @strawberry.federation.mutation(
        description="提交已上传的名单：全部合格才提交，或只提交合格的行；后台办理，进度见 rosterJob (R22)",
        requires_scopes=_SCHOOL,
    )
    async def commit_roster(self, info: Info, job_id: strawberry.ID, mode: RosterMode) -> RosterJob | None:
        """Commit a roster; its rows are entered in the background."""
        return RosterJob.of(await run(info, commands.commit_roster, key=job_id, mode=mode), info.context)
