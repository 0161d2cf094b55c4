"""Find the teachers on file whom a roster names without their whole ID number (R22, R41)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kernel.free_text import person_spelled
from services.enrollment.domain.refusals import AMBIGUOUS, UNKNOWN_TEACHER
from services.enrollment.domain.roster.roster import Problem, Row
from services.enrollment.domain.roster.sheet import Column
from services.enrollment.domain.teacher import Teacher


def needs_matching(row: Row) -> bool:
    """Whether the row names a teacher on file: by number, also beside an ID number, or by the last four characters."""
    return row.registered is not None or (row.id_number is None and row.tail is not None)


def matched(rows: Sequence[Row], colleagues: Iterable[Teacher]) -> list[Row]:
    """The rows with the ID numbers of the teachers whom they name; a row that names nobody, or several, has a fault.

    From here on such a row is like one with the whole number: it is checked, compared with the others and put in alike.

    Args:
        rows: The rows of one roster.
        colleagues: Teachers of its school, at least those with these names and ids.
    """
    on_file = list(colleagues)
    by_id = {teacher.id: teacher for teacher in on_file}
    by_tail: dict[tuple[str, str], list[Teacher]] = {}
    for teacher in on_file:
        by_tail.setdefault((person_spelled(teacher.name), teacher.id_number.masked[-4:]), []).append(teacher)
    return [_matched(row, by_id, by_tail) if needs_matching(row) else row for row in rows]


def _matched(row: Row, by_id: dict[str, Teacher], by_tail: dict[tuple[str, str], list[Teacher]]) -> Row:
    if row.registered is not None:
        registered = by_id.get(row.registered)
        other = registered and row.id_number and registered.id_number.hash != row.id_number.hash
        found = [registered] if registered and not other else []
        column = Column.TEACHER
    else:
        found = by_tail.get((row.name, row.tail or ""), [])
        column = Column.ID_NUMBER
    if len(found) == 1:
        return replace(row, id_number=found[0].id_number)
    if not row.name and row.registered is None:
        return row  # that the name is missing or wrong is said already
    refusal = (AMBIGUOUS if found else UNKNOWN_TEACHER)()
    return replace(row, faults=(*row.faults, Problem.of(refusal, column.value)))
