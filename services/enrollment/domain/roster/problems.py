"""What may be wrong with columns of a roster's row (R19, R20, R22); problems without columns are in the table."""

from collections.abc import Sequence

from kernel.errors import Refusal
from services.enrollment.domain.refusals import (
    CONFLICTING_ROWS,
    DIFFERS_FROM_FILE,
    FIELD_MISSING,
    UNKNOWN_EMPLOYMENT,
    UNKNOWN_MAJOR_CATEGORY,
    UNKNOWN_POST,
)
from services.enrollment.domain.roster.sheet import Column, names_of

_UNKNOWN = {
    Column.POST: UNKNOWN_POST,
    Column.EMPLOYMENT: UNKNOWN_EMPLOYMENT,
    Column.MAJOR_CATEGORY: UNKNOWN_MAJOR_CATEGORY,
}


def field_missing(columns: Sequence[Column]) -> Refusal:
    """Cells that must not be blank."""
    return FIELD_MISSING(detail=names_of(columns), columns=[column.value for column in columns])


def unknown_word(column: Column, allowed: Sequence[str]) -> Refusal:
    """A post, an employment or a major category of no such name."""
    return _UNKNOWN[column](detail=("、".join(allowed), ", ".join(allowed)), allowed=list(allowed))


def conflicting_rows(number: int, column: Column) -> Refusal:
    """Two lines contradict each other about a person."""
    return CONFLICTING_ROWS(detail=names_of([column]), row=number, column=column.value)


def differs_from_file(columns: Sequence[Column]) -> Refusal:
    """Warns only: what is on file stays; it is corrected by a command of its own (R41)."""
    return DIFFERS_FROM_FILE(detail=names_of(columns), columns=[column.value for column in columns])
