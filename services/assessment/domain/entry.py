"""What a row of a class's workbook states: checked as the mutations check, and written whole or not at all (R29, R30).

A row says which state of the record it was written on. Whoever has changed the record since is not overwritten by a
workbook that knows nothing of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.errors import Refusal
from services.assessment.domain import attendance
from services.assessment.domain import result as results
from services.assessment.domain.credit import CreditRule
from services.assessment.domain.project import Project
from services.assessment.domain.record import Change, Mark, Record
from services.assessment.domain.refusals import WORKBOOK_OUTDATED
from services.assessment.domain.vocabulary import ResultOutcome, SessionMode

Problem = tuple[str | None, Refusal]
"""The column's letters, or None for the row as a whole, and why it is refused."""


@dataclass(frozen=True, slots=True)
class Attended:
    """A cell of the attendance sheet.

    Attributes:
        column: Its column's letters.
        session: The session's id.
        hours: Class hours attended, 0 of somebody absent; None for the whole session.
        mode: Online or offline, where the cell says it.
    """

    column: str
    session: str
    hours: int | None
    mode: SessionMode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceEntry:
    """A row of the attendance sheet.

    Attributes:
        enrollment: The enrollment's id.
        revision: `attendance_revision` of the record when the workbook was written; None where it is lost.
        cells: What is filled in.
        reason: Why attendance is corrected after the end, as it was typed.
    """

    enrollment: str
    revision: str | None
    cells: Sequence[Attended]
    reason: str | None = None

    def decide(self, record: Record, project: Project, rules: tuple[CreditRule, ...], now: datetime) -> "Entered":
        """What the row makes of the record; what it only repeats is nothing new."""
        stated = [cell for cell in self.cells if not _repeats(record.in_force.get(cell.session), cell, project)]
        if not stated:
            return Entered((record, []))
        if self.revision != attendance_revision(record):
            return Entered((record, []), [(None, WORKBOOK_OUTDATED())])
        changed, events, problems = record, [], []
        for cell in stated:
            try:
                changed, more = attendance.mark(
                    changed,
                    project,
                    session=cell.session,
                    present=cell.hours != 0,
                    mode=cell.mode,
                    hours=cell.hours,
                    reason=self.reason,
                    rules=rules,
                    now=now,
                )
            except Refusal as refusal:
                problems.append((cell.column, refusal))
            else:
                events += more
        return Entered((record, []), problems) if problems else Entered((changed, events))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultEntry:
    """A row of the sheet of results.

    Attributes:
        enrollment: The enrollment's id.
        revision: `result_revision` of the record when the workbook was written; None where it is lost.
        column: The letters of the column of outcomes.
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
        reason: Why a published result is corrected, or why somebody fails who has reached all marks; as typed.
    """

    enrollment: str
    revision: str | None
    column: str
    outcome: ResultOutcome
    score: int | None
    reason: str | None = None

    def decide(self, record: Record, project: Project, rules: tuple[CreditRule, ...], now: datetime) -> "Entered":
        """What the row makes of the record; what it only repeats is nothing new."""
        shown = record.result or record.draft
        same = shown and (shown.outcome, shown.score) == (self.outcome, self.score)
        if shown and same and self.reason in (None, shown.reason):
            return Entered((record, []))
        if self.revision != result_revision(record):
            return Entered((record, []), [(None, WORKBOOK_OUTDATED(rule="R30"))])
        try:
            changed = results.assess(
                record, project, outcome=self.outcome, score=self.score, reason=self.reason, rules=rules, now=now
            )
        except Refusal as refusal:
            return Entered((record, []), [(self.column, refusal)])
        return Entered(changed)


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a row.

    Attributes:
        change: The record after it, with the events; as it was where there are problems.
        problems: Why nothing of the row is written, cell by cell.
    """

    change: Change
    problems: Sequence[Problem] = ()


Entry = AttendanceEntry | ResultEntry
"""A row of either sheet."""


def attendance_revision(record: Record) -> str:
    """Which state of an attendee's attendance a workbook was written on."""
    return f"m{len(record.marks)}"


def result_revision(record: Record) -> str:
    """Which state of an attendee's results a workbook was written on."""
    return f"r{len(record.results)}d{len(record.drafts)}"


def _repeats(mark: Mark | None, cell: Attended, project: Project) -> bool:
    """Whether a cell says what is on record already, also of a session that was moved since."""
    whole = next((session.hours for session in project.sessions if session.id == cell.session), None)
    if mark is None or whole is None:
        return False
    stated = whole if cell.hours is None else cell.hours
    return mark.hours_of(whole) == stated and (cell.mode in (None, mark.mode) or stated == 0)
