"""The book of a class: whether its results are published, which locks its records, and who is reminded (R30)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kernel.dates import today
from services.assessment.domain.events import ResultsDue, ResultsPublished
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record
from services.assessment.domain.refusals import RESULTS_INCOMPLETE
from services.assessment.domain.result import Assessing, is_no_show, lacks_result
from services.assessment.domain.vocabulary import BookState, ProjectPhase, ResultOutcome

REMINDED_BEFORE = timedelta(days=5)
"""How long before the day on which results are due the base is reminded for the first time [D]."""


@dataclass(frozen=True, slots=True)
class Book:
    """What is stored about the results of a class as a whole.

    Attributes:
        id: The project's id.
        version: Optimistic version.
        base: The id of the base that held it.
        reminded: How many of the reminders (before, on and after the due day) were sent or have been overtaken.
        published_at: When the results were published; None before.
        late: Whether they were published by themselves.
    """

    id: str
    version: int
    base: str
    reminded: int = 0
    published_at: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How far the records of a class are, by number of attendees.

    Attributes:
        attendees: Who attends or should have.
        unmarked: Who lacks a mark of a session that was held.
        unassessed: Who has no result that is published or could be.
        passed: Who has passed, by the published result, else by the draft; so are the following.
        failed: Who has failed.
        incomplete: Who has not completed the training.
        no_shows: Who attended nothing of a training that is over.
        attended_hours: Class hours attended, of all together.
        due_hours: Class hours due, of all together.
    """

    attendees: int
    unmarked: int
    unassessed: int
    passed: int
    failed: int
    incomplete: int
    no_shows: int
    attended_hours: int
    due_hours: int


def new_book(project: Project) -> Book:
    """The book of a class of which nothing is stored yet."""
    return Book(project.id, 0, project.base)


def state_of(project: Project, book: Book | None) -> BookState:
    """How far the book of a class is.

    A class that was completed before there were books is final.
    """
    if book and book.published_at:
        return BookState.FINAL
    if project.phase is ProjectPhase.COMPLETED and project.finished_on is None:
        return BookState.FINAL
    return BookState.CLOSING if project.is_over else BookState.OPEN


def count(attendees: Sequence[Record], by: Assessing) -> Counts:
    """Count how far the records of a class are.

    Args:
        attendees: The records of all who attend it.
        by: Project, rules and time.
    """
    project, day = by.project, today(by.now)
    held = {session.id for session in project.sessions if session.date <= day}
    stated = [record.result or record.draft for record in attendees]
    outcomes = [result.outcome for result in stated if result]
    over = project.is_over
    return Counts(
        attendees=len(attendees),
        unmarked=sum(bool(held - record.in_force.keys()) for record in attendees),
        unassessed=sum(lacks_result(record, by) for record in attendees) if over else len(attendees),
        passed=outcomes.count(ResultOutcome.PASSED),
        failed=outcomes.count(ResultOutcome.FAILED),
        incomplete=outcomes.count(ResultOutcome.INCOMPLETE),
        no_shows=sum(is_no_show(record, project) for record in attendees) if over else 0,
        attended_hours=sum(record.attended_hours(project) for record in attendees),
        due_hours=project.due_hours(by.now) * len(attendees),
    )


def require_results(attendees: Sequence[Record], by: Assessing) -> None:
    """Require that everybody has a result to publish (R30).

    Whoever attended nothing needs none, unless nobody of the class has a single mark: then attendance is lacking.

    Raises:
        Refusal: `NOT_FINISHED`, `RESULTS_INCOMPLETE` or `CREDIT_RULE_MISSING`.
    """
    by.project.require_finished()
    unmarked = not any(record.marks or record.result or record.draft for record in attendees)
    lacking = [record.id for record in attendees if unmarked or lacks_result(record, by)]
    if lacking:
        raise RESULTS_INCOMPLETE(count=len(lacking), enrollments=lacking)


def publish(
    book: Book, attendees: Sequence[Record], by: Assessing, *, late: bool = False
) -> tuple[Book, list[ResultsPublished]]:
    """Close the book, once every record has its published result (R30).

    Args:
        book: The book before.
        attendees: The records of all who attend the class, their results published.
        by: Project, rules and time.
        late: Whether it is done because the time of the base is over.
    """
    project, counts = by.project, count(attendees, by)
    event = ResultsPublished(
        project=project.id,
        base=project.base,
        year=project.year,
        attendees=counts.attendees,
        passed=counts.passed,
        failed=counts.failed,
        incomplete=counts.incomplete,
        no_shows=counts.no_shows,
        attended_hours=counts.attended_hours,
        due_hours=counts.due_hours,
        late=late,
        province=project.province,
    )
    return replace(book, published_at=by.now, late=late), [event]


def remind(book: Book, project: Project, day: date) -> tuple[Book, list[ResultsDue]]:
    """Remind the base before, on and after the day on which its results are due, once each (R30).

    Args:
        book: The book before.
        project: Its project.
        day: Today, in Asia/Shanghai.

    Returns:
        The book with the event; without one where there is nothing new to be reminded of.
    """
    due_on = project.results_due_on
    if due_on is None or book.published_at:
        return book, []
    passed = sum((day >= due_on - REMINDED_BEFORE, day >= due_on, day > due_on))
    if passed <= book.reminded:
        return book, []
    event = ResultsDue(
        project=project.id,
        base=project.base,
        year=project.year,
        due_on=due_on,
        overdue=day > due_on,
        province=project.province,
    )
    return replace(book, reminded=passed), [event]
