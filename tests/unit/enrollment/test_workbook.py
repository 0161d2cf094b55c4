"""R42: a workbook is written row by row, as text, and leaves no file behind."""

import asyncio
import io
import os
import tempfile
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from chassis.workbooks.writer import Row, Sheet, read, write

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20)
DANGEROUS = st.builds(lambda first, rest: first + rest, st.sampled_from(["=", "+", "-", "@", "http://", "{="]), TEXT)


async def batches(*rows: Iterable[Row]) -> AsyncIterator[Iterable[Row]]:
    for batch in rows:
        yield batch


async def content(*sheets: Sheet) -> bytes:
    return b"".join([piece async for piece in read(await write(sheets))])


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.lists(TEXT | DANGEROUS | st.none() | st.integers(0, 9), min_size=3, max_size=3), max_size=6))
async def test_what_is_written_is_read_again_and_no_cell_is_a_formula(rows: list[list[Any]]) -> None:
    written = await content(Sheet("名单", ["一", "二", "三"], batches(rows[:2], rows[2:])))
    cells: list[list[Any]] = CalamineWorkbook.from_filelike(io.BytesIO(written)).get_sheet_by_index(0).to_python()
    blank_rows_at_the_end = [["", "", ""]] * (len(rows) + 1 - len(cells))
    assert cells[1:] + blank_rows_at_the_end == [["" if cell is None else cell for cell in row] for row in rows]
    with zipfile.ZipFile(io.BytesIO(written)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


async def test_a_text_too_long_for_a_cell_is_cut() -> None:
    made = await content(Sheet("x", ["x"], batches([["长" * 40_000]])))
    (_, (cell,)) = CalamineWorkbook.from_filelike(io.BytesIO(made)).get_sheet_by_index(0).to_python()
    assert cell == "长" * 32_000


async def test_a_workbook_that_failed_leaves_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[Iterable[Row]]:
        yield [["1"]]
        raise ConnectionError

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ConnectionError):
        await write([Sheet("a", ["x"], batches([["1"]])), Sheet("b", ["x"], broken())])
    assert await asyncio.to_thread(os.listdir, tmp_path) == []


async def test_rows_are_never_whole_in_memory() -> None:
    async def many() -> AsyncIterator[Iterable[Row]]:
        for start in range(0, 20_000, 500):
            yield [[f"教师{start + place}", "110***********1234", "某职业技术学校"] for place in range(500)]

    tracemalloc.start()
    try:
        (await write([Sheet("x", ["a", "b", "c"], many())])).close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
