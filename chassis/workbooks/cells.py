"""The cells of a workbook's sheets, within bounds; read it in a child process only (`child`)."""

import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineSheet, CalamineWorkbook

from chassis.workbooks.archive import check_archive
from chassis.workbooks.errors import TooLargeError, UnreadableError

Cell = str | int | float | bool | date | datetime | time | timedelta | None
"""The value of a cell; of a formula the one it had when the file was saved."""

_MOST_COLUMNS = 256
_MOST_CELLS = 1_000_000
_LONGEST_TEXT = 16 * 1024
_TOO_MUCH = "capacity overflow"  # Rust's words for more memory than there can be


def read_book(raw: bytes) -> CalamineWorkbook:
    """Open an .xlsx file.

    Raises:
        UnreadableError: It is none.
        TooLargeError: It says that it is larger than what is read.
    """
    check_archive(raw)
    return CalamineWorkbook.from_filelike(io.BytesIO(raw))


def cells_of(sheet: CalamineSheet, most_rows: int) -> list[list[Cell]]:
    """The cells of a sheet from its first row and column on.

    Args:
        sheet: The sheet.
        most_rows: The most rows.

    Raises:
        TooLargeError: It has more rows, columns, cells or text than a sheet may.
    """
    last_row, last_column = sheet.end or (0, 0)
    height, width = last_row + 1, last_column + 1
    if height > most_rows or width > _MOST_COLUMNS or height * width > _MOST_CELLS:
        raise TooLargeError
    rows: list[list[Cell]] = [list(row) for row in sheet.iter_rows()]
    if any(isinstance(cell, str) and len(cell) > _LONGEST_TEXT for row in rows for cell in row):
        raise TooLargeError
    return rows


def sheets_of(raw: bytes, most_rows: int) -> Iterator[tuple[str, list[list[Cell]]]]:
    """Each sheet's name and cells.

    Raises:
        UnreadableError, TooLargeError: As the others here.
    """
    try:
        book = read_book(raw)
        for name in book.sheet_names:
            yield name, cells_of(book.get_sheet_by_name(name), most_rows)
    except (UnreadableError, TooLargeError, MemoryError, GeneratorExit):
        raise
    except BaseException as error:  # a panic of the reader, which is written in Rust, is no Exception
        raise fault_of(error) from error


def fault_of(error: BaseException) -> UnreadableError | TooLargeError:
    """What an error of the reader of cells says of the file.

    Raises:
        KeyboardInterrupt, SystemExit: They are none of the file's.
    """
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error
    return TooLargeError() if _TOO_MUCH in str(error) else UnreadableError()
