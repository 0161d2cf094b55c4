"""Workbooks for the tests: as office programs write them, and spoilt in one place."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import xlsxwriter

NUMBER = "11010519491231002X"
HEADER = ("姓名", "身份证号码", "项目编号")
WHO = ("张三", NUMBER, "2024-D-001-01")


def workbook(fill: Callable[[Any, Any], None]) -> bytes:
    """A workbook with whatever is done to its book and first sheet."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        fill(book, book.add_worksheet())
    return file.getvalue()


def simple(book: Any, sheet: Any) -> None:
    """The shortest roster."""
    del book
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, WHO)


def rebuilt(raw: bytes, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> bytes:
    """The workbook with other parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return file.getvalue()


def in_sheet(pattern: bytes, by: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, content: re.sub(pattern, by, content) if "worksheets/" in name else content
