"""The record of one attendee: attendance, results, credit. A correction is appended, nothing overwritten (R29–R31)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from kernel.dates import today
from kernel.free_text import Reason
from services.assessment.domain.credit import Credit
from services.assessment.domain.events import CreditConfirmed, CreditRestored, CreditRevoked, RecordEvent
from services.assessment.domain.project import Project
from services.assessment.domain.refusals import NOT_AN_ATTENDEE, NOT_PASSED, NOT_PUBLISHED, RECORDS_FINAL
from services.assessment.domain.vocabulary import ResultOutcome, SessionMode

BASE = "base"
"""The role under which records have what the base stated."""
CHECK_IN = "check-in"
"""The name under which records have what an attendee stated by a session's code."""
SYSTEM = "system"
"""The name under which records have what the calendar brings."""
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
        hours: Class hours attended; None in documents of earlier releases: all that the session has.
        by: The role that recorded it, or `check-in`.
        reason: Why it was corrected after the end of the training.
    """

    session: str
    present: bool
    mode: SessionMode
    at: datetime
    hours: int | None = None
    by: str = BASE
    reason: str | None = None

    def hours_of(self, whole: int) -> int:
        """The class hours attended; a mark of an earlier release has none, and counts the whole session.

        Args:
            whole: Class hours of its session; 0 of one that is no longer in the timetable.
        """
        if not self.present:
            return 0
        return whole if self.hours is None else self.hours


@dataclass(frozen=True, slots=True)
class Result:
    """A result of the attendee; a later one corrects it.

    Attributes:
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
        attendance_rate: Share of the hours due that were attended at that moment, 0 to 1.
        at: When it was recorded; of a published one, when it was published.
        attended_hours: Class hours attended at that moment; None in documents of earlier releases.
        due_hours: Class hours due at that moment; likewise.
        by: The role that recorded it, or `system`.
        reason: Why it corrects one before it, or why somebody who has reached all marks failed.
    """

    outcome: ResultOutcome
    score: int | None
    attendance_rate: float
    at: datetime
    attended_hours: int | None = None
    due_hours: int | None = None
    by: str = BASE
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reopening:
    """An opening of a locked record to corrections, by the ministry (R30).

    Attributes:
        until: The last day of it, included, in Asia/Shanghai.
        reason: Why.
        at: When it was opened.
    """

    until: date
    reason: str
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
        school_version: The version of the enrollment that `school` and `province` follow.
        marks: Attendance in the order of recording, append-only.
        results: Published results in their order, append-only; those of earlier releases count as published.
        credit: The credit for passing; None while the attendee has not passed, or the result is not published.
        certificate: The number of the latest certificate that was issued (R32).
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
    school_version: int = 0
    drafts: tuple[Result, ...] = ()
    credits: tuple[Credit, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    certificate: str | None = None

    @property
    def in_force(self) -> Mapping[str, Mark]:
        """By session the last mark, which is the one in force."""
        return {mark.session: mark for mark in self.marks}

    @property
    def attended(self) -> frozenset[str]:
        """Ids of the sessions attended, by the last mark of each."""
        return frozenset(session for session, mark in self.in_force.items() if mark.present)

    @property
    def result(self) -> Result | None:
        """The result in force, which is the last one."""
        return self.results[-1] if self.results else None

    @property
    def draft(self) -> Result | None:
        """The result that waits for its publication; None where there is none."""
        return self.drafts[-1] if self.drafts else None

    @property
    def credit_history(self) -> tuple[Credit, ...]:
        """Every state that the credit has had, in their order."""
        return self.credits or ((self.credit,) if self.credit else ())

    def attended_hours(self, project: Project) -> int:
        """Class hours attended of the sessions in the timetable, never more than the plan's class hours (R29, R31).

        A timetable may have groups side by side, so the sessions may add up to more than the plan has (ADR 34).
        """
        marks = self.in_force
        attended = sum(
            mark.hours_of(session.hours)
            for session in project.sessions
            if (mark := marks.get(session.id)) and mark.present
        )
        return min(attended, project.hours)

    def attendance_rate(self, project: Project, now: datetime) -> float:
        """Share of the hours due by now that were attended, 0 to 1; 0 where none are due (R29)."""
        return rate(self.attended_hours(project), project.due_hours(now))

    def unmarked(self, project: Project) -> list[str]:
        """Ids of the timetable's sessions without a mark."""
        marks = self.in_force
        return [session.id for session in project.sessions if session.id not in marks]

    def is_reopened(self, now: datetime) -> bool:
        """Whether the ministry has opened the locked record to corrections, and that is not over (R30)."""
        return bool(self.reopenings) and today(now) <= self.reopenings[-1].until

    def require_unlocked(self, now: datetime) -> None:
        """Require that the result is not published, or the record is reopened (R30).

        Raises:
            Refusal: `RECORDS_FINAL`.
        """
        if self.result and not self.is_reopened(now):
            raise RECORDS_FINAL(publishedAt=self.results[0].at.isoformat())

    def require_live(self, rule: str) -> None:
        """Require that the enrollment is still accepted.

        Raises:
            Refusal: `NOT_AN_ATTENDEE`, under `rule`.
        """
        if not self.live:
            raise NOT_AN_ATTENDEE(rule=rule)

    def with_credit(self, credit: Credit | None, *between: Credit) -> "Record":
        """The record with another credit; the history grows.

        Args:
            credit: From now on; None for none.
            between: States that the former credit had last.
        """
        history = (*self.credit_history, *between, *([credit] if credit else []))
        return replace(self, credit=credit, credits=history)

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


def rate(attended: int, due: int) -> float:
    """Share of the hours due that were attended, 0 to 1, with four digits; 0 where none are due."""
    return round(min(attended, due) / due, 4) if due else 0.0


def confirm_credit(record: Record, project: Project | None, now: datetime) -> Change:
    """Confirm the credit, as the school does (R31).

    Args:
        record: The attendee's record.
        project: The project of the record; None where assessment does not know it.
        now: Domain time.

    Raises:
        Refusal: `NOT_FINISHED`: the training runs; `NOT_PUBLISHED`, `NOT_PASSED`, `CREDIT_NOT_PENDING`.
    """
    if project:
        project.require_finished("R31")
    credit = _require_credit(record).confirm(now)
    if credit is record.credit:
        return record, []
    changed = record.with_credit(credit)
    return changed, [changed.event(CreditConfirmed, hours=credit.hours, rule=credit.rule)]


def revoke_credit(record: Record, reason: Reason, now: datetime) -> Change:
    """Revoke the credit, as the ministry does (R31).

    Args:
        record: The attendee's record.
        reason: Why; part of the event.
        now: Domain time.

    Raises:
        Refusal: `NOT_PUBLISHED`, `NOT_PASSED`, `CREDIT_NOT_CONFIRMED`.
    """
    credit = _require_credit(record).revoke(reason, now)
    if credit is record.credit:
        return record, []
    changed = record.with_credit(credit)
    return changed, [changed.event(CreditRevoked, reason=credit.reason)]


def restore_credit(record: Record, reason: Reason, now: datetime) -> Change:
    """Give back a credit that was revoked by mistake, as the ministry does (R31).

    Args:
        record: The attendee's record.
        reason: Why; part of the event.
        now: Domain time.

    Raises:
        Refusal: `NOT_PUBLISHED`, `NOT_PASSED`, `CREDIT_NOT_REVOKED`.
    """
    credit = _require_credit(record).restore(reason, now)
    if credit is record.credit:
        return record, []
    changed = record.with_credit(credit)
    return changed, [changed.event(CreditRestored, reason=reason.text)]


def _require_credit(record: Record) -> Credit:
    if record.credit:
        return record.credit
    raise NOT_PASSED() if record.result else NOT_PUBLISHED()
