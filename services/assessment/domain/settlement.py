"""When a project is settled: its results are in and its credits are settled, so that it can be completed (R30, R31)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.assessment.domain.events import ProjectSettled
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import CreditStatus, ProjectPhase, ResultOutcome


@dataclass(frozen=True, slots=True)
class Settlement:
    """The fact that a project was settled; its id is the project's, so that it is told once.

    Attributes:
        id: The project's id.
        version: Always 1.
        base: The id of the base that held it.
        attendees: How many attended or should have.
        passed: How many of them passed.
        credited: How many have a confirmed credit.
    """

    id: str
    version: int
    base: str
    attendees: int
    passed: int
    credited: int


def settle(project: Project, attendees: Sequence[Record]) -> tuple[Settlement, list[ProjectSettled]] | None:
    """Settle a finished project if nothing is open in it.

    Whoever attended has a result, and no credit waits for its school. Whoever attended nothing is a no-show and needs
    no result. That somebody attended nothing is known by marks; an attendee without any counts as absent only if
    attendance was recorded for others, and the class was not merely recorded as held after its end.

    Args:
        project: The project.
        attendees: The records of all who attend it.

    Returns:
        The settlement with its event; None while something is open, or where nobody attends.
    """
    attended = any(record.marks for record in attendees)
    if project.phase is not ProjectPhase.FINISHED or not attended:
        return None
    if any(_is_open(record, unmarked_is_open=project.recorded_afterwards) for record in attendees):
        return None
    passed = sum(record.result is not None and record.result.outcome is ResultOutcome.PASSED for record in attendees)
    credited = sum(record.credit is not None and record.credit.status is CreditStatus.CONFIRMED for record in attendees)
    settlement = Settlement(project.id, 1, project.base, len(attendees), passed, credited)
    event = ProjectSettled(
        project=project.id, base=project.base, attendees=len(attendees), passed=passed, credited=credited
    )
    return settlement, [event]


def _is_open(record: Record, *, unmarked_is_open: bool) -> bool:
    if record.credit and record.credit.status is CreditStatus.PENDING:
        return True
    if record.result:
        return False
    return bool(record.attended) or (unmarked_is_open and not record.marks)
