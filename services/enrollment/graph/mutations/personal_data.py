"""Mutations of a person's own data, and the audited way to plain numbers (R41)."""

import strawberry

from chassis.graph import requires
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.people import Teacher
from services.enrollment.graph.personal_data import ContactInput, TeacherCorrectionInput, TeacherReveal, corrected


@strawberry.type
class PersonalMutation:
    """What may be done with a person's data."""

    @strawberry.federation.mutation(
        description="学校更正本校教师登记信息，按 version 防止覆盖 (R41)", requires_scopes=requires(Scope.SCHOOL)
    )
    async def correct_teacher(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - the graph's name
        version: int,
        input: TeacherCorrectionInput,  # noqa: A002 - the graph's name
    ) -> Teacher | None:
        """Correct what is on file of a teacher of the own school."""
        context, given = info.context, corrected(input)
        teacher = await commands.correct_teacher(context.deps, context.principal, key=id, version=version, given=given)
        return Teacher.of(teacher)

    @strawberry.federation.mutation(description="更正本人联系方式 (R41)", requires_scopes=requires(Scope.TEACHER))
    async def update_my_contact(
        self,
        info: Info,
        input: ContactInput,  # noqa: A002 - the graph's name
    ) -> Teacher | None:
        """Change the own mobile or mail address."""
        context = info.context
        teacher = await commands.update_my_contact(context.deps, context.principal, given=corrected(input))
        return Teacher.of(teacher)

    @strawberry.federation.mutation(
        description="查看教师完整号码，须说明用途；限本人、学校、录取的基地和教师工作司，每次记入审计日志 (R41)",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
    )
    async def reveal_teacher(
        self,
        info: Info,
        id: strawberry.ID,  # noqa: A002 - the graph's name
        purpose: str,
    ) -> TeacherReveal | None:
        """Show a teacher's plain numbers, and record it."""
        context = info.context
        revealed = await commands.reveal_teacher(context.deps, context.principal, key=id, purpose=purpose)
        return TeacherReveal.of(revealed)
