"""Enrolment's mutations; each calls one command, and says who may act."""

import strawberry

from chassis.graph import RefusalInfo, requires
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.enrollments import Enrollment, EnrollmentRow
from services.enrollment.graph.funding import Funding, FundingInput
from services.enrollment.graph.inputs import (
    DesignatedPersonInput,
    EnrollmentDecisionInput,
    InnerCutOffInput,
    SchoolInput,
    TeacherInput,
)
from services.enrollment.graph.loaders import SchoolByCodeLoader
from services.enrollment.graph.notices import NoticeMutation
from services.enrollment.graph.people import School, SchoolRow, Teacher, TeacherRow
from services.enrollment.graph.personal_data import PersonalMutation
from services.enrollment.graph.projects import Project
from services.enrollment.graph.rosters import RosterMutation

_SCHOOL = requires(Scope.SCHOOL)
_TEACHER = requires(Scope.TEACHER)


@strawberry.type
class Mutation(NoticeMutation, PersonalMutation, RosterMutation):
    """What may be done."""

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
                index=int(row.key),
                ok=row.refusal is None,
                school=School.of(row.value) if row.value else None,
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
                index=int(row.key),
                ok=row.refusal is None,
                teacher=Teacher.of(row.value) if row.value else None,
                refusal=RefusalInfo.of(row.refusal, context.language) if row.refusal else None,
            )
            for row in done
        ]

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
