"""Mutations of a person's own data, and the audited way to plain numbers (R41)."""

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run, shown_rows
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.people import Teacher
from services.enrollment.graph.personal_data import (
    ContactInput,
    ContactRevealRow,
    TeacherCorrectionInput,
    TeacherReveal,
    TeacherRevealRow,
    corrected,
)


@strawberry.type
class PersonalMutation:
    """What may be done with a person's data."""

    @strawberry.federation.mutation(
        description="学校更正本校教师登记信息，按 version 防止覆盖；非主要任职学校只更正在本校的专兼职 (R20, R41)",
        requires_scopes=requires(Scope.SCHOOL),
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

    @strawberry.federation.mutation(
        description="一次查看一个项目学员的完整号码，须说明用途：基地看本项目已录取的，学校看其中本校的，教师工作司看全部；"
        "不给 ids 即全体，一次最多200人，逐人记入审计日志 (R41)",
        requires_scopes=requires(Scope.BASE, Scope.SCHOOL, Scope.MINISTRY),
    )
    async def reveal_teachers(
        self, info: Info, project_id: strawberry.ID, purpose: str, ids: list[strawberry.ID] | None = None
    ) -> list[TeacherRevealRow] | None:
        """Show the plain numbers of a class, and record each person."""
        rows = await run(info, commands.reveal_teachers, project_id=project_id, keys=ids, purpose=purpose)
        return shown_rows(rows, TeacherRevealRow, info.context)

    @strawberry.federation.mutation(
        description="查看学校专人的完整电话，须说明用途：基地看向本基地提交过报名的学校，省份看本省学校，教师工作司看全部；"
        "一次最多200所，每次记入审计日志 (R5, R41)",
        requires_scopes=requires(Scope.BASE, Scope.SCHOOL, Scope.PROVINCE, Scope.MINISTRY),
    )
    async def reveal_contacts(
        self, info: Info, codes: list[strawberry.ID], purpose: str
    ) -> list[ContactRevealRow] | None:
        """Show the phones of designated persons to those who work with them, and record the list."""
        rows = await run(info, commands.reveal_contacts, codes=codes, purpose=purpose)
        return shown_rows(rows, ContactRevealRow, info.context)
