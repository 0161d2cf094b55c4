"""R22, R41: the template that schools fill in, the result they get back, and that no cell of either is a formula."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from python_calamine import CalamineWorkbook

from kernel.errors import Refusal
from kernel.language import Language
from services.enrollment.domain.refusals import INVALID_RANK, UNKNOWN_PROJECT
from services.enrollment.domain.roster.roster import Problem, Row, RowState
from services.enrollment.domain.roster.rows import Codes
from services.enrollment.domain.roster.sheet import HEADERS, Column, hidden, shown
from services.enrollment.workbooks.roster_reader import read_roster
from services.enrollment.workbooks.roster_writer import result, template
from tests.unit.enrollment.examples import a_project

PROJECTS = [a_project(code="2024-D-001-01", title="=1+1"), a_project(code="2024-D-001-02")]


def sheets(raw: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    return {name: [list(row) for row in book.get_sheet_by_name(name).iter_rows()] for name in book.sheet_names}


def xml(raw: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if "worksheets/" in name)


def a_row(**changes: object) -> Row:
    cells = {"name": "=cmd|' /C calc'!A0", "idNumber": "110***********0010", "projectCode": "@SUM(A1)", "title": "+1"}
    row = Row(id="r:0000007", roster="r", number=7, said=cells, name="", kept_until=datetime.now(UTC))
    return replace(row, **changes)  # type: ignore[arg-type]


def test_the_template_is_a_roster_without_rows_and_says_what_may_be_chosen() -> None:
    raw = template(PROJECTS)
    with pytest.raises(Refusal) as refused:
        read_roster(raw)
    assert refused.value.code == "ROSTER_EMPTY"
    made = sheets(raw)
    assert made["名单"][0] == [HEADERS[column][0] for column in Column]
    assert [row[0] for row in made["可报项目"][1:]] == ["2024-D-001-01", "2024-D-001-02"]
    lists = re.findall(r'<dataValidation type="list".*?<formula1>(.*?)</formula1>', xml(raw))
    assert lists[0] == '"教师,校领导,中层干部"'
    assert lists[1] == '"专职,兼职"'
    assert lists[3] == "'可报项目'!$A$2:$A$3"


def test_number_columns_of_the_template_are_text_so_that_no_digit_is_lost() -> None:
    with zipfile.ZipFile(io.BytesIO(template(PROJECTS))) as parts:
        styles = parts.read("xl/styles.xml").decode()
    formats = re.findall(r'<xf numFmtId="(\d+)"', styles.partition("<cellXfs")[2])
    columns = re.findall(r'<col min="(\d)" max="\d" width="[\d.]+" style="(\d)"', xml(template(PROJECTS)))
    assert [formats[int(style)] for _, style in columns[: len(Column)]] == ["49"] * len(Column)  # 49 is @, text


def test_without_an_open_project_the_template_has_no_list_of_them() -> None:
    assert "可报项目'!" not in xml(template([]))


def test_what_begins_like_a_formula_is_text() -> None:
    assert "<f>" not in xml(result([a_row()], Language.ZH)) + xml(template(PROJECTS))
    (_, row) = sheets(result([a_row()], Language.ZH))["名单"]
    assert row[:3] == [7.0, "=cmd|' /C calc'!A0", "110***********0010"]


def test_the_result_says_what_is_wrong_in_the_readers_language() -> None:
    wrong = (Problem.of(UNKNOWN_PROJECT()), Problem.of(INVALID_RANK()))
    rows = [a_row(problems=wrong), a_row(state=RowState.ENTERED), a_row(problems=wrong, state=RowState.REFUSED)]
    chinese = sheets(result(rows, Language.ZH))["名单"]
    assert chinese[0][-3:] == ["结果", "问题", "提示"]
    assert [row[-3] for row in chinese[1:]] == ["不合格", "已提交", "未提交"]
    assert chinese[1][-2] == "没有该编号的已发布项目；校内排序应为1至9999的整数"
    assert sheets(result(rows, Language.EN))["名单"][1][-3:-1] == [
        "bad",
        "No published project has this code；A rank is a number from 1 to 9999",
    ]


def test_a_result_can_be_sent_again_but_its_masked_numbers_are_refused_not_kept() -> None:
    (line,) = read_roster(result([a_row()], Language.ZH)).lines
    assert line.texts[Column.ID_NUMBER] == "110***********0010"


def test_lost_leading_zeros_of_a_project_code_are_restored_where_one_code_is_meant() -> None:
    codes = Codes.of(["2024-D-001-01", "2024-D-010-01", "2024-P-01-1", "2024-P-1-01"])
    assert codes.find("2024-D-1-1") == "2024-D-001-01"
    assert codes.find("2024-D-10-1") == "2024-D-010-01"
    assert codes.find("2024-P-1-1") == "2024-P-1-1"
    assert codes.find("2024-P-1-01") == "2024-P-1-01"
    assert codes.find("2024-E-1-1") == "2024-E-1-1"


def test_r41_what_looks_like_a_number_is_hidden_wherever_it_stands() -> None:
    assert shown("张三11010519491231002X") == "张三110***********002X"
    assert shown("138 0000 0001") == "138******0001"
    assert shown("2024-D-001-01") == "2024-D-001-01"
    assert hidden("1380000") == "*******"
    assert hidden("1" * 400) == "111" + "*" * 20 + "1111"
