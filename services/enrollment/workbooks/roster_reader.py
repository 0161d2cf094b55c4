"""Files from office programs become rosters: .xlsx, and .csv in whatever encoding and with whatever delimiter (R22)."""

import csv
import io
from collections.abc import Sequence

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from kernel.errors import Refusal
from services.enrollment.domain.roster.sheet import MOST_ROWS, Cell, Sheet, has_header, sheet_of
from services.enrollment.workbooks.xlsx_guard import MOST_COLUMNS, repacked, too_large, unreadable

_ZIP = b"PK\x03\x04"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_ENCODINGS = ("utf-8", "gb18030")
_DELIMITERS = (",", ";", "\t", "，", "；")
_MOST_LINES = 4 * MOST_ROWS


def read_roster(raw: bytes) -> Sheet:
    """The roster in a file, whatever its name says it is; may take a second, so call it beside the event loop.

    Raises:
        Refusal: `ROSTER_UNREADABLE`, `ROSTER_TOO_LARGE`, `ROSTER_HEADER_MISSING`, `ROSTER_COLUMN_TWICE`,
            `ROSTER_EMPTY` or `TOO_MANY_ROWS`.
    """
    return sheet_of(_workbook(repacked(raw)) if raw.startswith(_ZIP) else _text(raw))


def _workbook(packed: bytes) -> Sequence[Sequence[Cell]]:
    """The first visible sheet that has a header; without one the first visible sheet, to say what it lacks."""
    try:
        return _cells(packed)
    except Refusal:
        raise
    except BaseException as error:  # a panic of the reader, which is written in Rust, is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise unreadable() from error


def _cells(packed: bytes) -> Sequence[Sequence[Cell]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(packed))
    first: Sequence[Sequence[Cell]] = []
    for about in book.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
            continue
        rows: list[list[Cell]] = [list(row) for row in book.get_sheet_by_name(about.name).iter_rows()]
        if has_header(rows):
            return rows
        first = first or rows
    return first


def _text(raw: bytes) -> Sequence[Sequence[Cell]]:
    """The lines of a text, parted by whichever delimiter makes a header of one of them."""
    text = _decoded(raw)
    if "\0" in text:
        raise unreadable()
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
            if len(rows) > _MOST_LINES or len(row) > MOST_COLUMNS:
                raise too_large()
    except csv.Error as error:
        raise unreadable() from error
    return rows


def _decoded(raw: bytes) -> str:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _strict(raw, encoding) or ""
    for encoding in _ENCODINGS:
        if (text := _strict(raw, encoding)) is not None:
            return text
    raise unreadable()


def _strict(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding in _ENCODINGS:
            return None
        raise unreadable() from None
