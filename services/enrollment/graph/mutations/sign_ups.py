"""Mutations of sign-ups: the teacher's own, and the school's; each calls one command."""

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run, shown_rows
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.enrollments import Enrollment, EnrollmentRow
from services.enrollment.graph.inputs import InnerCutOffInput
from services.enrollment.graph.loaders import SchoolByCodeLoader
from services.enrollment.graph.people import School

_SCHOOL = requires(Scope.SCHOOL)
_TEACHER = requires(Scope.TEACHER)


@strawberry.type
class SignUpMutation:
    """Sign-ups up to their submission to a base, and their withdrawal."""

    @strawberry.federation.mutation(
        description="报名；school 为任职学校代码，由该校提交，不给出即主要任职学校 (R19, R20)", requires_scopes=_TEACHER
    )
    async def sign_up(
        self, info: Info, project_id: strawberry.ID, school: strawberry.ID | None = None
    ) -> Enrollment | None:
        """Sign up for a published project, within one of the own schools."""
        named = {} if school is None else {"school": school}
        return Enrollment.of(await run(info, commands.sign_up, project_id=project_id, **named))

    @strawberry.federation.mutation(
        description="专人为本校已登记的教师报名，最多200人；submit 为 true 则一并提交，按所列次序排序 (R19, R22)",
        requires_scopes=_SCHOOL,
    )
    async def enroll_teachers(
        self, info: Info, project_id: strawberry.ID, teacher_ids: list[strawberry.ID], submit: bool = False
    ) -> list[EnrollmentRow] | None:
        """Sign the own school's teachers up for a project, and submit them if asked; the rows name the teachers."""
        results = await run(
            info, commands.enroll_teachers, project_id=project_id, teachers=teacher_ids, submit_too=submit
        )
        return shown_rows(results, EnrollmentRow, info.context)

    @strawberry.federation.mutation(description="撤销本人报名，学校提交之前 (R19)", requires_scopes=_TEACHER)
    async def withdraw_sign_up(self, info: Info, id: strawberry.ID) -> Enrollment | None:
        """Withdraw the own sign-up before the school submits it."""
        return Enrollment.of(await run(info, commands.withdraw_sign_up, key=id))

    @strawberry.federation.mutation(
        description="设定、改期或取消校内报名截止日，须自今日起、早于全国截止日 (R21)", requires_scopes=_SCHOOL
    )
    async def set_inner_cut_off(self, info: Info, input: InnerCutOffInput) -> School | None:
        """Set the own school's last day of sign-ups."""
        cut_offs = await run(
            info,
            commands.set_inner_cut_off,
            year=input.year,
            project_id=input.project_id,
            closes_on=input.closes_on,
        )
        school = await info.context.loader(SchoolByCodeLoader).load(cut_offs.school)
        return School.of(school) if school else None

    @strawberry.federation.mutation(description="学校不同意报名，须说明理由 (R21)", requires_scopes=_SCHOOL)
    async def decline_sign_ups(self, info: Info, ids: list[strawberry.ID], reason: str) -> list[EnrollmentRow] | None:
        """Decline sign-ups of the own school."""
        results = await run(info, commands.decline_sign_ups, keys=ids, reason=reason)
        return shown_rows(results, EnrollmentRow, info.context)

    @strawberry.federation.mutation(description="学校对报名者排序 (R21)", requires_scopes=_SCHOOL)
    async def rank_sign_ups(
        self, info: Info, project_id: strawberry.ID, ids: list[strawberry.ID]
    ) -> list[EnrollmentRow] | None:
        """Rank the own school's candidates for a project, in the order of `ids`."""
        results = await run(info, commands.rank_sign_ups, project_id=project_id, keys=ids)
        return shown_rows(results, EnrollmentRow, info.context)

    @strawberry.federation.mutation(
        description=(
            "参训资格审核：专人确认报名者符合参训条件，之后才能提交，一次最多200个；"
            "ok 为 false 即不同意报名，须说明理由。仅限日程有此步骤的轮次 (R5, R21, R22)"
        ),
        requires_scopes=_SCHOOL,
    )
    async def confirm_eligibility(
        self, info: Info, ids: list[strawberry.ID], ok: bool, reason: str | None = None
    ) -> list[EnrollmentRow] | None:
        """Confirm who is eligible among those who signed up, or decline them."""
        results = await run(info, commands.confirm_eligibility, keys=ids, ok=ok, reason=reason)
        return shown_rows(results, EnrollmentRow, info.context)

    @strawberry.federation.mutation(description="专人提交报名，一次最多200个 (R22)", requires_scopes=_SCHOOL)
    async def submit_enrollments(self, info: Info, ids: list[strawberry.ID]) -> list[EnrollmentRow] | None:
        """Submit the own school's sign-ups to the bases."""
        results = await run(info, commands.submit_enrollments, keys=ids)
        return shown_rows(results, EnrollmentRow, info.context)

    @strawberry.federation.mutation(description="学校在开班前撤回，须说明理由 (R26)", requires_scopes=_SCHOOL)
    async def withdraw_enrollment(self, info: Info, id: strawberry.ID, reason: str) -> Enrollment | None:
        """Withdraw what the own school has submitted; its seat is free at once."""
        return Enrollment.of(await run(info, commands.withdraw_enrollment, key=id, reason=reason))

    @strawberry.federation.mutation(
        description="教师申请退出学校已提交的报名，开班前，须说明理由；由学校处理 (R26)", requires_scopes=_TEACHER
    )
    async def request_withdrawal(self, info: Info, id: strawberry.ID, reason: str) -> Enrollment | None:
        """Ask the own school to withdraw an enrollment."""
        return Enrollment.of(await run(info, commands.request_withdrawal, key=id, reason=reason))

    @strawberry.federation.mutation(description="教师撤回退出申请，学校处理之前 (R26)", requires_scopes=_TEACHER)
    async def take_back_withdrawal_request(self, info: Info, id: strawberry.ID) -> Enrollment | None:
        """Take the own request to leave back."""
        return Enrollment.of(await run(info, commands.take_back_withdrawal_request, key=id))

    @strawberry.federation.mutation(
        description="学校处理退出申请：同意即撤回报名，名额随即递补；不同意须说明理由，并告知本人 (R25, R26)",
        requires_scopes=_SCHOOL,
    )
    async def answer_withdrawal(
        self, info: Info, id: strawberry.ID, grant: bool, reason: str | None = None
    ) -> Enrollment | None:
        """Grant or refuse a teacher's request to leave."""
        return Enrollment.of(await run(info, commands.answer_withdrawal, key=id, grant=grant, reason=reason))
