"""Mutations that put schools, persons and funding on file; each calls one command."""

import strawberry

from chassis.graph import RefusalInfo, requires
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.funding import Funding, FundingInput
from services.enrollment.graph.inputs import (
    DesignatedPersonInput,
    SchoolInput,
    TeacherInput,
)
from services.enrollment.graph.people import School, SchoolRow, Teacher, TeacherRow

_SCHOOL = requires(Scope.SCHOOL)
_TEACHER = requires(Scope.TEACHER)


@strawberry.type
class RegistrationMutation:
    """What is put on file: schools, their designated persons and teachers, and funding."""

    @strawberry.federation.mutation(
        description="登记学校；省份只能登记本省学校 (R3)", requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE)
    )
    async def register_school(self, info: Info, input: SchoolInput) -> School | None:  # noqa: A002 - the graph's name
        """Put a school on file."""
        context = info.context
        school = await commands.register_school(
            context.deps, context.principal, code=input.code, name=input.name, province=input.province
        )
        return School.of(school)

    @strawberry.federation.mutation(
        description="批量登记学校，一次最多200所；省份只能登记本省学校 (R3)",
        requires_scopes=requires(Scope.MINISTRY, Scope.PROVINCE),
    )
    async def register_schools(self, info: Info, rows: list[SchoolInput]) -> list[SchoolRow] | None:
        """Put schools on file, each row by itself."""
        context = info.context
        done = await commands.register_schools(context.deps, context.principal, [row.school() for row in rows])
        return [
            SchoolRow(
                index=row.index,
                ok=row.refusal is None,
                school=School.of(row.school) if row.school else None,
                refusal=RefusalInfo.of(row.refusal, context.language) if row.refusal else None,
            )
            for row in done
        ]

    @strawberry.federation.mutation(
        description="登记或更正本省经费，更正只增不改 (R27)", requires_scopes=requires(Scope.PROVINCE)
    )
    async def record_funding(self, info: Info, input: FundingInput) -> Funding | None:  # noqa: A002 - the graph's name
        """Record a payment of the own province, or put one right."""
        context = info.context
        recorded = await commands.record_funding(
            context.deps, context.principal, entry=input.entry(), corrects=input.corrects, reason=input.reason
        )
        return Funding.of(recorded)

    @strawberry.federation.mutation(description="指定专人 (R5)", requires_scopes=_SCHOOL)
    async def designate_person(
        self,
        info: Info,
        input: DesignatedPersonInput,  # noqa: A002 - the graph's name
    ) -> School | None:
        """Name or replace the own school's designated person."""
        context = info.context
        school = await commands.designate_person(
            context.deps, context.principal, name=input.name, phone=input.phone, email=input.email
        )
        return School.of(school)

    @strawberry.federation.mutation(description="登记本校教师，一次最多200人 (R22)", requires_scopes=_SCHOOL)
    async def add_teachers(self, info: Info, rows: list[TeacherInput]) -> list[TeacherRow] | None:
        """Put the own school's teachers on file, each row by itself."""
        context = info.context
        done = await commands.add_teachers(context.deps, context.principal, [row.teacher() for row in rows])
        return [
            TeacherRow(
                index=row.index,
                ok=row.refusal is None,
                teacher=Teacher.of(row.teacher) if row.teacher else None,
                refusal=RefusalInfo.of(row.refusal, context.language) if row.refusal else None,
            )
            for row in done
        ]
