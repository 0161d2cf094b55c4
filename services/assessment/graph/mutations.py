"""Assessment's mutations; bulk ones answer per row, at most 200 rows."""

from collections.abc import Sequence

import strawberry

from chassis.commands.guards import require_rows
from chassis.graph import RefusalInfo, requires
from chassis.principal import Scope
from kernel.errors import Refusal
from services.assessment import commands
from services.assessment.domain.vocabulary import ResultOutcome, SessionMode
from services.assessment.graph.context import Info
from services.assessment.graph.types import Credit, Enrollment


@strawberry.input(description="考勤 (R29)")
class AttendanceInput:
    """One attendee, one session; how the attendee took part needs saying at a blended session only."""

    enrollment_id: strawberry.ID
    session_id: strawberry.ID
    present: bool
    mode: SessionMode | None = None


@strawberry.input(description="考核结果 (R30)")
class ResultInput:
    """One attendee's result; no score when incomplete."""

    enrollment_id: strawberry.ID
    outcome: ResultOutcome
    score: int | None = None


@strawberry.type(description="考勤登记的逐行结果")
class AttendanceRow:
    """What became of a row."""

    enrollment: Enrollment
    session_id: strawberry.ID
    ok: bool
    refusal: RefusalInfo | None


@strawberry.type(description="结果登记的逐行结果")
class ResultRow:
    """What became of a row."""

    enrollment: Enrollment
    ok: bool
    refusal: RefusalInfo | None


@strawberry.type(description="学分确认的逐行结果")
class CreditRow:
    """What became of a row."""

    enrollment: Enrollment
    ok: bool
    credit: Credit | None
    refusal: RefusalInfo | None


@strawberry.type
class Mutation:
    """What may be changed."""

    @strawberry.federation.mutation(description="登记或更正考勤 (R29)", requires_scopes=requires(Scope.BASE))
    async def record_attendance(
        self, info: Info, project_id: strawberry.ID, rows: list[AttendanceInput]
    ) -> list[AttendanceRow] | None:
        """Attendance of one project, row by row."""
        marks = [
            commands.AttendanceMark(row.enrollment_id, row.session_id, row.present, row.mode)
            for row in require_rows(rows)
        ]
        outcomes = await commands.record_attendance(
            info.context.deps, info.context.principal, project=project_id, rows=marks
        )
        return [
            AttendanceRow(
                enrollment=Enrollment(id=row.enrollment_id),
                session_id=row.session_id,
                ok=refusal is None,
                refusal=refusal,
            )
            for row, refusal in zip(rows, _refusals(info, outcomes), strict=True)
        ]

    @strawberry.federation.mutation(description="登记或更正考核结果 (R30)", requires_scopes=requires(Scope.BASE))
    async def record_results(
        self, info: Info, project_id: strawberry.ID, rows: list[ResultInput]
    ) -> list[ResultRow] | None:
        """Results of one project, row by row."""
        marks = [commands.ResultMark(row.enrollment_id, row.outcome, row.score) for row in require_rows(rows)]
        outcomes = await commands.record_results(
            info.context.deps, info.context.principal, project=project_id, rows=marks
        )
        return [
            ResultRow(enrollment=Enrollment(id=row.enrollment_id), ok=refusal is None, refusal=refusal)
            for row, refusal in zip(rows, _refusals(info, outcomes), strict=True)
        ]

    @strawberry.federation.mutation(description="学校确认学分 (R31)", requires_scopes=requires(Scope.SCHOOL))
    async def confirm_credits(self, info: Info, enrollment_ids: list[strawberry.ID]) -> list[CreditRow] | None:
        """Credits of the school's own teachers, row by row."""
        keys = require_rows(enrollment_ids)
        outcomes = await commands.confirm_credits(info.context.deps, info.context.principal, enrollments=keys)
        return [
            CreditRow(
                enrollment=Enrollment(id=key),
                ok=refusal is None,
                credit=None if isinstance(outcome, Refusal) else Credit.of(outcome.credit),
                refusal=refusal,
            )
            for key, outcome, refusal in zip(keys, outcomes, _refusals(info, outcomes), strict=True)
        ]

    @strawberry.federation.mutation(description="撤销学分 (R31)", requires_scopes=requires(Scope.MINISTRY))
    async def revoke_credit(self, info: Info, enrollment_id: strawberry.ID, reason: str) -> Credit | None:
        """Take a confirmed credit back."""
        record = await commands.revoke_credit(
            info.context.deps, info.context.principal, enrollment=enrollment_id, reason=reason
        )
        return Credit.of(record.credit)


def _refusals(info: Info, outcomes: Sequence[commands.Outcome]) -> list[RefusalInfo | None]:
    return [
        RefusalInfo.of(outcome, info.context.language) if isinstance(outcome, Refusal) else None for outcome in outcomes
    ]
