"""R22, R41: files as office programs really write them; those that mean no good are in `test_roster_worker`."""

import time
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import Refusal
from services.enrollment.domain.roster.sheet import HEADERS, Column, Sheet
from services.enrollment.workbooks.roster_reader import read_roster
from tests.unit.enrollment.roster_files import HEADER, NUMBER, WHO, simple, workbook

SOUND = workbook(simple)


def csv_text(*lines: str) -> str:
    return "\r\n".join(lines) + "\r\n"


def texts(raw: bytes) -> list[dict[str, str]]:
    return [{str(column): text for column, text in line.texts.items()} for line in read_roster(raw).lines]


def refusal(raw: bytes) -> str:
    with pytest.raises(Refusal) as refused:
        read_roster(raw)
    return refused.value.code


def outcome(raw: bytes) -> Sheet | Refusal:
    try:
        return read_roster(raw)
    except Refusal as refused:
        return refused


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_is_read_in_each_encoding_and_with_each_delimiter(encoding: str, delimiter: str) -> None:
    text = csv_text("2024年国培报名名单", "", delimiter.join(HEADER), "", delimiter.join(WHO), delimiter * 2)
    (line,) = read_roster(text.encode(encoding)).lines
    assert (line.number, *line.texts.values()) == (5, *WHO)


def test_a_rare_name_of_gb18030_is_read() -> None:
    assert texts(csv_text(",".join(HEADER), f"𬭩䶮,{NUMBER},A").encode("gb18030"))[0]["name"] == "𬭩䶮"


def test_the_order_of_columns_synonyms_marks_and_foreign_columns_do_not_matter() -> None:
    header = "序号,项目代码（必填）,* 证件号 码,联系电话：,教师姓名,备注,岗位"
    sheet = read_roster(csv_text(header, f"1,A,{NUMBER},13800000001,李四,无,教师").encode())
    assert sheet.lines[0].texts == {
        Column.PROJECT: "A",
        Column.ID_NUMBER: NUMBER,
        Column.MOBILE: "13800000001",
        Column.NAME: "李四",
        Column.POST: "教师",
    }
    assert sheet.ignored == ("序号", "备注")


def test_a_workbook_with_a_merged_title_and_hidden_parts_is_read_with_its_own_row_numbers() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.merge_range("A1:E1", "某学校报名名单", book.add_format())
        sheet.write_row(2, 1, HEADER)
        sheet.write_row(4, 1, WHO)
        sheet.set_column(2, 2, None, None, {"hidden": True})
        sheet.set_row(4, None, None, {"hidden": True})

    (line,) = read_roster(workbook(fill)).lines
    assert (line.number, line.hidden, *line.texts.values()) == (5, True, *WHO)


def test_r22_rows_that_are_hidden_or_filtered_out_are_known() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, HEADER)
        for place in range(1, 5):
            sheet.write_row(place, 0, WHO)
        sheet.autofilter(0, 0, 4, 2)
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_row(4, 0)

    sheet = read_roster(workbook(fill))
    assert [(line.number, line.hidden) for line in sheet.lines] == [(2, False), (3, True), (4, False), (5, True)]


def test_r22_hidden_rows_are_found_in_a_sheet_of_many_pieces() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, (*HEADER, "职称"))
        for place in range(1, 4_000):
            sheet.write_row(place, 0, (*WHO, f"讲师{place}" * 20))
            if place % 7 == 0:
                sheet.set_row(place, None, None, {"hidden": True})

    lines = read_roster(workbook(fill)).lines
    assert [line.number for line in lines if line.hidden] == [place + 1 for place in range(7, 4_000, 7)]


def test_r22_cells_that_are_blank_because_they_are_merged_are_known() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, WHO[:2])
        sheet.write_row(2, 0, WHO[:2])
        sheet.merge_range(1, 2, 2, 2, WHO[2], book.add_format())

    first, second = read_roster(workbook(fill)).lines
    assert (first.merged, first.texts[Column.PROJECT]) == (frozenset(), WHO[2])
    assert (second.merged, Column.PROJECT in second.texts) == (frozenset({Column.PROJECT}), False)


FOOTERS = ("合计,3人,", "合计：3人", "总计", "共3人", "填表人：张三", "（公章）", "备注：以上人员均已同意")


@pytest.mark.parametrize("footer", [*FOOTERS, "单位负责人（签字）：", ",审核人：李四"])
def test_r22_totals_and_signatures_below_the_people_are_no_rows(footer: str) -> None:
    sheet = read_roster(csv_text("序号," + ",".join(HEADER), "1," + ",".join(WHO), "", footer).encode())
    assert ([line.number for line in sheet.lines], sheet.footers) == ([2], (4,))


@pytest.mark.parametrize(
    "footer",
    [
        *(
            "合计,1",
            "小计,1",
            "制表人,何敏",
            "学校（盖章）：",
            "审核人：张三,日期：2024-05-20",
            "合计,3,3,3",
            "共2人,,,,2",
        ),
        *("校长（签字）：,,,日期：", "审核人：,李四,2024-05-20", "广东省示范学校（公章）,2024年5月20日"),
    ],
)
def test_r22_a_footer_of_several_cells_is_no_row_whatever_columns_they_are_in(footer: str) -> None:
    for header, who in ((HEADER, WHO), ([HEADERS[Column.TEACHER][0], *HEADER], ["", *WHO])):
        sheet = read_roster(csv_text(",".join(header), ",".join(who), footer).encode())
        assert ([line.number for line in sheet.lines], sheet.footers) == ([2], (3,)), header


def test_r22_a_person_is_a_row_whatever_stands_before() -> None:
    rows = [f"合计,{','.join(WHO)}", f"合计,,{WHO[1]}", "制表人,张三,1234", "合计,张三,,A"]
    sheet = read_roster(csv_text("序号," + ",".join(HEADER), *rows).encode())
    assert ([line.number for line in sheet.lines], sheet.footers) == ([2, 3, 4, 5], ())


def test_r22_a_row_with_a_number_or_a_project_is_no_footer_however_it_begins() -> None:
    sheet = read_roster(csv_text("备注," + ",".join(HEADER), "备注," + ",".join(WHO), "合计,张三,,A").encode())
    assert ([line.number for line in sheet.lines], sheet.footers) == ([2, 3], ())


def test_r22_other_visible_sheets_that_are_filled_in_are_named() -> None:
    def fill(book: Any, sheet: Any) -> None:
        simple(book, sheet)
        simple(book, book.add_worksheet("第二批"))
        book.add_worksheet("空表")
        book.add_worksheet("填写说明").write(0, 0, "说明")
        book.add_worksheet("13800138000").write(0, 0, 7)
        hidden = book.add_worksheet("旧名单")
        simple(book, hidden)
        hidden.hide()

    assert read_roster(workbook(fill)).others == ("第二批", "138****8000")


def test_the_first_visible_sheet_with_a_header_is_the_roster() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write(0, 0, "说明")
        hidden = book.add_worksheet("旧名单")
        simple(book, hidden)
        hidden.hide()
        later = book.add_worksheet("名单")
        later.write_row(0, 0, HEADER)
        later.write_row(1, 0, ("王五", NUMBER, "B"))

    assert texts(workbook(fill))[0]["name"] == "王五"


def test_cells_are_read_as_people_see_them() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, (*HEADER, "手机", "职称", "排序"))
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(1, 0, ("　张　三 ", "'" + NUMBER.lower(), " 2024-D-001-01 "))
        sheet.write_number(1, 3, 13_800_000_001)
        sheet.write_datetime(1, 4, datetime(2024, 5, 1), day)  # noqa: DTZ001 - workbooks know no zone
        sheet.write_formula(1, 5, "=1+1", None, 2)

    assert texts(workbook(fill)) == [
        {
            "name": "张三",
            "idNumber": NUMBER.lower(),
            "projectCode": "2024-D-001-01",
            "mobile": "13800000001",
            "title": date(2024, 5, 1).isoformat(),
            "rank": "2",
        }
    ]


def test_a_csv_cell_that_was_forced_to_be_text_is_text() -> None:
    raw = csv_text(",".join(HEADER), f'张三,"=""{NUMBER}""",\'A').encode()
    assert texts(raw)[0] == {"name": "张三", "idNumber": NUMBER, "projectCode": "A"}


@pytest.mark.parametrize("cell", [110105194912310020, 1.1010519491231e17, "1.10105E+17"])
def test_an_id_number_that_was_taken_for_a_number_is_known_as_such(cell: object) -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ("张三", cell, "A"))

    (line,) = read_roster(workbook(fill)).lines
    assert line.rounded == {Column.ID_NUMBER}


def test_what_is_missing_of_a_header_is_named() -> None:
    with pytest.raises(Refusal) as refused:
        read_roster(csv_text("姓名,电话", "张三,1").encode())
    assert (refused.value.code, refused.value.details) == (
        "ROSTER_HEADER_MISSING",
        {"missing": ["idNumber", "projectCode"]},
    )


def test_what_is_no_roster_is_refused() -> None:
    rows = [",".join(WHO)] * 5_001
    assert refusal(b"") == "ROSTER_UNREADABLE"
    assert refusal(b"\xef\xbb\xbf \r\n") == "ROSTER_UNREADABLE"
    for page in ("<html><table><tr><td>姓名</td></tr></table></html>", "\n<!DOCTYPE html>", '<?xml version="1.0"?>'):
        assert refusal(page.encode()) == "ROSTER_UNREADABLE"
        assert refusal(page.encode("gb18030")) == "ROSTER_UNREADABLE"
    assert refusal(workbook(lambda _, __: None)) == "ROSTER_HEADER_MISSING"
    assert refusal(csv_text(",".join(HEADER)).encode()) == "ROSTER_EMPTY"
    assert refusal(csv_text("姓名,名字,身份证号码,项目编号", "a,b,c,d").encode()) == "ROSTER_COLUMN_TWICE"
    assert refusal(csv_text(",".join(HEADER), *rows).encode()) == "TOO_MANY_ROWS"
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)) == "ROSTER_UNREADABLE"
    assert refusal(b"PK\x03\x04 no zip") == "ROSTER_UNREADABLE"
    assert refusal(b"\x81") == "ROSTER_UNREADABLE"


def test_a_text_of_more_columns_than_a_workbook_may_have_is_refused() -> None:
    wide = csv_text(",".join((*HEADER, *("备注" for _ in range(253)))), ",".join(WHO))
    assert texts(wide.encode())[0]["name"] == "张三"
    assert refusal(wide.replace("备注", "备注,", 1).encode()) == "ROSTER_TOO_LARGE"


def test_a_workbook_of_a_later_zip_version_is_refused() -> None:
    """`zipfile` raises NotImplementedError for it."""
    raw = bytearray(workbook(simple))
    raw[raw.index(b"PK\x01\x02") + 6] = 64
    assert refusal(bytes(raw)) == "ROSTER_UNREADABLE"


def test_a_long_text_above_the_header_costs_no_time() -> None:
    """It is no header, so nothing looks for asides in it: 130,000 open brackets took a minute and more."""
    began = time.process_time()
    lines = ["(" * 130_000] * 20
    assert texts(csv_text(*lines, ",".join(HEADER), ",".join(WHO)).encode())[0]["name"] == "张三"
    assert time.process_time() - began < 10  # seconds


def test_a_header_with_asides_is_a_header() -> None:
    header = "姓名（与身份证一致）,身份证号码（18位，末位为X的请用大写）,项目编号"
    assert texts(csv_text(header, ",".join(WHO)).encode())[0]["idNumber"] == NUMBER


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_spoilt_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    raw = bytearray(SOUND)
    for place in data.draw(st.lists(st.integers(4, len(raw) - 1), min_size=1, max_size=20)):
        raw[place] = data.draw(st.integers(0, 255))
    assert isinstance(outcome(bytes(raw)), Sheet | Refusal)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(raw: bytes) -> None:
    assert isinstance(outcome(raw), Sheet | Refusal)
