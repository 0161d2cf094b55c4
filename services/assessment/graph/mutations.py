"""Assessment's mutations; those of many rows take 200 rows at most and answer row by row."""

from datetime import date
from typing import Self

import strawberry

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_rows
from chassis.graph import RefusalInfo, requires
from chassis.graph.resolvers import run, shown_rows
from chassis.principal import Scope
from kernel.free_text import Reason
from services.assessment import commands
from services.assessment.domain.record import Record
from services.assessment.domain.result import Assessing
from services.assessment.domain.vocabulary import ResultOutcome, SessionMode
from services.assessment.graph.annual_mutations import AnnualMutation
from services.assessment.graph.certificate_mutations import CertificateMutation
from services.assessment.graph.check_ins import CheckInMutation
from services.assessment.graph.context import Context, Info
from services.assessment.graph.evaluations import EvaluationMutation
from services.assessment.graph.histories import Credit
from services.assessment.graph.inspection_mutations import InspectionMutation
from services.assessment.graph.types import Book, Enrollment


@strawberry.input(description="考勤 (R29)")
class AttendanceInput:
    """One attendee at one session; `mode` is needed at a blended session only, `hours` for part of a session."""

    enrollment_id: strawberry.ID
    session_id: strawberry.ID
    present: bool
    mode: SessionMode | None = None
    hours: int | None = strawberry.field(default=None, description="实到学时；迟到早退时填，缺省为该课次学时")
    reason: str | None = strawberry.field(default=None, description="培训结束后更正的理由")

    def mark(self) -> commands.AttendanceMark:
        """The row as the command takes it."""
        return commands.AttendanceMark(
            self.enrollment_id, self.session_id, self.present, self.mode, self.hours, self.reason
        )


@strawberry.input(description="考核结果 (R30)")
class ResultInput:
    """One attendee's result; no score when incomplete."""

    enrollment_id: strawberry.ID
    outcome: ResultOutcome
    score: int | None = None
    reason: str | None = strawberry.field(
        default=None, description="更正已发布成绩的理由，或分数、出勤均达标而判不合格的理由"
    )

    def mark(self) -> commands.ResultMark:
        """The row as the command takes it."""
        return commands.ResultMark(self.enrollment_id, self.outcome, self.score, self.reason)


@strawberry.input(description="重新开放学员档案 (R30)")
class ReopenInput:
    """Which records are opened to corrections, until when and why."""

    enrollment_ids: list[strawberry.ID]
    until: date = strawberry.field(description="截止日（含），至多30日后")
    reason: str


@strawberry.type(description="考勤登记的逐行结果")
class AttendanceRow:
    """The result of one row of `recordAttendance`."""

    enrollment: Enrollment
    session_id: strawberry.ID
    ok: bool
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[Record], session: strawberry.ID, context: Context) -> Self:
        """The row in the caller's language.

        Args:
            result: The command's result for the row.
            session: The session's id, as in the input.
            context: Who asks, in which language.
        """
        refusal = _refusal(result, context)
        return cls(
            enrollment=Enrollment(id=strawberry.ID(result.key)),
            session_id=session,
            ok=refusal is None,
            refusal=refusal,
        )


@strawberry.type(description="结果登记的逐行结果")
class ResultRow:
    """The result of one row of `recordResults`."""

    enrollment: Enrollment
    ok: bool
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[Record], context: Context) -> Self:
        """The row in the caller's language."""
        refusal = _refusal(result, context)
        return cls(enrollment=Enrollment(id=strawberry.ID(result.key)), ok=refusal is None, refusal=refusal)


@strawberry.type(description="学分确认的逐行结果")
class CreditRow:
    """The result of one row of `confirmCredits`."""

    enrollment: Enrollment
    ok: bool
    credit: Credit | None
    refusal: RefusalInfo | None

    @classmethod
    def of(cls, result: RowResult[Record], context: Context) -> Self:
        """The row in the caller's language."""
        refusal = _refusal(result, context)
        return cls(
            enrollment=Enrollment(id=strawberry.ID(result.key)),
            ok=refusal is None,
            credit=Credit.of(result.value.credit) if result.value else None,
            refusal=refusal,
        )


@strawberry.type
class Mutation(AnnualMutation, CertificateMutation, CheckInMutation, EvaluationMutation, InspectionMutation):
    """The mutations of assessment."""

    @strawberry.federation.mutation(description="登记或更正考勤 (R29)", requires_scopes=requires(Scope.BASE))
    async def record_attendance(
        self, info: Info, project_id: strawberry.ID, rows: list[AttendanceInput]
    ) -> list[AttendanceRow] | None:
        """Attendance of one project, row by row."""
        marks = [row.mark() for row in require_rows(rows, "rows")]
        results = await run(info, commands.record_attendance, project=project_id, rows=marks)
        return [
            AttendanceRow.of(result, row.session_id, info.context) for row, result in zip(rows, results, strict=True)
        ]

    @strawberry.federation.mutation(
        description="登记考核结果（发布前为草稿），或更正已重新开放的结果 (R30)", requires_scopes=requires(Scope.BASE)
    )
    async def record_results(
        self, info: Info, project_id: strawberry.ID, rows: list[ResultInput]
    ) -> list[ResultRow] | None:
        """Results of one project, row by row."""
        marks = [row.mark() for row in require_rows(rows, "rows")]
        results = await run(info, commands.record_results, project=project_id, rows=marks)
        return shown_rows(results, ResultRow, info.context)

    @strawberry.federation.mutation(
        description="发布成绩并锁定档案：学员、学校、省级自此可见并得到通知 (R30)", requires_scopes=requires(Scope.BASE)
    )
    async def publish_results(self, info: Info, project_id: strawberry.ID) -> Book | None:
        """Publish what is drafted, once everybody of the class has a result."""
        book = await run(info, commands.publish_results, project=project_id)
        deps = info.context.deps
        project = await deps.store.projects.get(project_id)
        attendees = await deps.store.records.attendees(project_id)
        return Book.of(book, attendees, Assessing(project, deps.rules, deps.clock.now()))

    @strawberry.federation.mutation(
        description="重新开放若干学员的考勤与成绩更正 (R30)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def reopen_records(self, info: Info, project_id: strawberry.ID, input: ReopenInput) -> list[ResultRow] | None:
        """Open records of a published class to corrections, row by row."""
        results = await run(
            info,
            commands.reopen_records,
            project=project_id,
            enrollments=require_rows(input.enrollment_ids, "enrollmentIds"),
            until=input.until,
            reason=Reason.of(input.reason, rule="R30"),
        )
        return shown_rows(results, ResultRow, info.context)

    @strawberry.federation.mutation(description="学校确认学分 (R31)", requires_scopes=requires(Scope.SCHOOL))
    async def confirm_credits(self, info: Info, enrollment_ids: list[strawberry.ID]) -> list[CreditRow] | None:
        """Credits of the school's own teachers, row by row."""
        results = await run(info, commands.confirm_credits, enrollments=require_rows(enrollment_ids, "enrollmentIds"))
        return shown_rows(results, CreditRow, info.context)

    @strawberry.federation.mutation(description="撤销学分 (R31)", requires_scopes=requires(Scope.MINISTRY))
    async def revoke_credit(self, info: Info, enrollment_id: strawberry.ID, reason: str) -> Credit | None:
        """Take a confirmed credit back."""
        record = await run(info, commands.revoke_credit, enrollment=enrollment_id, reason=Reason.of(reason, rule="R31"))
        return Credit.of(record.credit)

    @strawberry.federation.mutation(
        description="恢复误撤销的学分，须说明理由 (R31)", requires_scopes=requires(Scope.MINISTRY)
    )
    async def restore_credit(self, info: Info, enrollment_id: strawberry.ID, reason: str) -> Credit | None:
        """Give a credit back that was revoked by mistake."""
        record = await run(
            info, commands.restore_credit, enrollment=enrollment_id, reason=Reason.of(reason, rule="R31")
        )
        return Credit.of(record.credit)


def _refusal(result: RowResult[Record], context: Context) -> RefusalInfo | None:
    return RefusalInfo.of(result.refusal, context.language) if result.refusal else None
