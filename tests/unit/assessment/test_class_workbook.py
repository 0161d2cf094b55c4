"""R29, R30: the workbook of a class goes out and comes in, and a file that is none harms nobody (ADR 61)."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from kernel.errors import Refusal
from services.assessment.commands.workbooks import ClassBook
from services.assessment.domain.entry import AttendanceEntry, ResultEntry
from services.assessment.domain.project import Session
from services.assessment.domain.record import Result
from services.assessment.domain.vocabulary import HeldMode, ResultOutcome, SessionMode
from services.assessment.workbooks import layout
from services.assessment.workbooks.book_reader import Line, lines_of, read_class_workbook
from services.assessment.workbooks.book_writer import class_workbook
from tests.unit.assessment.examples import FINISHED, NOW, PROJECT, RECORD, RULES, drafted, marked, passed
from tests.unit.enrollment.roster_files import in_sheet, rebuilt

Cells = list[list[Any]]


def book(*records: Any, project: Any = PROJECT, names: dict[str, str] | None = None) -> bytes:
    return class_workbook(ClassBook(project, records, names or {}), NOW)


def sheets(raw: bytes) -> dict[str, Cells]:
    read = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    return {name: [list(row) for row in read.get_sheet_by_name(name).iter_rows()] for name in read.sheet_names}


def filled(cells: Cells, row: int, **columns: Any) -> Cells:
    """The cells with others in a row, by the letter of the column."""
    changed = [list(line) for line in cells]
    for letter, value in columns.items():
        changed[row - 1][ord(letter) - ord("A")] = value
    return changed


def read(raw: bytes, sheet: str = layout.ATTENDANCE, **columns: Any) -> list[Line]:
    """The lines of a workbook in whose first person's row cells are filled in."""
    cells = sheets(raw)
    return lines_of({sheet: filled(cells[sheet], 3, **columns)}, "p1")


def problems(lines: list[Line]) -> list[tuple[int, str | None, str]]:
    return [(line.number, column, refusal.code) for line in lines for column, refusal in line.problems]


def test_r29_the_workbook_has_names_and_marks_and_no_number_of_a_person() -> None:
    record = marked(RECORD, hours={"s2": 0, "s3": 5})
    cells = sheets(book(record, names={"e1": "张䶮𬭎"}))
    keys, headings, person = cells[layout.ATTENDANCE]
    assert keys[0] == "guopei-class/1 p1"
    assert headings[:4] == ["报名编号", "版本", "姓名", "学校代码"]
    assert headings[4] == "2024-06-03\n第1天\n8学时"
    assert person == ["e1", "m4", "张䶮𬭎", "3144000011", 8, 0, 5, 8, ""]
    assert "t1" not in str(cells), "no id by which somebody is known elsewhere"


def test_r30_results_are_shown_as_they_are_stated() -> None:
    result = sheets(book(drafted(marked(RECORD)), project=FINISHED))[layout.RESULTS][2]
    assert result == ["e1", "r0d1", "", "3144000011", 32, 32, "1.0000", "合格", 90, ""]


def test_r29_no_text_of_the_workbook_is_a_formula() -> None:
    session = Session("=1+1", '=HYPERLINK("http://x")', PROJECT.sessions[0].date, 8)
    raw = book(RECORD, project=replace(PROJECT, sessions=(session,)), names={"e1": "=cmd|' /C calc'!A0"})
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        pages = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/")]
        styles = parts.read("xl/styles.xml")
    assert not any(b"<f>" in page or b"<f " in page for page in pages)
    assert b'quotePrefix="1"' in styles
    assert sheets(raw)[layout.ATTENDANCE][2][2].startswith("=cmd")


def test_r29_a_workbook_that_is_sent_back_as_it_was_says_nothing_new() -> None:
    online = replace(PROJECT, sessions=(replace(PROJECT.sessions[0], mode=HeldMode.BLENDED), *PROJECT.sessions[1:]))
    record = marked(RECORD, online)
    record = replace(record, marks=(replace(record.marks[0], mode=SessionMode.ONLINE, hours=6), *record.marks[1:]))
    raw = book(record, project=online)
    (line,) = read(raw)
    assert sheets(raw)[layout.ATTENDANCE][2][4] == "6线上"
    assert line.entry is not None
    entered = line.entry.decide(record, online, RULES, NOW)
    assert (entered.change, entered.problems) == ((record, []), ())


def test_r29_cells_are_read_as_people_fill_them_in() -> None:
    (line,) = read(book(RECORD), E=" ８ ", F="√", G="缺勤", H="4 线下", I="晚到")
    entry = line.entry
    assert isinstance(entry, AttendanceEntry)
    assert [(cell.column, cell.session, cell.hours, cell.mode) for cell in entry.cells] == [
        ("E", "s1", 8, None),
        ("F", "s2", None, None),
        ("G", "s3", 0, None),
        ("H", "s4", 4, SessionMode.OFFLINE),
    ]
    assert (entry.reason, line.number) == ("晚到", 3)


@pytest.mark.parametrize("cell", ["来了", "-1", 3.5, True, "8h", "9999", "=1", "8线"])
def test_r29_a_cell_that_cannot_be_read_is_named(cell: Any) -> None:
    lines = read(book(RECORD), E=8, F=cell)
    assert problems(lines) == [(3, "F", "CELL_UNREADABLE")]
    assert lines[0].entry is None, "nothing of the row is entered"


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"H": "优秀", "I": 90}, "H"),
        ({"I": 90}, "H"),
        ({"H": "合格", "I": 60.5}, "I"),
        ({"H": "合格", "I": "九十"}, "I"),
    ],
)
def test_r30_a_result_that_cannot_be_read_is_named(cells: dict[str, Any], column: str) -> None:
    assert problems(read(book(RECORD), layout.RESULTS, **cells)) == [(3, column, "CELL_UNREADABLE")]


def test_r30_a_result_is_read() -> None:
    (line,) = read(book(RECORD), layout.RESULTS, H="不合格", I=40, J="缺考")
    entry = line.entry
    assert isinstance(entry, ResultEntry)
    assert (entry.outcome, entry.score, entry.reason, entry.column) == (ResultOutcome.FAILED, 40, "缺考", "H")


def test_r29_of_a_row_that_cannot_be_read_three_cells_are_named() -> None:
    """However many there are: the answer to a file of a million bad cells stays short."""
    lines = read(book(RECORD), E="来了", F="来了", G="来了", H="来了")
    assert problems(lines) == [(3, column, "CELL_UNREADABLE") for column in "EFG"]


def test_r30_the_reason_of_a_result_is_asked_for_anew() -> None:
    """Else a correction by the workbook would have the reason of what it corrects."""
    failed = Result(ResultOutcome.FAILED, 40, 1.0, NOW, reason="缺结业作业")
    _, _, row = sheets(book(replace(RECORD, results=(failed,)), project=FINISHED))[layout.RESULTS]
    assert (row[7], row[9]) == ("不合格", "")


def test_r29_rows_without_a_statement_are_passed_over_and_repeated_ones_refused() -> None:
    other = replace(RECORD, id="e2")
    cells = sheets(book(RECORD, other))[layout.ATTENDANCE]
    assert lines_of({layout.ATTENDANCE: cells}, "p1") == []
    cells = filled(filled(cells, 3, E=8), 4, A="e1", E=4)
    assert problems(lines_of({layout.ATTENDANCE: cells}, "p1")) == [(4, "A", "REPEATED_ROWS")]
    cells = filled(cells, 4, A="")
    assert problems(lines_of({layout.ATTENDANCE: cells}, "p1")) == [(4, "A", "CELL_UNREADABLE")]


def test_r29_r30_a_row_is_checked_as_the_mutations_check_and_every_bad_cell_is_named() -> None:
    (line,) = read(book(RECORD), E=9, F=8, G=12)
    assert line.entry is not None
    entered = line.entry.decide(RECORD, PROJECT, RULES, NOW)
    assert entered.change == (RECORD, [])
    assert [(column, refusal.code) for column, refusal in entered.problems] == [
        ("E", "INVALID_HOURS"),
        ("G", "INVALID_HOURS"),
    ]
    (line,) = read(book(marked(RECORD), project=FINISHED), layout.RESULTS, H="合格", I=10)
    assert line.entry is not None
    entered = line.entry.decide(marked(RECORD), FINISHED, RULES, NOW)
    assert [(column, refusal.code) for column, refusal in entered.problems] == [("H", "SCORE_BELOW_PASS_MARK")]


def test_r29_r30_a_record_that_has_changed_since_is_not_overwritten() -> None:
    (line,) = read(book(RECORD), E=4)
    assert line.entry is not None
    entered = line.entry.decide(marked(RECORD), PROJECT, RULES, NOW)
    assert [refusal.code for _, refusal in entered.problems] == ["WORKBOOK_OUTDATED"]
    (line,) = read(book(marked(RECORD), project=FINISHED), layout.RESULTS, H="未完成")
    assert line.entry is not None
    entered = line.entry.decide(passed(), FINISHED, RULES, NOW)
    assert [refusal.code for _, refusal in entered.problems] == ["WORKBOOK_OUTDATED"]


def test_r29_a_class_that_is_too_large_for_a_workbook_is_refused() -> None:
    sessions = tuple(replace(PROJECT.sessions[0], id=f"s{number}") for number in range(layout.MOST_SESSIONS + 1))
    with pytest.raises(Refusal) as refused:
        book(RECORD, project=replace(PROJECT, sessions=sessions))
    assert refused.value.code == "WORKBOOK_TOO_LARGE"


# The file


async def refusal(raw: bytes, project: str = "p1") -> str:
    with pytest.raises(Refusal) as refused:
        await read_class_workbook(raw, project)
    return refused.value.code


async def test_r29_the_file_is_read_in_a_child_process() -> None:
    lines = await read_class_workbook(book(marked(RECORD), project=FINISHED), "p1")
    assert [(line.sheet, line.number, line.enrollment) for line in lines] == [(layout.ATTENDANCE, 3, "e1")]


def emptied(name: str, content: bytes) -> bytes:
    return re.sub(rb"<row r=\"1\".*?</row>", b"", content) if "worksheets/" in name else content


def renamed(name: str, content: bytes) -> bytes:
    return (
        content.replace("考勤".encode(), b"x").replace("成绩".encode(), b"y") if name == "xl/workbook.xml" else content
    )


def unchanged(_: str, content: bytes) -> bytes:
    return content


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (emptied, "WORKBOOK_UNKNOWN"),
        (renamed, "WORKBOOK_UNKNOWN"),
        (in_sheet(rb"</sheetData>", b"</sheetData>" + b" " * (30 * 1024 * 1024)), "WORKBOOK_TOO_LARGE"),
        (in_sheet(rb'r="E3"', b'r="XFD1048576"'), "WORKBOOK_TOO_LARGE"),
    ],
)
async def test_r29_a_file_that_is_no_workbook_of_a_class_is_refused_whole(
    change: Callable[[str, bytes], bytes], code: str
) -> None:
    assert await refusal(rebuilt(book(marked(RECORD)), change)) == code


async def test_r29_another_classs_workbook_and_what_is_none_is_refused_whole() -> None:
    assert await refusal(book(RECORD), "p2") == "WORKBOOK_OF_ANOTHER_CLASS"
    for raw in (b"", b"PK\x03\x04", b"%PDF-1.7", "姓名,成绩\r\n".encode(), book(RECORD)[:900]):
        assert await refusal(raw) == "WORKBOOK_UNREADABLE"
    many = {f"xl/worksheets/x{number}.xml": b"" for number in range(1_001)}
    assert await refusal(rebuilt(book(RECORD), unchanged, many)) == "WORKBOOK_TOO_LARGE"
