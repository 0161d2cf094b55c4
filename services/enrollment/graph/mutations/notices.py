"""Mutations of the in-app inbox (R24)."""

import strawberry

from chassis.graph import requires
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.notices import Notice, boxes_of


@strawberry.type
class NoticeMutation:
    """What may be done with notices."""

    @strawberry.federation.mutation(
        description="将本收件箱的通知标为已读，一次最多200条 (R24)",
        requires_scopes=requires(Scope.MINISTRY, Scope.EXPERT, Scope.BASE, Scope.SCHOOL, Scope.TEACHER, Scope.PROVINCE),
    )
    async def mark_notices_read(self, info: Info, ids: list[strawberry.ID]) -> list[Notice] | None:
        """Mark notices read; those of other inboxes are ignored."""
        context = info.context
        marked = await commands.mark_notices_read(context.deps, boxes=boxes_of(context.principal), keys=ids)
        return [Notice.of(notice) for notice in marked]
