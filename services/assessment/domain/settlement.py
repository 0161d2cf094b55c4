"""When a project is settled: its results are published, so that it can be completed (R30)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.assessment.domain.book import Book, state_of
from services.assessment.domain.events import ProjectSettled
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import BookState, CreditStatus, ProjectPhase, ResultOutcome


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


def is_settled(project: Project, book: Book | None) -> bool:
    """Whether nothing of a finished project is awaited any more: its results are published (R30).

    Credits are confirmed afterwards, and hold nothing up (R31). Whatever else a project waits for belongs here.
    """
    return project.phase is ProjectPhase.FINISHED and state_of(project, book) is BookState.FINAL


def settle(project: Project, attendees: Sequence[Record]) -> tuple[Settlement, list[ProjectSettled]]:
    """Settle a project for which `is_settled` is true.

    Args:
        project: The project.
        attendees: The records of all who attend it.
    """
    passed = sum(record.result is not None and record.result.outcome is ResultOutcome.PASSED for record in attendees)
    credited = sum(record.credit is not None and record.credit.status is CreditStatus.CONFIRMED for record in attendees)
    settlement = Settlement(project.id, 1, project.base, len(attendees), passed, credited)
    event = ProjectSettled(
        project=project.id,
        base=project.base,
        attendees=len(attendees),
        passed=passed,
        credited=credited,
        year=project.year,
    )
    return settlement, [event]
