"""Attendance, recorded and corrected by the base that holds the project (R29)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_different
from chassis.principal import Principal
from services.assessment.commands.bulk import RecordRow, change_records
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.domain import attendance
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import SessionMode


@dataclass(frozen=True, slots=True)
class Attended:
    """Who attended what.

    Attributes:
        enrollment: The enrollment's id.
        session: The id of the session in the project's timetable.
        present: Whether the attendee took part.
        mode: How; None for the way in which the session is held.
    """

    enrollment: str
    session: str
    present: bool
    mode: SessionMode | None


@dataclass(frozen=True, slots=True)
class AttendanceMark(Attended):
    """One row of an attendance list.

    Attributes:
        hours: Class hours attended, of whoever came late or left early; None for the whole session.
        reason: Why it is corrected after the end of the training, as it was typed.
    """

    hours: int | None = None
    reason: str | None = None

    @property
    def content(self) -> Any:
        """What the mark of the request holds; without hours and reason it is what it was before there were any."""
        attended = Attended(self.enrollment, self.session, self.present, self.mode)
        return attended if self.hours is None and self.reason is None else (attended, self.hours, self.reason)


async def record_attendance(
    deps: Deps, principal: Principal, *, project: str, rows: Sequence[AttendanceMark]
) -> list[RowResult[Record]]:
    """Record or correct attendance, row by row (R29).

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.
        rows: One mark each; several may concern one attendee, in different sessions.

    Returns:
        A result per row, in the order of `rows`: the record as it is now, or why the row was refused.

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project, `REPEATED_ROWS` for one attendee and session twice. A row
            that is refused stops no other.
    """
    trained = await own_project(deps, principal, project, "R29")
    require_different([f"{row.enrollment}/{row.session}" for row in rows], "rows", rule="R29")
    now = deps.clock.now()
    record_rows = [
        RecordRow(
            row.enrollment,
            row.content,
            partial(
                attendance.mark,
                project=trained,
                session=row.session,
                present=row.present,
                mode=row.mode,
                hours=row.hours,
                reason=row.reason,
                rules=deps.rules,
                now=now,
            ),
        )
        for row in rows
    ]
    return await change_records(deps, principal, "record_attendance", record_rows, project)
