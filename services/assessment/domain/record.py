"""The record of one attendee: attendance, results, credit. A correction is appended, nothing overwritten (R29–R31)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from kernel.free_text import Reason
from services.assessment.domain.credit import Credit, CreditRule
from services.assessment.domain.events import (
    AttendanceRecorded,
    CreditConfirmed,
    CreditRestored,
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
"""A changed record with the events of the change; without events nothing changed."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Attendance of one session; a later mark of the same session corrects it.

    Attributes:
        session: The session's id.
        present: Whether the attendee took part.
        mode: Online or offline.
        at: When it was recorded.
    """

    session: str
    present: bool
    mode: SessionMode
    at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """A result of the attendee; a later one corrects it.

    Attributes:
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
        attendance_rate: Share of the timetable's sessions attended at that moment, 0 to 1.
        at: When it was recorded.
    """

    outcome: ResultOutcome
    score: int | None
    attendance_rate: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """What assessment stores about one accepted enrollment.

    Attributes:
        id: The enrollment's id.
        version: Optimistic version of the record.
        project: The project's id.
        base: The base's id.
        teacher: The attendee's id.
        school: The school's code, 10 digits.
        province: Two-digit code of the school's province.
        live: False once the enrollment was withdrawn, substituted or cancelled, or the acceptance was revised.
        enrollment_version: The version of the enrollment that `live` follows; None in documents of earlier releases.
        marks: Attendance in the order of recording, append-only.
        results: Results in the order of recording, append-only.
        credit: The credit for passing; None while the attendee has not passed.
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
    enrollment_version: int | None = None

    @property
    def attended(self) -> frozenset[str]:
        """Ids of the sessions attended, by the last mark of each."""
        last = {mark.session: mark.present for mark in self.marks}
        return frozenset(session for session, present in last.items() if present)

    @property
    def result(self) -> Result | None:
        """The result in force, which is the last one."""
        return self.results[-1] if self.results else None

    def attendance_rate(self, timetable: Collection[Session]) -> float:
        """Share of the timetable's sessions attended, 0 to 1; marks of sessions no longer in it do not count."""
        attended = sum(session.id in self.attended for session in timetable)
        return round(attended / len(timetable), 4) if timetable else 0.0

    def event(self, kind: type[E], **fields: Any) -> E:
        """An event about this record; `fields` are those of the kind itself."""
        return kind(
            enrollment=self.id,
            project=self.project,
            teacher=self.teacher,
            school=self.school,
            province=self.province,
            **fields,
        )


def follow(record: Record, *, accepted: bool, version: int) -> Record:
    """The record after its enrollment was accepted or ended; the enrollment's latest version counts (R23, R26).

    Events may be repeated or overtake each other. A record that an earlier release has closed stays closed: its
    enrollment had ended for good.

    Args:
        record: The record before.
        accepted: Whether the enrollment is accepted in that version.
        version: The enrollment's version.

    Returns:
        The record; the same object where the event is late or repeated.
    """
    is_late = not record.live if record.enrollment_version is None else version <= record.enrollment_version
    return record if is_late else replace(record, live=accepted, enrollment_version=version)


def mark(
    record: Record, project: Project, *, session: str, present: bool, mode: SessionMode | None, now: datetime
) -> Change:
    """Record or correct the attendance of a session (R29).

    A mark that equals the last one of its session changes nothing, so a list may be sent twice. A correction after the
    end of the training that leaves no session attended makes the attendee a no-show, as at the end itself; in a project
    that was recorded afterwards, from its completion on.

    Args:
        record: The attendee's record.
        project: The project of the record.
        session: The session's id.
        present: Whether the attendee took part.
        mode: How; None for the session's own mode.
        now: Domain time.

    Raises:
        Refusal: `NOT_AN_ATTENDEE`, `NOT_RUNNING`, `UNKNOWN_SESSION`, `WRONG_MODE`.
    """
    _require_live(record, "R29")
    project.require_running()
    actual = project.require_session(session).mode_of(mode)
    last = next((mark for mark in reversed(record.marks) if mark.session == session), None)
    if last and (last.present, last.mode) == (present, actual):
        return record, []
    changed = replace(record, marks=(*record.marks, Mark(session, present, actual, now)))
    recorded = changed.event(
        AttendanceRecorded, session=session, present=present, mode=actual, attended=len(changed.attended)
    )
    missed = miss(changed) if record.attended and project.no_shows_are_told else []
    return changed, [recorded, *missed]


def miss(record: Record) -> list[RecordEvent]:
    """The events of the end of the training: a no-show, where an attendee took part in no session (R29)."""
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
    """Record or correct the result, and count the credit where the attendee passed (R30, R31).

    A result that equals the one in force changes nothing, so a list may be sent twice.

    Args:
        record: The attendee's record.
        project: The project of the record.
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
        rules: Versions of the credit rule, the latest last.
        now: Domain time.

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
    last = record.result
    if last and (last.outcome, last.score, last.attendance_rate) == (outcome, score, rate):
        return record, []
    passed = outcome is ResultOutcome.PASSED
    credit = Credit.count(project.days, record.province, rules, now) if passed else None
    changed = replace(record, results=(*record.results, Result(outcome, score, rate, now)), credit=credit)
    event = changed.event(ResultRecorded, outcome=outcome, score=score, correction=len(record.results))
    return changed, [event]


def confirm_credit(record: Record, now: datetime) -> Change:
    """Confirm the credit, as the school does (R31).

    Raises:
        Refusal: `NOT_PASSED`, `CREDIT_NOT_PENDING`.
    """
    credit = _require_credit(record).confirm(now)
    if credit is record.credit:
        return record, []
    changed = replace(record, credit=credit)
    return changed, [changed.event(CreditConfirmed, hours=credit.hours, rule=credit.rule)]


def revoke_credit(record: Record, reason: Reason, now: datetime) -> Change:
    """Revoke the credit, as the ministry does (R31).

    Args:
        record: The attendee's record.
        reason: Why; part of the event.
        now: Domain time.

    Raises:
        Refusal: `NOT_PASSED`, `CREDIT_NOT_CONFIRMED`.
    """
    credit = _require_credit(record).revoke(reason, now)
    if credit is record.credit:
        return record, []
    changed = replace(record, credit=credit)
    return changed, [changed.event(CreditRevoked, reason=credit.reason)]


def restore_credit(record: Record, reason: Reason, now: datetime) -> Change:
    """Give back a credit that was revoked by mistake, as the ministry does (R31).

    Args:
        record: The attendee's record.
        reason: Why; part of the event.
        now: Domain time.

    Raises:
        Refusal: `NOT_PASSED`, `CREDIT_NOT_REVOKED`.
    """
    credit = _require_credit(record).restore(reason, now)
    if credit is record.credit:
        return record, []
    changed = replace(record, credit=credit)
    return changed, [changed.event(CreditRestored, reason=reason.text)]


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
