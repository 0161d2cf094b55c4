"""Mutations that put schools, persons and funding on file; each calls one command."""

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run, shown_rows
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.funding import Funding, FundingInput
from services.enrollment.graph.inputs import DesignatedPersonInput, SchoolInput, TeacherInput
from services.enrollment.graph.people import School, SchoolRow, Teacher, TeacherRow

_SCHOOL = requires(Scope.SCHOOL)


@strawberry.type
class RegistrationMutation:
    """What is put on file: schools, their designated persons and teachers, and funding."""

    @strawberry.federation.mutation(
        description="登记学校；省份只能登记本省学校 (R3)", requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE)
    )
    async def register_school(self, info: Info, input: SchoolInput) -> School | None:
        """Put a school on file."""
        school = await run(info, commands.register_school, code=input.code, name=input.name, province=input.province)
        return School.of(school)

    @strawberry.federation.mutation(
        description="批量登记学校，一次最多200所；省份只能登记本省学校 (R3)",
        requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE),
    )
    async def register_schools(self, info: Info, rows: list[SchoolInput]) -> list[SchoolRow] | None:
        """Put schools on file, each row by itself."""
        results = await run(info, commands.register_schools, [row.school() for row in rows])
        return shown_rows(results, SchoolRow, info.context)

    @strawberry.federation.mutation(
        description="学校更名，代码不变，须说明理由；省份只能更改本省学校 (R3, R27)",
        requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE),
    )
    async def rename_school(self, info: Info, code: strawberry.ID, name: str, reason: str) -> School | None:
        """Give a school another name."""
        return School.of(await run(info, commands.rename_school, code=code, name=name, reason=reason))

    @strawberry.federation.mutation(
        description="关闭学校，须说明理由；尚有未办结报名的不能关闭，教师随之离校；省份只能关闭本省学校 (R3, R27)",
        requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE),
    )
    async def close_school(self, info: Info, code: strawberry.ID, reason: str) -> School | None:
        """Close a school that has nothing under way."""
        return School.of(await run(info, commands.close_school, code=code, reason=reason))

    @strawberry.federation.mutation(
        description="恢复误关的学校，须说明理由；账号凭新激活码启用，须重新指定专人，教师由学校重新申请调入；"
        "已并入其他学校的不能恢复；省份只能恢复本省学校 (R3, R20, R27)",
        requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE),
    )
    async def reopen_school(self, info: Info, code: strawberry.ID, reason: str) -> School | None:
        """Open a school again that was closed by mistake."""
        return School.of(await run(info, commands.reopen_school, code=code, reason=reason))

    @strawberry.federation.mutation(
        description="将学校并入另一所学校，须说明理由；教师和未办结的报名随之转入；省份只能合并本省学校 (R3, R27)",
        requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE),
    )
    async def merge_school(self, info: Info, code: strawberry.ID, into: strawberry.ID, reason: str) -> School | None:
        """Merge a school into another one."""
        return School.of(await run(info, commands.merge_school, code=code, into=into, reason=reason))

    @strawberry.federation.mutation(
        description="登记或更正本省经费，更正只增不改 (R27)", requires_scopes=requires(Scope.PROVINCE)
    )
    async def record_funding(self, info: Info, input: FundingInput) -> Funding | None:
        """Record a payment of the own province, or correct one."""
        funding = await run(
            info, commands.record_funding, entry=input.entry(), corrects=input.corrects, reason=input.reason
        )
        return Funding.of(funding)

    @strawberry.federation.mutation(description="指定专人 (R5)", requires_scopes=_SCHOOL)
    async def designate_person(self, info: Info, input: DesignatedPersonInput) -> School | None:
        """Name or replace the own school's designated person."""
        school = await run(info, commands.designate_person, name=input.name, phone=input.phone, email=input.email)
        return School.of(school)

    @strawberry.federation.mutation(description="登记本校教师，一次最多200人 (R22)", requires_scopes=_SCHOOL)
    async def add_teachers(self, info: Info, rows: list[TeacherInput]) -> list[TeacherRow] | None:
        """Put the own school's teachers on file, each row by itself."""
        results = await run(info, commands.add_teachers, [row.teacher() for row in rows])
        return shown_rows(results, TeacherRow, info.context)

    @strawberry.federation.mutation(
        description="教师离校，须说明理由；已有报名仍由本校办理，不在任何学校任职的，账号随之停用 (R20)",
        requires_scopes=_SCHOOL,
    )
    async def close_teacher(self, info: Info, id: strawberry.ID, reason: str) -> Teacher | None:
        """End a person's time at the own school."""
        return Teacher.of(await run(info, commands.close_teacher, key=id, reason=reason))
