"""Workbooks written row by row: neither the rows nor the file are ever whole in memory (R42).

Every text is written as text, so one that begins with `=` is no formula. Where a spreadsheet program might take it for
one when the cell is edited, the cell is marked as quoted.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

PLAIN = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
"""Options of xlsxwriter by which every text is written as text."""
HEADING = {"bold": True, "bg_color": "#DDEBF7", "border": 1}
"""The format of headings."""
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins with one of these might become a formula when its cell is edited."""

MOST_ROWS = 50_000
"""The most rows of one export."""
Cell = str | int | float | None
Row = Sequence[Cell]

_OPTIONS = {"constant_memory": True, **PLAIN}
_LONGEST_TEXT = 32_000  # characters; a cell holds 32,767
_WIDTH = 16
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook.

    Attributes:
        name: At most 31 characters.
        headings: The first row.
        batches: The other rows, some at a time; each batch is written before the next is asked for.
    """

    name: str
    headings: Sequence[str]
    batches: AsyncIterator[Iterable[Row]]


async def write(sheets: Iterable[Sheet]) -> IO[bytes]:
    """Write a workbook to a temporary file without a name, which is gone when it is closed.

    Returns:
        The file at its beginning; whoever takes it closes it.
    """
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - `read` closes it
    try:
        book = xlsxwriter.Workbook(file, _OPTIONS)
        try:
            for sheet in sheets:
                await _write_sheet(book, sheet)
        finally:
            await asyncio.to_thread(book.close)  # after a failure too: it removes the temporary files of its sheets
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


async def read(file: IO[bytes]) -> AsyncGenerator[bytes, None]:
    """The content of a file in pieces; closes the file at the end, or when the reader leaves."""
    try:
        while piece := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield piece
    finally:
        file.close()


async def _write_sheet(book: xlsxwriter.Workbook, sheet: Sheet) -> None:
    heading_format = book.add_format(HEADING)
    quoted = book.add_format({"quote_prefix": True})
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 0)
    page.set_column(0, len(sheet.headings) - 1, _WIDTH)
    for place, heading in enumerate(sheet.headings):
        page.write_string(0, place, heading, heading_format)
    line = 1
    async for batch in sheet.batches:
        line = await asyncio.to_thread(_write_rows, page, line, batch, quoted)


def _write_rows(page: Worksheet, line: int, rows: Iterable[Row], quoted: Format) -> int:
    """Write rows from a line on; returns the line after them."""
    for row in rows:
        for place, cell in enumerate(row):
            _write_cell(page, line, place, cell, quoted)
        line += 1
    return line


def _write_cell(page: Worksheet, line: int, place: int, cell: Any, quoted: Format) -> None:
    if isinstance(cell, int | float):
        page.write_number(line, place, cell)
    elif cell:
        page.write_string(line, place, cell[:_LONGEST_TEXT], quoted if cell.startswith(DANGEROUS) else None)
