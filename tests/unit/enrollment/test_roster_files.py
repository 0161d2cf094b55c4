"""R22, R41: files as office programs really write them, and files that mean no good."""

import io
import re
import time
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import Refusal
from services.enrollment.domain.roster.sheet import Column, Sheet
from services.enrollment.workbooks import xlsx_guard as packed
from services.enrollment.workbooks.roster_reader import read_roster

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
    assert (line.number, *line.texts.values()) == (5, *WHO)


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
    assert refusal(b"") == "ROSTER_HEADER_MISSING"
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


def test_a_long_text_above_the_header_costs_no_time() -> None:
    """It is no header, so nothing looks for asides in it: 130,000 open brackets took a minute and more."""
    began = time.process_time()
    lines = ["(" * 130_000] * 20
    assert texts(csv_text(*lines, ",".join(HEADER), ",".join(WHO)).encode())[0]["name"] == "张三"
    assert time.process_time() - began < 10  # seconds


def test_a_header_with_asides_is_a_header() -> None:
    header = "姓名（与身份证一致）,身份证号码（18位，末位为X的请用大写）,项目编号"
    assert texts(csv_text(header, ",".join(WHO)).encode())[0]["idNumber"] == NUMBER


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


INLINE = b'<c r="C2" t="inlineStr"><is><r><t>%s</t></r></is></c>'
BOMBS: dict[str, tuple[Callable[[str, bytes], bytes], dict[str, bytes]]] = {
    "much out of little": (in_sheet(rb"</sheetData>", b"</sheetData>" + b" " * (30 * 1024 * 1024)), {}),
    "a cell at the far end": (in_sheet(rb'r="C2"', b'r="XFD1048576"'), {}),
    "a row at the far end": (in_sheet(rb'<row r="2"', b'<row r="1048576"'), {}),
    "a cell at the far end, in other words": (in_sheet(rb'r="C2"', b"r = 'xfd1048576'"), {}),
    "a cell far beyond the end": (in_sheet(rb'r="C2"', b'r="ZZZZ99999999"'), {}),
    "many parts": (lambda _, content: content, {f"xl/worksheets/x{n}.xml": b"" for n in range(1_001)}),
    "a long text in a cell": (in_sheet(rb'<c r="C2".*?</c>', INLINE % (b"x" * 20_000)), {}),
    "a long text in many runs": (in_sheet(rb'<c r="C2".*?</c>', INLINE % (b"x</t></r><r><t>" * 2_000)), {}),
    "a long text": (
        lambda name, content: content.replace("张三".encode(), b"x" * 20_000) if "shared" in name else content,
        {},
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_workbook_that_would_fill_the_memory_is_refused_before_it_is_read(bomb: str) -> None:
    change, more = BOMBS[bomb]
    assert refusal(rebuilt(workbook(simple), change, more)) == "ROSTER_TOO_LARGE"


def test_a_text_that_is_referred_to_again_and_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_MOST_TEXT", 100)
    assert refusal(workbook(simple)) == "ROSTER_TOO_LARGE"


@pytest.mark.parametrize("hiding", [b"<!-- </si> -->", b'<!DOCTYPE x [<!ENTITY a "b">]>', b"<![CDATA[x]]>"])
def test_what_hides_from_the_look_before_reading_is_refused(hiding: bytes) -> None:
    for part in ("worksheets/", "sharedStrings"):
        raw = rebuilt(
            workbook(simple),
            lambda name, content, part=part: content + hiding if part in name else content,  # type: ignore[misc]
        )
        assert refusal(raw) == "ROSTER_UNREADABLE"


@pytest.mark.parametrize(
    "place", [b"", b'r="C2" r="D2"', b"x='r=\"C2\"'", b'r="C000000000001048576"', b'r="&#67;2"', b'r="C2" x=">"']
)
def test_a_cell_that_does_not_plainly_say_where_it_is_is_refused(place: bytes) -> None:
    assert refusal(rebuilt(workbook(simple), in_sheet(rb'r="C2"', place))) == "ROSTER_UNREADABLE"


def test_the_number_of_texts_that_a_workbook_claims_is_not_believed() -> None:
    def claim(name: str, content: bytes) -> bytes:
        return re.sub(rb'ount="\d+"', b'ount="4294967295"', content) if "shared" in name else content

    raw = rebuilt(workbook(simple), claim)
    with zipfile.ZipFile(io.BytesIO(packed.repacked(raw))) as kept:
        assert b"4294967295" not in kept.read("xl/sharedStrings.xml")
    assert texts(raw) == texts(workbook(simple))


def test_macros_and_links_to_elsewhere_stay_behind() -> None:
    raw = rebuilt(
        workbook(simple),
        lambda _, content: content,
        {"xl/vbaProject.bin": b"x", "xl/externalLinks/externalLink1.xml": b"<!DOCTYPE x>"},
    )
    with zipfile.ZipFile(io.BytesIO(packed.repacked(raw))) as kept:
        assert not [name for name in kept.namelist() if "vba" in name or "external" in name]
    assert texts(raw) == texts(workbook(simple))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_spoilt_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    raw = bytearray(SOUND)
    for place in data.draw(st.lists(st.integers(4, len(raw) - 1), min_size=1, max_size=20)):
        raw[place] = data.draw(st.integers(0, 255))
    assert isinstance(outcome(bytes(raw)), Sheet | Refusal)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_workbook_with_spoilt_xml_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    parts = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml")
    chosen = data.draw(st.sampled_from(parts))
    start, junk = data.draw(st.integers(0, 900)), data.draw(st.binary(max_size=12))

    def spoil(name: str, content: bytes) -> bytes:
        return content[:start] + junk + content[start + len(junk) :] if name == chosen else content

    assert isinstance(outcome(rebuilt(SOUND, spoil)), Sheet | Refusal)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(raw: bytes) -> None:
    assert isinstance(outcome(raw), Sheet | Refusal)


SOUND = workbook(simple)
