"""Check a row of a roster against what is on file, and make what a good row writes (R19, R20, R22).

Faults of the file itself are found in `rows.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from kernel.errors import Refusal
from kernel.free_text import PersonName, Title, person_spelled
from services.enrollment.domain.eligibility import confirm_by_entry, require_entry_open, require_submission_open
from services.enrollment.domain.enrollment import Enrollment, meant_for, rank, sign_up, submit, waits_for_submission
from services.enrollment.domain.events import EnrollmentEvent, TeacherAdded
from services.enrollment.domain.project import Project, Round, require_open
from services.enrollment.domain.refusals import (
    AUDIENCE_MISMATCH,
    MERGED_CELL,
    NAME_MISMATCH,
    SECOND_SIGN_UP,
    TEACHER_EXISTS,
    UNKNOWN_PROJECT,
)
from services.enrollment.domain.roster import problems
from services.enrollment.domain.roster.roster import Problem, Row
from services.enrollment.domain.roster.sheet import REQUIRED, Column
from services.enrollment.domain.teacher import Teacher, TeacherDetails, add_teacher

_OF_NEW_PEOPLE = (Column.MOBILE, Column.POST, Column.EMPLOYMENT)


@dataclass(slots=True)
class Facts:
    """What is on file about the people and projects of some rows; `enter` adds what its row writes.

    Attributes:
        school: The roster's.
        province: The school's.
        at: Domain time that counts for deadlines (R22).
        people: Teachers of any school by the hash of their ID number.
        projects: By code.
        rounds: By year.
        live: Live enrollments by teacher and project, of any school (R19).
        follows: The last rank that the school has given before, by project, 0 for none; the ranks of the rows follow
            it (R21).
    """

    school: str
    province: str
    at: datetime
    people: dict[str, Teacher] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    rounds: dict[int, Round] = field(default_factory=dict)
    live: dict[tuple[str, str], Enrollment] = field(default_factory=dict)
    follows: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowEntry:
    """What a good row writes.

    Attributes:
        row: The row with the ids of its teacher and its enrollment.
        teacher: A new teacher with its events; None where the person is on file.
        enrollment: Submitted; new where `signed_up` is None.
        events: The enrollment's.
        signed_up: The teacher's own sign-up, which the row submits.
    """

    row: Row
    teacher: tuple[Teacher, list[TeacherAdded]] | None
    enrollment: Enrollment
    events: list[EnrollmentEvent]
    signed_up: Enrollment | None


def check(row: Row, facts: Facts) -> Row:
    """The row with all its problems and warnings, as of these facts."""
    refusals = (*row.faults, *map(Problem.of, _problems(row, facts)))
    warnings = tuple(map(Problem.of, _warnings(row, facts)))
    return replace(row, problems=refusals, warnings=warnings)


def enter(row: Row, facts: Facts, by: str, make_id: Callable[[], str]) -> RowEntry:
    """Make what a row without problems writes, and add it to the facts.

    Args:
        row: Checked against these facts.
        facts: What is on file.
        by: The designated person's name (R5).
        make_id: Makes ids of teachers and enrollments.
    """
    project = facts.projects[row.project_code or ""]
    existing = _own(row, facts)
    added = None if existing else add_teacher(make_id(), facts.school, facts.province, _details(row), facts.at)
    teacher = added[0] if added else existing
    assert teacher  # noqa: S101 - one of the two
    signed_up = facts.live.get((teacher.id, project.id))
    events: list[EnrollmentEvent] = []
    enrollment = signed_up
    if enrollment is None:
        enrollment, created = sign_up(make_id(), teacher, project, facts.at, by, at=teacher.at(facts.school))
        events += created
    if row.rank:
        enrollment, ranked = rank(enrollment, facts.follows.get(project.id, 0) + row.rank)
        events += ranked
    calendar = facts.rounds.get(project.year)
    enrollment, confirmed = confirm_by_entry(enrollment, calendar, by, facts.at)
    enrollment, submitted = submit(enrollment, by, facts.at, calendar=calendar)
    events += [*confirmed, *submitted]
    facts.people[teacher.id_number.hash] = teacher
    facts.live[teacher.id, project.id] = enrollment
    return RowEntry(replace(row, teacher=teacher.id, enrollment=enrollment.id), added, enrollment, events, signed_up)


def _problems(row: Row, facts: Facts) -> Iterator[Refusal]:
    existing = facts.people.get(row.id_number.hash) if row.id_number else None
    new = row.id_number is not None and existing is None
    columns = (*REQUIRED, *(_OF_NEW_PEOPLE if new else ()))
    told = [fault.details or {} for fault in row.faults if fault.code == MERGED_CELL.code]
    merged = {name for details in told for name in details["columns"]}
    blank = [column for column in columns if column.value not in row.said and column.value not in merged]
    if Column.TEACHER.value in row.said and Column.ID_NUMBER in blank:
        blank.remove(Column.ID_NUMBER)
    if blank:
        yield problems.field_missing(blank)
    yield from _refused(PersonName.of, row.name, Column.NAME.value, "R22")  # a row that an earlier release has staged
    yield from _refused(Title.of, row.title or "", Column.TITLE.value, "R22")
    if existing and not existing.at(facts.school):
        yield TEACHER_EXISTS(field=Column.ID_NUMBER.value)
    elif existing and row.name and person_spelled(existing.name) != row.name:
        yield NAME_MISMATCH()
    yield from _project_problems(row, facts)


def _project_problems(row: Row, facts: Facts) -> Iterator[Refusal]:
    if not row.project_code:
        return
    project = facts.projects.get(row.project_code)
    if project is None:
        yield UNKNOWN_PROJECT()
        return
    yield from _refused(require_open, project, "R22")
    teacher = _own(row, facts)
    live = facts.live.get((teacher.id, project.id)) if teacher else None
    calendar = facts.rounds.get(project.year)
    closed = list(_refused(require_submission_open, live, calendar, facts.at))
    yield from closed or _refused(require_entry_open, live, calendar, facts.at)
    if live and not waits_for_submission(live, facts.school):
        yield SECOND_SIGN_UP(project=project.id)


def _refused(require: Callable[..., object], *arguments: object) -> Iterator[Refusal]:
    try:
        require(*arguments)
    except Refusal as refusal:
        yield refusal


def _warnings(row: Row, facts: Facts) -> Iterator[Refusal]:
    teacher = _own(row, facts)
    project = facts.projects.get(row.project_code or "")
    post = teacher.post if teacher else row.post
    if project and post and not meant_for(post, project):
        yield AUDIENCE_MISMATCH()
    if teacher and (columns := _differences(row, teacher)):
        yield problems.differs_from_file(columns)


def _differences(row: Row, teacher: Teacher) -> list[Column]:
    pairs = (
        (Column.MOBILE, row.mobile and row.mobile.hash, teacher.mobile.hash),
        (Column.POST, row.post, teacher.post),
        (Column.EMPLOYMENT, row.employment, teacher.employment),
        (Column.TITLE, row.title, teacher.title),
        (Column.MAJOR_CATEGORY, row.major_category, teacher.major_category),
    )
    return [column for column, stated, on_file in pairs if stated is not None and stated != on_file]


def _own(row: Row, facts: Facts) -> Teacher | None:
    teacher = facts.people.get(row.id_number.hash) if row.id_number else None
    return teacher if teacher and teacher.at(facts.school) else None


def _details(row: Row) -> TeacherDetails:
    assert row.id_number and row.mobile and row.post and row.employment  # noqa: S101, PT018 - `check` has seen to it
    return TeacherDetails(
        name=PersonName.of(row.name, Column.NAME.value, "R22"),
        id_number=row.id_number,
        mobile=row.mobile,
        post=row.post,
        employment=row.employment,
        title=None if row.title is None else Title.of(row.title, Column.TITLE.value, "R22"),
        major_category=row.major_category,
    )
