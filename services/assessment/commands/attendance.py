"""Attendance, row by row (R29)."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.principal import Principal
from services.assessment.commands.bulk import Decision, Outcome, RecordRow, change_each
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.domain import record as records
from services.assessment.domain.vocabulary import SessionMode


@dataclass(frozen=True, slots=True)
class AttendanceMark:
    """One row of an attendance list."""

    enrollment: str
    session: str
    present: bool
    mode: SessionMode | None


async def record_attendance(
    deps: Deps, principal: Principal, *, project: str, rows: Sequence[AttendanceMark]
) -> list[Outcome]:
    """Record or correct attendance, row by row (R29).

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN` for the project; what a row does wrong is that row's outcome.
    """
    held = await own_project(deps, principal, project, "R29")
    now = deps.clock.now()

    def decide(row: AttendanceMark) -> Decision:
        return lambda record: records.mark(
            record, held, session=row.session, present=row.present, mode=row.mode, now=now
        )

    said = [RecordRow(row.enrollment, row, decide(row)) for row in rows]
    return await change_each(deps, principal, "record_attendance", said, project)
