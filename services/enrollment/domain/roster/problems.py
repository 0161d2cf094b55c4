"""Refusals of a roster's row that name columns (R20, R22); the others are called straight from the table."""

from collections.abc import Sequence

from kernel.errors import Refusal
from services.enrollment.domain.refusals import (
    CONFLICTING_ROWS,
    DIFFERS_FROM_FILE,
    FIELD_MISSING,
    FOOTER,
    MERGED_CELL,
    OTHER_SHEETS,
    UNKNOWN_EMPLOYMENT,
    UNKNOWN_MAJOR_CATEGORY,
    UNKNOWN_POST,
)
from services.enrollment.domain.roster.sheet import Column, Sheet, names_of

_MOST_LINES = 50
_UNKNOWN = {
    Column.POST: UNKNOWN_POST,
    Column.EMPLOYMENT: UNKNOWN_EMPLOYMENT,
    Column.MAJOR_CATEGORY: UNKNOWN_MAJOR_CATEGORY,
}


def field_missing(columns: Sequence[Column]) -> Refusal:
    """Required cells are blank."""
    return FIELD_MISSING(detail=names_of(columns), columns=[column.value for column in columns])


def merged_cell(columns: Sequence[Column]) -> Refusal:
    """Cells are blank because they are merged with one above or beside them."""
    return MERGED_CELL(detail=names_of(columns), columns=[column.value for column in columns])


def about_file(sheet: Sheet) -> list[Refusal]:
    """Warnings about the whole file: what of it is no row of the roster (R22)."""
    warnings = []
    if sheet.others:
        names = list(sheet.others)
        warnings.append(OTHER_SHEETS(detail=("、".join(names), ", ".join(names)), sheets=names))
    if sheet.footers:
        lines = [str(number) for number in sheet.footers[:_MOST_LINES]]
        detail = f"第{'、'.join(lines)}行", f"lines {', '.join(lines)}"
        warnings.append(FOOTER(detail=detail, lines=list(sheet.footers[:_MOST_LINES])))
    return warnings


def unknown_word(column: Column, allowed: Sequence[str]) -> Refusal:
    """The cell holds no known post, employment or major category; `allowed` lists them."""
    return _UNKNOWN[column](detail=("、".join(allowed), ", ".join(allowed)), allowed=list(allowed))


def conflicting_rows(number: int, column: Column) -> Refusal:
    """This row contradicts line `number` of the file about the same person, in `column`."""
    return CONFLICTING_ROWS(detail=names_of([column]), row=number, column=column.value)


def differs_from_file(columns: Sequence[Column]) -> Refusal:
    """A warning: what is on file differs and stays; a command of its own corrects it (R41)."""
    return DIFFERS_FROM_FILE(detail=names_of(columns), columns=[column.value for column in columns])
