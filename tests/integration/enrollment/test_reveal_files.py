"""C2, R41, R42: a class's numbers as a workbook: the rows, guards, records and limits of `revealTeachers`."""

import io
import json
import zipfile
from typing import Any
from urllib.parse import unquote

import pytest

from chassis.principal import Principal
from chassis.storage.vault import Vault
from kernel import reveals as revealing
from tests.integration.enrollment.season import BASE, GUANGDONG, HUNAN, OTHER_BASE, OTHER_SCHOOL, SCHOOL, Season
from tests.integration.enrollment.test_reveals import CLASS, WHY, a_class, told
from tests.integration.enrollment.workbooks import FileClient, column, sheets_of
from tests.support.principals import MINISTRY

ASKED = {"purpose": WHY}


def code_of(answer: tuple[int, bytes, Any]) -> tuple[int, str]:
    status, content, _ = answer
    (error,) = json.loads(content)["errors"]
    return status, error["extensions"]["code"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the vault has been asked to open."""
    asked: list[bytes] = []
    real = Vault.open

    def remembering(vault: Vault, sealed: Any) -> str:
        asked.append(sealed)
        return real(vault, sealed)

    monkeypatch.setattr(Vault, "open", remembering)
    return asked


async def test_the_workbook_has_the_rows_of_the_mutation_and_every_person_is_recorded_anew(
    season: Season, files: FileClient
) -> None:
    await season.publish()
    ours, theirs = await a_class(season, 2), await a_class(season, 1, OTHER_SCHOOL)
    recorded = 0
    for who, seen in ((BASE, [*ours, *theirs]), (SCHOOL, ours), (OTHER_SCHOOL, theirs), (MINISTRY, [*ours, *theirs])):
        shown = await season.act(who, CLASS, p="p1", why=WHY)
        status, content, headers = await files.reveal(who, "p1", ASKED)
        assert (status, headers["Cache-Control"]) == (200, "no-store")
        (rows,) = sheets_of(content)
        assert column(rows, "教师编号") == [row["id"] for row in shown] == [teacher.person for teacher in seen]
        for heading, field in (("身份证号码", "idNumber"), ("手机号码", "mobile")):
            assert column(rows, heading) == [row["reveal"][field] for row in shown]
        events = await told(season, "reveals")
        fresh, recorded = events[recorded + len(seen) :], len(events)
        assert {(event["data"]["teacher"], event["data"]["purpose"]) for event in fresh} == {
            (teacher.person, WHY) for teacher in seen
        }


async def test_a_person_who_is_not_in_the_class_is_a_row_without_numbers_and_without_a_record(
    season: Season, files: FileClient
) -> None:
    await season.publish()
    (seated,) = await a_class(season, 1)
    (other,) = await season.teachers(1)
    _, content, _ = await files.reveal(BASE, "p1", ASKED | {"ids": [seated.person, other.person]}, "en")
    (rows,) = sheets_of(content)
    assert column(rows, "Teacher id") == [seated.person, other.person]
    assert [bool(number) for number in column(rows, "ID number")] == [True, False]
    assert [bool(why) for why in column(rows, "Why it is not shown")] == [False, True]
    assert len(await told(season, "reveals")) == 1


async def test_who_may_not_is_refused_by_a_code_and_nothing_is_opened_or_recorded(
    season: Season, files: FileClient, opened: list[bytes]
) -> None:
    await season.publish()
    (teacher,) = await a_class(season, 1)
    refused: list[tuple[Principal, str, Any, tuple[int, str]]] = [
        (OTHER_BASE, "p1", ASKED, (404, "NOT_FOUND")),
        (GUANGDONG, "p1", ASKED, (403, "FORBIDDEN")),
        (HUNAN, "p1", ASKED, (403, "FORBIDDEN")),
        (teacher, "p1", ASKED, (403, "FORBIDDEN")),
        (BASE, "p9", ASKED, (404, "NOT_FOUND")),
        (BASE, "p1", {"purpose": "看"}, (400, "INVALID_PURPOSE")),
        (BASE, "p1", ASKED | {"ids": [str(number) for number in range(201)]}, (400, "TOO_MANY_ROWS")),
        (BASE, "p1", {}, (400, "BAD_REQUEST")),
        (BASE, "p1", [ASKED], (400, "BAD_REQUEST")),
        (BASE, "p1", ASKED | {"ids": [1]}, (400, "BAD_REQUEST")),
        (BASE, "p1", ASKED | {"why": WHY}, (400, "BAD_REQUEST")),
        (BASE, "p1", {"purpose": "x" * 70_000}, (413, "BODY_TOO_LARGE")),
    ]
    for who, project, asked, expected in refused:
        assert code_of(await files.reveal(who, project, asked)) == expected, (who.subject, asked)
    status, content, _ = await files.reveal(OTHER_SCHOOL, "p1", ASKED | {"ids": [teacher.person]})
    assert (status, column(sheets_of(content)[0], "手机号码")) == (200, [""])
    assert (opened, await told(season, "reveals")) == ([], [])
    async with files.browser.http.post(f"{files.browser.url}/exports/projects/p1/numbers.xlsx", json=ASKED) as reply:
        assert reply.status == 401


async def test_nothing_is_opened_whose_record_could_not_be_stored(
    season: Season, files: FileClient, opened: list[bytes]
) -> None:
    await season.publish()
    await a_class(season, 1)
    await season.database.command("collMod", "reveals", validator={"never": True})
    assert (await files.reveal(BASE, "p1", ASKED))[0] == 500
    assert opened == []


async def test_workbook_and_mutation_spend_one_allowance(
    season: Season, files: FileClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hour, *_) = revealing.BOUNDS
    monkeypatch.setitem(revealing.BOUNDS, hour, 3)
    await season.publish()
    await a_class(season, 2)
    await season.act(BASE, CLASS, p="p1", why=WHY)
    assert code_of(await files.reveal(BASE, "p1", ASKED)) == (429, "TOO_MANY_REVEALS")
    assert len(await told(season, "reveals")) == 2


async def test_its_name_is_chinese_by_rfc_5987_and_no_cell_is_a_formula(season: Season, files: FileClient) -> None:
    await season.publish()
    (teacher,) = await a_class(season, 1)
    mail = "=1+1@example.cn"
    await season.database["teachers"].update_one(
        {"_id": teacher.person},
        {"$set": {"email": {"sealed": season.deps.vault.seal(mail), "masked": "=***", "hash": "0"}}},
    )
    for language, name in (("zh-CN", "学员号码"), ("en", "numbers")):
        _, content, headers = await files.reveal(BASE, "p1", ASKED, language)
        plain, _, extended = headers["Content-Disposition"].partition("; filename*=UTF-8''")
        assert plain == 'attachment; filename="numbers.xlsx"'
        assert unquote(extended).endswith(f"-{name}.xlsx")
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
            assert b'quotePrefix="1"' in book.read("xl/styles.xml")
        assert mail in sheets_of(content)[0][1]
