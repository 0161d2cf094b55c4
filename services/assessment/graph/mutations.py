"""Assessment's mutations; those of many rows take 200 rows at most and answer row by row."""

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
from services.assessment.domain.vocabulary import ResultOutcome, SessionMode
from services.assessment.graph.context import Context, Info
from services.assessment.graph.types import Credit, Enrollment


@strawberry.input(description="考勤 (R29)")
class AttendanceInput:
    """One attendee at one session; `mode` is needed at a blended session only."""

    enrollment_id: strawberry.ID
    session_id: strawberry.ID
    present: bool
    mode: SessionMode | None = None

    def mark(self) -> commands.AttendanceMark:
        """The row as the command takes it."""
        return commands.AttendanceMark(self.enrollment_id, self.session_id, self.present, self.mode)


@strawberry.input(description="考核结果 (R30)")
class ResultInput:
    """One attendee's result; no score when incomplete."""

    enrollment_id: strawberry.ID
    outcome: ResultOutcome
    score: int | None = None

    def mark(self) -> commands.ResultMark:
        """The row as the command takes it."""
        return commands.ResultMark(self.enrollment_id, self.outcome, self.score)


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
class Mutation:
    """The mutations of assessment."""

    @strawberry.federation.mutation(description="登记或更正考勤 (R29)", requires_scopes=requires(Scope.BASE))
    async def record_attendance(
        self, info: Info, project_id: strawberry.ID, rows: list[AttendanceInput]
    ) -> list[AttendanceRow] | None:
        """Attendance of one project, row by row."""
        marks = [row.mark() for row in require_rows(rows)]
        results = await run(info, commands.record_attendance, project=project_id, rows=marks)
        return [
            AttendanceRow.of(result, row.session_id, info.context) for row, result in zip(rows, results, strict=True)
        ]

    @strawberry.federation.mutation(description="登记或更正考核结果 (R30)", requires_scopes=requires(Scope.BASE))
    async def record_results(
        self, info: Info, project_id: strawberry.ID, rows: list[ResultInput]
    ) -> list[ResultRow] | None:
        """Results of one project, row by row."""
        marks = [row.mark() for row in require_rows(rows)]
        results = await run(info, commands.record_results, project=project_id, rows=marks)
        return shown_rows(results, ResultRow, info.context)

    @strawberry.federation.mutation(description="学校确认学分 (R31)", requires_scopes=requires(Scope.SCHOOL))
    async def confirm_credits(self, info: Info, enrollment_ids: list[strawberry.ID]) -> list[CreditRow] | None:
        """Credits of the school's own teachers, row by row."""
        results = await run(info, commands.confirm_credits, enrollments=require_rows(enrollment_ids))
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
