"""Files from office programs become rosters: .xlsx, and .csv in whatever encoding and with whatever delimiter (R22)."""

import csv
import io
from collections.abc import Sequence

from python_calamine import CalamineSheet, SheetTypeEnum, SheetVisibleEnum

from chassis.workbooks.cells import cells_of, fault_of, read_book
from chassis.workbooks.errors import TooLargeError, UnreadableError
from kernel.errors import Refusal
from services.enrollment.domain.refusals import ROSTER_TOO_LARGE, ROSTER_UNREADABLE
from services.enrollment.domain.roster.sheet import MOST_ROWS, NO_MARKS, Cell, Marks, Sheet, has_header, sheet_of
from services.enrollment.workbooks.xlsx_marks import hidden_rows, is_filled, visible_sheets

OWN_SHEETS = frozenset({"填写说明", "可报项目"})
"""The sheets that the template has besides the roster."""
ENCODINGS = ("utf-8", "gb18030")
_ZIP = b"PK\x03\x04"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NO_TABLE = ("<", "MIME-Version:")
"""How web pages begin, which some programs name .xls."""
_MOST_OTHERS = 20
_MOST_MERGED = 100_000
_DELIMITERS = (",", ";", "\t", "，", "；")
_MOST_LINES = 4 * MOST_ROWS
_MOST_COLUMNS = 256


def read_roster(raw: bytes) -> Sheet:
    """The roster in a file, whatever its name says it is.

    A hostile workbook can fill the memory or end the process: services call this in a child process (`sheet_worker`).

    Raises:
        Refusal: `ROSTER_UNREADABLE`, `ROSTER_TOO_LARGE`, `ROSTER_HEADER_MISSING`, `ROSTER_COLUMN_TWICE`,
            `ROSTER_EMPTY` or `TOO_MANY_ROWS`.
    """
    return sheet_of(*_workbook(raw)) if raw.startswith(_ZIP) else sheet_of(_text(raw))


def _workbook(raw: bytes) -> tuple[Sequence[Sequence[Cell]], Marks]:
    """The first visible sheet that has a header; without one the first visible sheet, to say what it lacks."""
    try:
        return _cells(raw)
    except (Refusal, MemoryError):
        raise
    except TooLargeError as error:
        raise ROSTER_TOO_LARGE() from error
    except UnreadableError as error:
        raise ROSTER_UNREADABLE() from error
    except BaseException as error:  # a panic of the reader, which is written in Rust, is no Exception
        too_large = isinstance(fault_of(error), TooLargeError)
        raise (ROSTER_TOO_LARGE() if too_large else ROSTER_UNREADABLE()) from error


def _cells(raw: bytes) -> tuple[Sequence[Sequence[Cell]], Marks]:
    book = read_book(raw)
    first: tuple[Sequence[Sequence[Cell]], Marks] = [], NO_MARKS
    for about in book.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
            continue
        sheet = book.get_sheet_by_name(about.name)
        rows = cells_of(sheet, _MOST_LINES)
        if has_header(rows):
            return rows, _marks(raw, about.name, sheet, len(rows))
        first = first if first[0] else (rows, NO_MARKS)
    return first


def _marks(raw: bytes, name: str, sheet: CalamineSheet, height: int) -> Marks:
    """What the workbook says of the sheet that is read, and which others it does not read."""
    sheets = visible_sheets(raw)
    own = [part for part in sheets if part.name == name]
    hidden = hidden_rows(raw, own[0]) if own else frozenset()
    others = [part.name for part in sheets if part.name not in {name, *OWN_SHEETS} and is_filled(raw, part)]
    return Marks(hidden, _merged(sheet, height), tuple(others[:_MOST_OTHERS]))


def _merged(sheet: CalamineSheet, height: int) -> dict[int, list[tuple[int, int]]]:
    """The columns that merged cells take, by row."""
    rows: dict[int, list[tuple[int, int]]] = {}
    taken = 0
    for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or ():
        taken += min(last_row, height) - first_row + 1
        if taken > _MOST_MERGED:
            raise ROSTER_TOO_LARGE()
        for row in range(first_row, min(last_row, height) + 1):
            rows.setdefault(row, []).append((first_column, last_column))
    return rows


def _text(raw: bytes) -> Sequence[Sequence[Cell]]:
    """The lines of a text, parted by whichever delimiter makes a header of one of them."""
    text = _decoded(raw)
    if "\0" in text or not text.strip() or text.lstrip().startswith(_NO_TABLE):
        raise ROSTER_UNREADABLE()
    first: list[list[str]] = []
    for delimiter in _DELIMITERS:
        rows = _parted(text, delimiter)
        if has_header(rows):
            return rows
        first = first or rows
    return first


def _parted(text: str, delimiter: str) -> list[list[str]]:
    """The rows, blank ones too, so that their numbers are those that an office program shows."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > _MOST_LINES or len(row) > _MOST_COLUMNS:
                raise ROSTER_TOO_LARGE()
    except csv.Error as error:
        raise ROSTER_UNREADABLE() from error
    return rows


def _decoded(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _strict(raw, encoding) or ""
    for encoding in ENCODINGS:
        if (text := _strict(raw, encoding)) is not None:
            return text
    raise ROSTER_UNREADABLE()


def _strict(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding in ENCODINGS:
            return None
        raise ROSTER_UNREADABLE() from None
