"""What was stated about an attendee, statement by statement: attendance, results, credit (R29–R31)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

import strawberry

from services.assessment.domain import credit as credits_
from services.assessment.domain import record as records
from services.assessment.domain.project import Project
from services.assessment.domain.vocabulary import AttendanceSource, CreditStatus, ResultOutcome, SessionMode


@strawberry.type(description="学分，参照国培项目认定 (R31)")
class Credit:
    """The credit hours of an attendee and their state."""

    hours: int
    status: CreditStatus
    rule_version: str
    changed_at: datetime
    reason: str | None
    credits: str | None = strawberry.field(description="折算学分，一位小数；规则未定折算时为空 (R31)")
    due_on: date | None = strawberry.field(description="请学校在此日前确认；逾期不自动确认 (R31)")

    @classmethod
    def of(cls, credit: credits_.Credit | None) -> Self | None:
        """From the domain's credit; None for none."""
        if credit is None:
            return None
        return cls(
            hours=credit.hours,
            status=credit.status,
            rule_version=credit.rule,
            changed_at=credit.changed_at,
            reason=credit.reason,
            credits=None if credit.tenths is None else f"{credit.tenths // 10}.{credit.tenths % 10}",
            due_on=credit.due_on,
        )

    @classmethod
    def history(cls, record: records.Record) -> list[Self]:
        """Every state that the credit has had, the latest first."""
        return [shown for credit in reversed(record.credit_history) if (shown := cls.of(credit))]


@strawberry.type(description="一次考勤登记 (R29)")
class AttendanceStatement:
    """A mark of attendance, in force or corrected since."""

    session_id: strawberry.ID
    present: bool
    hours: int = strawberry.field(description="实到学时，缺勤为0")
    mode: SessionMode
    at: datetime
    by: str = strawberry.field(description="登记人角色")
    source: AttendanceSource = strawberry.field(description="基地登记，或学员扫码签到；以基地登记为准")
    reason: str | None = strawberry.field(description="培训结束后更正的理由")

    @classmethod
    def of(cls, mark: records.Mark, whole: int) -> Self:
        """From the domain's mark.

        Args:
            mark: The mark.
            whole: Class hours of its session, for marks of earlier releases.
        """
        return cls(
            session_id=strawberry.ID(mark.session),
            present=mark.present,
            hours=mark.hours_of(whole),
            mode=mark.mode,
            at=mark.at,
            by=mark.by,
            source=AttendanceSource.CHECK_IN if mark.by == records.CHECK_IN else AttendanceSource.BASE,
            reason=mark.reason,
        )

    @classmethod
    def history(cls, record: records.Record, project: Project | None) -> list[Self]:
        """Every mark of an attendee, the latest first."""
        whole = {session.id: session.hours for session in project.sessions} if project else {}
        return [cls.of(mark, whole.get(mark.session, 0)) for mark in reversed(record.marks)]


@strawberry.type(description="一次成绩登记 (R30)")
class ResultStatement:
    """A result, in force or corrected since; or a draft."""

    outcome: ResultOutcome
    score: int | None
    attendance_rate: float
    attended_hours: int | None = strawberry.field(description="登记时的实到学时；旧数据为空")
    due_hours: int | None = strawberry.field(description="登记时的应到学时；旧数据为空")
    at: datetime
    by: str = strawberry.field(description="登记人角色；system 为逾期自动发布")
    correction: int = strawberry.field(description="更正序号，首次为0")
    reason: str | None

    @classmethod
    def of(cls, result: records.Result, correction: int) -> Self:
        """From the domain's result.

        Args:
            result: The result.
            correction: How many came before it.
        """
        return cls(
            outcome=result.outcome,
            score=result.score,
            attendance_rate=result.attendance_rate,
            attended_hours=result.attended_hours,
            due_hours=result.due_hours,
            at=result.at,
            by=result.by,
            correction=correction,
            reason=result.reason,
        )

    @classmethod
    def history(cls, results: Sequence[records.Result]) -> list[Self]:
        """Every result of these, the latest first."""
        return [cls.of(result, place) for place, result in reversed(list(enumerate(results)))]
