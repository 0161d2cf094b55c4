"""Mutations of sign-ups: the teacher's own, and what the school makes of them; each calls one command."""

import strawberry

from chassis.graph import requires
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.enrollments import Enrollment, EnrollmentRow
from services.enrollment.graph.inputs import (
    InnerCutOffInput,
)
from services.enrollment.graph.loaders import SchoolByCodeLoader
from services.enrollment.graph.people import School

_SCHOOL = requires(Scope.SCHOOL)
_TEACHER = requires(Scope.TEACHER)


@strawberry.type
class SignUpMutation:
    """Sign-ups up to their submission, and their withdrawal."""

    @strawberry.federation.mutation(description="报名 (R19)", requires_scopes=_TEACHER)
    async def sign_up(self, info: Info, project_id: strawberry.ID) -> Enrollment | None:
        """Sign up for a published project."""
        context = info.context
        return Enrollment.of(await commands.sign_up(context.deps, context.principal, project_id=project_id))

    @strawberry.federation.mutation(description="撤销本人报名，学校提交之前 (R19)", requires_scopes=_TEACHER)
    async def withdraw_sign_up(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - the graph's name
    ) -> Enrollment | None:
        """Take the own sign-up back."""
        context = info.context
        return Enrollment.of(await commands.withdraw_sign_up(context.deps, context.principal, key=id))

    @strawberry.federation.mutation(
        description="设定或取消校内报名截止日，须早于全国截止日 (R21)", requires_scopes=_SCHOOL
    )
    async def set_inner_cut_off(
        self,
        info: Info,
        input: InnerCutOffInput,  # noqa: A002 - the graph's name
    ) -> School | None:
        """Set the own school's last day of sign-ups."""
        context = info.context
        kept = await commands.set_inner_cut_off(
            context.deps,
            context.principal,
            year=input.year,
            project_id=input.project_id,
            closes_on=input.closes_on,
        )
        found = await context.loader(SchoolByCodeLoader).load(kept.school)
        return School.of(found) if found else None

    @strawberry.federation.mutation(description="学校不同意报名，须说明理由 (R21)", requires_scopes=_SCHOOL)
    async def decline_sign_ups(self, info: Info, ids: list[strawberry.ID], reason: str) -> list[EnrollmentRow] | None:
        """Decline sign-ups of the own school."""
        context = info.context
        rows = await commands.decline_sign_ups(context.deps, context.principal, keys=ids, reason=reason)
        return [EnrollmentRow.of(row, context.language) for row in rows]

    @strawberry.federation.mutation(description="学校对报名者排序 (R21)", requires_scopes=_SCHOOL)
    async def rank_sign_ups(
        self, info: Info, project_id: strawberry.ID, ids: list[strawberry.ID]
    ) -> list[EnrollmentRow] | None:
        """Rank the own school's candidates, in the order given."""
        context = info.context
        rows = await commands.rank_sign_ups(context.deps, context.principal, project_id=project_id, keys=ids)
        return [EnrollmentRow.of(row, context.language) for row in rows]

    @strawberry.federation.mutation(description="专人提交报名，一次最多200个 (R22)", requires_scopes=_SCHOOL)
    async def submit_enrollments(self, info: Info, ids: list[strawberry.ID]) -> list[EnrollmentRow] | None:
        """Hand the own school's sign-ups in to the bases."""
        context = info.context
        rows = await commands.submit_enrollments(context.deps, context.principal, keys=ids)
        return [EnrollmentRow.of(row, context.language) for row in rows]

    @strawberry.federation.mutation(description="学校在开班前撤回，须说明理由 (R26)", requires_scopes=_SCHOOL)
    async def withdraw_enrollment(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - the graph's name
        reason: str,
    ) -> Enrollment | None:
        """Withdraw what the own school has submitted; a seat is free at once."""
        context = info.context
        withdrawn = await commands.withdraw_enrollment(context.deps, context.principal, key=id, reason=reason)
        return Enrollment.of(withdrawn)
