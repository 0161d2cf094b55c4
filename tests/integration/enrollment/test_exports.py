"""R42, R41: a workbook shows what its reader may read in the graph, numbers masked, and has no formula."""

import io
import zipfile
from urllib.parse import unquote

import pytest

from chassis.principal import Principal, Scope, TokenMinter
from services.enrollment.workbooks import enrollment_sheet
from tests.integration.enrollment.season import (
    BASE,
    GUANGDONG,
    HUNAN,
    OTHER_BASE,
    OTHER_SCHOOL,
    SCHOOL,
    SIGN_UP,
    Season,
)
from tests.integration.enrollment.workbooks import KEYS, FileClient, column
from tests.support.names import person_name
from tests.support.principals import MINISTRY

YEAR = {"year": "2024"}
RECORD = "mutation($i: FundingInput!) { recordFunding(input: $i) { id } }"


async def test_a_base_exports_its_projects_enrollments_and_those_accepted(season: Season, files: FileClient) -> None:
    await season.publish()
    teachers = await season.teachers(3)
    keys = [await season.submitted(teacher, "p1") for teacher in teachers[:2]]
    await season.act(teachers[2], SIGN_UP, id="p1")
    await season.decide(keys[0])
    (rows,) = await files.sheets(BASE, "projects/p1")
    assert column(rows, "姓名") == ["教师一", "教师二"]
    assert column(rows, "状态") == ["已录取", "已提交"]
    assert column(rows, "身份证号码")[0] == "110***********0018"[:3] + "*" * 11 + column(rows, "身份证号码")[0][-4:]
    assert column(rows, "手机号码") == ["138****0001", "138****0002"]
    assert column(rows, "提交时间")[0].startswith("2024-05-12 09:0")
    (rows,) = await files.sheets(BASE, "projects/p1", status="ACCEPTED")
    assert column(rows, "姓名") == ["教师一"]
    (rows,) = await files.sheets(MINISTRY, "projects/p1", "en")
    assert column(rows, "Status") == ["accepted", "submitted", "signed up"]
    for who in (OTHER_BASE, SCHOOL, GUANGDONG, teachers[0]):
        assert (await files.ask(who, "projects/p1"))[0] == 404


async def test_a_school_exports_its_enrollments_and_its_province_the_same_without_persons(
    season: Season, files: FileClient
) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    await season.act(teacher, SIGN_UP, id="p1")
    path = f"schools/{SCHOOL.school}"
    for who in (SCHOOL, MINISTRY):
        (rows,) = await files.sheets(who, path, **YEAR)
        assert column(rows, "姓名") == ["教师一"]
    (rows,) = await files.sheets(GUANGDONG, path, **YEAR)
    assert "姓名" not in rows[0]
    assert column(rows, "学校代码") == [SCHOOL.school]
    assert "教师一" not in str(rows)
    for who in (OTHER_SCHOOL, HUNAN, BASE, teacher):
        assert (await files.ask(who, path, **YEAR))[0] == 404


async def test_a_province_exports_progress_funding_with_its_history_and_enrollments(
    season: Season, files: FileClient
) -> None:
    await season.publish()
    for teacher in await season.teachers(2):
        await season.submitted(teacher, "p1")
    paid = {"year": 2024, "amount": 150, "source": "CENTRAL", "item": "教师培训", "note": "=1+1"}
    first = (await season.act(GUANGDONG, RECORD, i=paid))["id"]
    await season.act(GUANGDONG, RECORD, i=paid | {"amount": 120, "corrects": first, "reason": "误"})
    progress, funding, roster = await files.sheets(GUANGDONG, "provinces/44", **YEAR)
    assert column(progress, "分项") == ["合计", "“双师型”教师培训", "广东省的基地"]
    assert column(progress, "累计报名") == [2, 2, 2]
    assert column(progress, "录取（不含已退出）") == [0, 0, 0]
    assert column(progress, "经费（元）")[0] == 1.2
    assert column(funding, "金额（元）") == [1.5, 1.2]
    assert column(funding, "现行") == ["否", "是"]
    assert column(roster, "状态") == ["已提交", "已提交"]
    assert "姓名" not in roster[0]
    for who in (HUNAN, SCHOOL, BASE):
        assert (await files.ask(who, "provinces/44", **YEAR))[0] == 404
    (table,) = await files.sheets(MINISTRY, "provinces", **YEAR)
    assert column(table, "分项").count("合计") == 33
    status, content, _ = await files.ask(GUANGDONG, "provinces", **YEAR)
    assert (status, b'"FORBIDDEN"' in content, b"provinces" in content) == (403, True, False)


async def test_no_cell_is_a_formula_and_dangerous_ones_are_quoted(season: Season, files: FileClient) -> None:
    await season.publish(title='=HYPERLINK("http://x","y")')
    (teacher,) = await season.teachers(1, title="+cmd|' /C calc'!A0")
    await season.act(teacher, SIGN_UP, id="p1")
    _, content, _ = await files.ask(SCHOOL, f"schools/{SCHOOL.school}", **YEAR)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "=HYPERLINK" in sheet
    assert styles.count('quotePrefix="1"') == 1
    (rows,) = await files.sheets(SCHOOL, f"schools/{SCHOOL.school}", **YEAR)
    assert column(rows, "项目名称") == ['=HYPERLINK("http://x","y")']
    assert column(rows, "职称") == ["+cmd|' /C calc'!A0"]


async def test_the_file_is_named_in_chinese_by_rfc_5987(files: FileClient) -> None:
    status, _, headers = await files.ask(GUANGDONG, "provinces/44", **YEAR)
    plain, _, extended = headers["Content-Disposition"].partition("; filename*=UTF-8''")
    assert (status, plain) == (200, 'attachment; filename="export.xlsx"')
    assert extended.isascii()
    assert unquote(extended) == "广东省-2024-培训进展.xlsx"
    assert headers["Cache-Control"] == "no-store"


async def test_rows_come_in_batches_and_too_many_are_refused(
    season: Season, files: FileClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await season.publish()
    for teacher in await season.teachers(7):
        await season.submitted(teacher, "p1")
    monkeypatch.setattr(enrollment_sheet, "_BATCH", 3)
    (rows,) = await files.sheets(BASE, "projects/p1")
    assert column(rows, "姓名") == [person_name(n) for n in range(1, 8)]
    monkeypatch.setattr(enrollment_sheet, "MOST_ROWS", 6)
    status, content, _ = await files.ask(BASE, "projects/p1")
    assert (status, b"EXPORT_TOO_LARGE" in content) == (400, True)


async def test_a_batch_of_rows_costs_one_read_of_each_collection(season: Season, files: FileClient) -> None:
    await season.publish()
    for teacher in await season.teachers(20):
        await season.submitted(teacher, "p1")
    await season.database.command("profile", 2)
    await files.sheets(SCHOOL, f"schools/{SCHOOL.school}", **YEAR)
    await season.database.command("profile", 0)
    reads = {"op": "query", "ns": {"$not": {"$regex": "system.profile$"}}}
    profiled = await season.database["system.profile"].find(reads).to_list()
    collections = sorted(operation["ns"].rpartition(".")[2] for operation in profiled)
    assert collections == ["enrollments", "projects", "schools", "teachers"]


@pytest.mark.parametrize("query", [{}, {"year": "24"}, {"year": "２０２４"}, {"year": "2024", "status": "x"}])
async def test_a_missing_or_wrong_parameter_is_refused(files: FileClient, query: dict[str, str]) -> None:
    status, content, _ = await files.ask(GUANGDONG, "provinces/44", **query)
    assert (status, b"BAD_REQUEST" in content) == (400, True)


async def test_nobody_without_the_gateways_token_gets_anything(files: FileClient) -> None:
    answer = await files.browser.send("GET", "/exports/provinces.xlsx", params=YEAR)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    foreign = TokenMinter(KEYS).mint(MINISTRY, "catalog")
    answer = await files.browser.send("GET", "/exports/provinces.xlsx", headers={"Authorization": f"Bearer {foreign}"})
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert (await files.ask(Principal("anonymous", Scope.PUBLIC), "provinces", **YEAR))[0] == 403
