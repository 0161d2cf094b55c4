"""Mutations of a person's own data, and the audited way to plain numbers (R41)."""

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run
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
        self, info: Info, id: strawberry.ID, version: int, input: TeacherCorrectionInput
    ) -> Teacher | None:
        """Correct what is on file about a teacher of the own school."""
        teacher = await run(info, commands.correct_teacher, key=id, version=version, given=corrected(input))
        return Teacher.of(teacher)

    @strawberry.federation.mutation(description="更正本人联系方式 (R41)", requires_scopes=requires(Scope.TEACHER))
    async def update_my_contact(self, info: Info, input: ContactInput) -> Teacher | None:
        """Change the own mobile number or mail address."""
        return Teacher.of(await run(info, commands.update_my_contact, given=corrected(input)))

    @strawberry.federation.mutation(
        description="查看教师完整号码，须说明用途；限本人、学校、录取的基地和教师工作司，每次记入审计日志 (R41)",
        requires_scopes=requires(Scope.TEACHER, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
    )
    async def reveal_teacher(self, info: Info, id: strawberry.ID, purpose: str) -> TeacherReveal | None:
        """Show a teacher's plain numbers, and record that they were shown."""
        return TeacherReveal.of(await run(info, commands.reveal_teacher, key=id, purpose=purpose))
