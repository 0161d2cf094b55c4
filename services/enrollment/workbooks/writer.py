"""A workbook written row by row: neither its rows nor its file are ever whole in memory (R42).

Every text is written as text, so that what begins with `=` is never a formula; where it might become one when the sheet
is edited, the cell is marked as quoted.
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
"""How xlsxwriter takes every text for a text."""


HEADING = {"bold": True, "bg_color": "#DDEBF7", "border": 1}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What begins so might become a formula when the sheet is edited."""

MOST_ROWS = 50_000
Cell = str | int | float | None
Row = Sequence[Cell]

_OPTIONS = {"constant_memory": True, **PLAIN}
_LONGEST_TEXT = 32_000
_WIDTH = 16
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet.

    Attributes:
        name: At most 31 characters.
        headings: The first row.
        batches: Rows as they come, some at a time.
    """

    name: str
    headings: Sequence[str]
    batches: AsyncIterator[Iterable[Row]]


async def write(sheets: Iterable[Sheet]) -> IO[bytes]:
    """A file without a name that holds the workbook; it is gone when it is closed."""
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - the reply reads it and closes it
    try:
        book = xlsxwriter.Workbook(file, _OPTIONS)
        try:
            for sheet in sheets:
                await _write(book, sheet)
        finally:
            await asyncio.to_thread(book.close)  # a workbook that failed leaves files behind else
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


async def _write(book: xlsxwriter.Workbook, sheet: Sheet) -> None:
    head = book.add_format(HEADING)
    quoted = book.add_format({"quote_prefix": True})
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 0)
    page.set_column(0, len(sheet.headings) - 1, _WIDTH)
    for place, heading in enumerate(sheet.headings):
        page.write_string(0, place, heading, head)
    at = 1
    async for batch in sheet.batches:
        at = await asyncio.to_thread(_put, page, at, batch, quoted)


async def read(file: IO[bytes]) -> AsyncGenerator[bytes, None]:
    """The file's content in pieces; it is closed at the end."""
    try:
        while piece := await asyncio.to_thread(file.read, _CHUNK):
            yield piece
    finally:
        file.close()


def _put(page: Worksheet, at: int, rows: Iterable[Row], quoted: Format) -> int:
    for row in rows:
        for place, cell in enumerate(row):
            _put_cell(page, at, place, cell, quoted)
        at += 1
    return at


def _put_cell(page: Worksheet, at: int, place: int, cell: Any, quoted: Format) -> None:
    if isinstance(cell, int | float):
        page.write_number(at, place, cell)
    elif cell:
        page.write_string(at, place, cell[:_LONGEST_TEXT], quoted if cell.startswith(DANGEROUS) else None)
