"""The record of one attendee: attendance, results, credit; corrections append, never overwrite (R29–R31)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from services.assessment.domain.credit import Credit, CreditRule
from services.assessment.domain.events import (
    AttendanceRecorded,
    CreditConfirmed,
    CreditRevoked,
    NoShowRecorded,
    RecordEvent,
    ResultRecorded,
)
from services.assessment.domain.project import Project, Session
from services.assessment.domain.refusals import (
    ATTENDANCE_MISSING,
    CREDIT_SETTLED,
    INVALID_SCORE,
    NOT_AN_ATTENDEE,
    NOT_PASSED,
)
from services.assessment.domain.vocabulary import CreditStatus, ResultOutcome, SessionMode

_BEST_SCORE = 100
E = TypeVar("E", bound=RecordEvent)
Change = tuple["Record", list[RecordEvent]]


@dataclass(frozen=True, slots=True)
class Mark:
    """One statement about one session; a later one of the same session corrects it."""

    session: str
    present: bool
    mode: SessionMode
    at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """One statement about the outcome; a later one corrects it.

    Attributes:
        outcome: What the base found.
        score: 0–100; None when incomplete.
        attendance_rate: Share of the timetable's sessions attended, at that moment.
        at: When it was recorded.
    """

    outcome: ResultOutcome
    score: int | None
    attendance_rate: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """Everything assessment holds on one accepted enrolment.

    Attributes:
        id: The enrolment's id.
        version: Optimistic version.
        project: The project's id.
        base: The base's id.
        teacher: The attendee's id.
        school: The school's code.
        province: The school's province.
        live: False once the enrolment was withdrawn or cancelled.
        marks: Attendance, append-only.
        results: Results, append-only.
        credit: Counted on passing.
    """

    id: str
    version: int
    project: str
    base: str
    teacher: str
    school: str
    province: str
    live: bool = True
    marks: tuple[Mark, ...] = ()
    results: tuple[Result, ...] = ()
    credit: Credit | None = None

    @property
    def attended(self) -> frozenset[str]:
        """The sessions attended, by the last mark of each."""
        last = {mark.session: mark.present for mark in self.marks}
        return frozenset(session for session, present in last.items() if present)

    @property
    def result(self) -> Result | None:
        """The result in force."""
        return self.results[-1] if self.results else None

    def attendance_rate(self, timetable: Collection[Session]) -> float:
        """Share of the timetable's sessions attended, 0 to 1; a session that was taken off it counts no more."""
        there = sum(session.id in self.attended for session in timetable)
        return round(there / len(timetable), 4) if timetable else 0.0

    def event(self, kind: type[E], **more: Any) -> E:
        """An event about this record."""
        return kind(
            enrollment=self.id,
            project=self.project,
            teacher=self.teacher,
            school=self.school,
            province=self.province,
            **more,
        )


def mark(
    record: Record, project: Project, *, session: str, present: bool, mode: SessionMode | None, now: datetime
) -> Change:
    """Record or correct the attendance of a session (R29); its mode is the session's where none is said.

    What is already on record, said again, changes nothing: a list may be sent twice.

    Raises:
        Refusal: `NOT_AN_ATTENDEE`, `NOT_RUNNING`, `UNKNOWN_SESSION`, `WRONG_MODE`.
    """
    _require_live(record, "R29")
    project.require_running()
    how = project.require_session(session).mode_of(mode)
    last = next((one for one in reversed(record.marks) if one.session == session), None)
    if last and (last.present, last.mode) == (present, how):
        return record, []
    marked = replace(record, marks=(*record.marks, Mark(session, present, how, now)))
    event = marked.event(AttendanceRecorded, session=session, present=present, mode=how, attended=len(marked.attended))
    return marked, [event]


def miss(record: Record) -> list[RecordEvent]:
    """What the end of the training says of an attendee: a no-show if never there (R29)."""
    return [record.event(NoShowRecorded)] if record.live and not record.attended else []


def assess(
    record: Record,
    project: Project,
    *,
    outcome: ResultOutcome,
    score: int | None,
    rules: Sequence[CreditRule],
    now: datetime,
) -> Change:
    """Record or correct the result; passing counts the credit (R30, R31).

    What is already on record, said again, changes nothing: a list may be sent twice.

    Raises:
        Refusal: `NOT_AN_ATTENDEE`, `NOT_RUNNING`, `INVALID_SCORE`, `ATTENDANCE_MISSING`, `CREDIT_SETTLED`.
    """
    _require_live(record, "R30")
    project.require_running()
    _require_score(outcome, score)
    if outcome is not ResultOutcome.INCOMPLETE and not record.attended:
        raise ATTENDANCE_MISSING()
    if record.credit and record.credit.status is not CreditStatus.PENDING:
        raise CREDIT_SETTLED(status=record.credit.status.value)
    rate = record.attendance_rate(project.sessions)
    if record.result and (record.result.outcome, record.result.score, record.result.attendance_rate) == (
        outcome,
        score,
        rate,
    ):
        return record, []
    passed = outcome is ResultOutcome.PASSED
    credit = Credit.count(project.days, record.province, rules, now) if passed else None
    changed = replace(record, results=(*record.results, Result(outcome, score, rate, now)), credit=credit)
    event = changed.event(ResultRecorded, outcome=outcome, score=score, correction=len(record.results))
    return changed, [event]


def confirm_credit(record: Record, now: datetime) -> Change:
    """The school confirms the credit (R31).

    Raises:
        Refusal: `NOT_PASSED`, `CREDIT_NOT_PENDING`.
    """
    credit = _require_credit(record).confirm(now)
    if credit is record.credit:
        return record, []
    changed = replace(record, credit=credit)
    return changed, [changed.event(CreditConfirmed, hours=credit.hours, rule=credit.rule)]


def revoke_credit(record: Record, reason: str, now: datetime) -> Change:
    """The ministry takes the credit back (R31).

    Raises:
        Refusal: `NOT_PASSED`, `CREDIT_NOT_CONFIRMED`, `REASON_MISSING`.
    """
    credit = _require_credit(record).revoke(reason, now)
    if credit is record.credit:
        return record, []
    changed = replace(record, credit=credit)
    return changed, [changed.event(CreditRevoked, reason=credit.reason)]


def _require_live(record: Record, rule: str) -> None:
    if not record.live:
        raise NOT_AN_ATTENDEE(rule=rule)


def _require_credit(record: Record) -> Credit:
    if record.credit is None:
        raise NOT_PASSED()
    return record.credit


def _require_score(outcome: ResultOutcome, score: int | None) -> None:
    needed = outcome is not ResultOutcome.INCOMPLETE
    if (score is None and needed) or (score is not None and not 0 <= score <= _BEST_SCORE):
        raise INVALID_SCORE()
