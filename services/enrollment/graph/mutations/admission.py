"""Mutations of bases and schools on who gets a seat; each calls one command."""

import strawberry

from chassis.graph import requires
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.enrollments import Enrollment, EnrollmentRow
from services.enrollment.graph.inputs import (
    EnrollmentDecisionInput,
)
from services.enrollment.graph.projects import Project

_SCHOOL = requires(Scope.SCHOOL)
_TEACHER = requires(Scope.TEACHER)


@strawberry.type
class AdmissionMutation:
    """Decisions on enrollments, the waiting list, and what happens to seats."""

    @strawberry.federation.mutation(description="确认递补名额，时限之内 (R25)", requires_scopes=_SCHOOL)
    async def accept_offer(self, info: Info, id: strawberry.ID) -> Enrollment | None:  # noqa: A002 - the graph's name
        """Take an offered seat."""
        context = info.context
        return Enrollment.of(await commands.accept_offer(context.deps, context.principal, key=id))

    @strawberry.federation.mutation(
        description="开班前替换已录取的学员，名额随之转移，须说明理由；返回替换者的报名 (R26)",
        requires_scopes=_SCHOOL,
    )
    async def substitute_teacher(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - the graph's name
        teacher_id: strawberry.ID,
        reason: str,
    ) -> Enrollment | None:
        """Pass a seat on to a colleague."""
        context = info.context
        admitted = await commands.substitute_teacher(
            context.deps, context.principal, key=id, teacher_id=teacher_id, reason=reason
        )
        return Enrollment.of(admitted)

    @strawberry.federation.mutation(
        description="基地排定候补名单；未列入的按提交先后排在其后 (R25)", requires_scopes=requires(Scope.BASE)
    )
    async def rank_waitlist(self, info: Info, project_id: strawberry.ID, ids: list[strawberry.ID]) -> Project | None:
        """Order the waiting list."""
        context = info.context
        await commands.rank_waitlist(context.deps, context.principal, project_id=project_id, keys=ids)
        return Project(id=project_id)

    @strawberry.federation.mutation(
        description="核准：录取、不录取或候补，一次最多200个；逾期未决的由教师工作司决定，须说明理由 (R23)",
        requires_scopes=requires(Scope.BASE, Scope.MINISTRY),
    )
    async def decide_enrollments(
        self, info: Info, decisions: list[EnrollmentDecisionInput]
    ) -> list[EnrollmentRow] | None:
        """Decide on enrolments of the own bases, or in their place."""
        context = info.context
        given = [one.decided() for one in decisions]
        rows = await commands.decide_enrollments(context.deps, context.principal, given)
        return [EnrollmentRow.of(row, context.language) for row in rows]
