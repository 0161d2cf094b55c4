"""Mutations that decide who gets a seat: the base's, the school's and the ministry's; each calls one command."""

import strawberry

from chassis.graph import requires
from chassis.graph.resolvers import run, shown_rows
from chassis.principal import Scope
from services.enrollment import commands
from services.enrollment.graph.context import Info
from services.enrollment.graph.enrollments import Enrollment, EnrollmentRow
from services.enrollment.graph.enums import EnrollmentDecision
from services.enrollment.graph.inputs import EnrollmentDecisionInput
from services.enrollment.graph.projects import Project

_SCHOOL = requires(Scope.SCHOOL)


@strawberry.type
class AdmissionMutation:
    """Decisions on enrollments, the waiting list, offers of seats and substitution."""

    @strawberry.federation.mutation(description="确认递补名额，时限之内 (R25)", requires_scopes=_SCHOOL)
    async def accept_offer(self, info: Info, id: strawberry.ID) -> Enrollment | None:
        """Accept an offered seat."""
        return Enrollment.of(await run(info, commands.accept_offer, key=id))

    @strawberry.federation.mutation(
        description="开班前替换已录取的学员，名额随之转移，须说明理由；返回替换者的报名 (R26)",
        requires_scopes=_SCHOOL,
    )
    async def substitute_teacher(
        self, info: Info, id: strawberry.ID, teacher_id: strawberry.ID, reason: str
    ) -> Enrollment | None:
        """Pass a seat on to a colleague."""
        enrollment = await run(info, commands.substitute_teacher, key=id, teacher_id=teacher_id, reason=reason)
        return Enrollment.of(enrollment)

    @strawberry.federation.mutation(
        description="基地排定候补名单；未列入的按提交先后排在其后 (R25)", requires_scopes=requires(Scope.BASE)
    )
    async def rank_waitlist(self, info: Info, project_id: strawberry.ID, ids: list[strawberry.ID]) -> Project | None:
        """Order the waiting list of a project."""
        await run(info, commands.rank_waitlist, project_id=project_id, keys=ids)
        return Project(id=project_id)

    @strawberry.federation.mutation(
        description="核准：录取、不录取或候补，一次最多200个；逾期未决的由教师工作司决定，须说明理由 (R23)",
        requires_scopes=requires(Scope.BASE, Scope.MINISTRY),
    )
    async def decide_enrollments(
        self, info: Info, decisions: list[EnrollmentDecisionInput]
    ) -> list[EnrollmentRow] | None:
        """Decide on enrollments of the own bases; the ministry, on those left undecided."""
        results = await run(info, commands.decide_enrollments, [decision.as_decision() for decision in decisions])
        return shown_rows(results, EnrollmentRow, info.context)

    @strawberry.federation.mutation(
        description=(
            "学员资格复核：将已提交的报名退回学校更正，须说明理由，一次最多200个；学校可在该步骤截止前重新提交。"
            "仅限日程有此步骤的轮次 (R23)"
        ),
        requires_scopes=requires(Scope.BASE),
    )
    async def return_enrollments(self, info: Info, ids: list[strawberry.ID], reason: str) -> list[EnrollmentRow] | None:
        """Return submitted enrollments to their schools."""
        results = await run(info, commands.return_enrollments, keys=ids, reason=reason)
        return shown_rows(results, EnrollmentRow, info.context)

    @strawberry.federation.mutation(
        description=(
            "更正核准决定，开班前，须说明理由：核准期内由基地更正本基地的决定，其余由教师工作司更正；"
            "腾出的名额随即递补，已给出的名额不收回 (R23, R25)"
        ),
        requires_scopes=requires(Scope.BASE, Scope.MINISTRY),
    )
    async def revise_decision(
        self, info: Info, id: strawberry.ID, decision: EnrollmentDecision, reason: str
    ) -> Enrollment | None:
        """Put another decision in the place of the one in force."""
        enrollment = await run(info, commands.revise_decision, key=id, decision=decision, reason=reason)
        return Enrollment.of(enrollment)

    @strawberry.federation.mutation(
        description=(
            "恢复误撤回、误拒绝的报名或逾期的递补，开班前，须说明理由：核准截止前由学校恢复本校所撤回、拒绝的，其后由教师工作司恢复；"
            "逾期的递补由基地或教师工作司恢复到候补名单。原已录取的须有空余名额，否则可选择（waitlist）恢复到候补名单；"
            "教师本人退出的不能代为恢复 (R21, R25, R26)"
        ),
        requires_scopes=requires(Scope.SCHOOL, Scope.BASE, Scope.MINISTRY),
    )
    async def restore_enrollment(
        self, info: Info, id: strawberry.ID, reason: str, waitlist: bool = False
    ) -> Enrollment | None:
        """Take back what ended an enrollment by mistake."""
        enrollment = await run(info, commands.restore_enrollment, key=id, reason=reason, waitlist=waitlist)
        return Enrollment.of(enrollment)
