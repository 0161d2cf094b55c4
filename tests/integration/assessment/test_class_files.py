"""Files of a class by assessment's own endpoints: the workbook out and in, sign-in sheets, certificates (R29–R32)."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from starlette.applications import Starlette

from chassis.principal import Principal, TokenVerifier
from deploy.local.certificate_keys import write_certificate_keys
from services.assessment.commands.credentials import Credentials
from services.assessment.domain.vocabulary import ResultOutcome
from services.assessment.http import certificates as certificate_files
from services.assessment.http.certificates import CertificateEndpoints
from services.assessment.http.classes import MOST_BYTES, ClassFiles
from services.assessment.workbooks import layout
from tests.integration.assessment.test_certificate_files import Files, Reply, internal_keys
from tests.integration.assessment.test_certificates import NAMES, issue, named, trained
from tests.integration.assessment.world import BASE, FOREIGN, MINISTRY, PROVINCE, SCHOOL, TEACHER, VAULT, World
from tests.support.certificates import ORIGIN
from tests.support.eventually import eventually
from tests.unit.gateway.serving import served

BOOK, ZIP = "/projects/p1/workbook.xlsx", "/certificates/projects/p1.zip"
SHEET = "/projects/p1/sign-in.pdf?session=s1"


@pytest.fixture
async def files(world: World, tmp_path: Path) -> AsyncIterator[Files]:
    """The endpoints of a world whose keys are those of a folder."""
    folder = tmp_path / "keys"
    write_certificate_keys(folder)
    world.deps = replace(world.deps, credentials=Credentials.load(folder, ORIGIN, VAULT))
    keys, minter = internal_keys()
    verifier = TokenVerifier(keys, "assessment")
    classes, certificates = ClassFiles(folder), CertificateEndpoints(folder)
    async with classes.running(world.deps), certificates.running(world.deps):
        app = Starlette(routes=[*classes.routes(verifier), *certificates.routes(verifier)])
        async with served(app) as browser:
            yield Files(browser, minter, folder)


def sheet_of(raw: bytes, name: str) -> list[list[Any]]:
    return [list(row) for row in CalamineWorkbook.from_filelike(BytesIO(raw)).get_sheet_by_name(name).iter_rows()]


def rewritten(raw: bytes, sheet: str, changes: dict[tuple[int, str], Any]) -> bytes:
    """The workbook as an office program saves it after cells were filled in: by row and letter."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for name in (layout.ATTENDANCE, layout.RESULTS):
            page = book.add_worksheet(name)
            for line, row in enumerate(sheet_of(raw, name)):
                for place, cell in enumerate(row):
                    letter = chr(ord("A") + place)
                    page.write(line, place, changes.get((line + 1, letter), cell) if name == sheet else cell)
    return file.getvalue()


async def fill_in(files: Files, sheet: str, changes: dict[tuple[int, str], Any]) -> dict[str, Any]:
    """Download the workbook, fill it in, and send it back."""
    raw = (await files.ask("GET", BOOK, BASE)).content
    answer = await files.ask("POST", BOOK, BASE, rewritten(raw, sheet, changes))
    assert answer.status == 200, answer.text
    content: dict[str, Any] = answer.json
    return content


def counts(answer: dict[str, Any]) -> tuple[int, int, int]:
    return answer["written"], answer["unchanged"], answer["refused"]


def problems(answer: dict[str, Any]) -> list[tuple[str, int, str | None, str]]:
    return [
        (problem["sheet"], problem["row"], problem["column"], problem["refusal"]["extensions"]["code"])
        for problem in answer["problems"]
    ]


async def test_r29_a_class_is_marked_by_its_workbook(world: World, files: Files) -> None:
    """Names and no numbers are in it; a row with a problem writes nothing, the others are written."""
    await world.start("e1", "e2", "e3")
    await named(world, "e1", NAMES["e1"])
    answer = await files.ask("GET", BOOK, BASE)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    people = [row[:4] for row in sheet_of(answer.content, layout.ATTENDANCE)[layout.HEADER_ROWS :]]
    assert [(row[0], row[2], row[3]) for row in people] == [
        ("e1", NAMES["e1"], "3144000011"),
        ("e2", "", "3144000011"),
        ("e3", "", "3144000011"),
    ]
    entered = await fill_in(
        files, layout.ATTENDANCE, {(3, "E"): 8, (3, "F"): "×", (4, "E"): 8, (4, "F"): 9, (5, "E"): "?"}
    )
    assert counts(entered) == (1, 0, 2)
    assert problems(entered) == [("考勤", 4, "F", "INVALID_HOURS"), ("考勤", 5, "E", "CELL_UNREADABLE")]
    assert entered["problems"][0]["enrollmentId"] == "e2"
    assert [(mark.session, mark.hours) for mark in (await world.record("e1")).marks] == [("s1", 8), ("s2", 0)]
    assert [(await world.record(key)).marks for key in ("e2", "e3")] == [(), ()], "nothing of a refused row"


async def test_r29_a_workbook_sent_twice_changes_nothing_and_an_old_one_overwrites_nothing(
    world: World, files: Files
) -> None:
    await world.start("e1", "e2")
    old = (await files.ask("GET", BOOK, BASE)).content
    sent = rewritten(old, layout.ATTENDANCE, {(3, "E"): 8, (4, "E"): 8})
    assert counts((await files.ask("POST", BOOK, BASE, sent)).json) == (2, 0, 0)
    assert counts((await files.ask("POST", BOOK, BASE, sent)).json) == (0, 2, 0)
    late = rewritten(old, layout.ATTENDANCE, {(3, "E"): 0, (4, "E"): 8})
    entered = (await files.ask("POST", BOOK, BASE, late)).json
    assert (counts(entered), problems(entered)) == ((0, 1, 1), [("考勤", 3, None, "WORKBOOK_OUTDATED")])
    assert (await world.record("e1")).attended == {"s1"}


async def test_r30_results_are_drafted_by_the_workbook_as_the_mutation_drafts_them(world: World, files: Files) -> None:
    await world.start("e1", "e2", "e3")
    await world.attend(*((key, session, True) for key in ("e1", "e2", "e3") for session in ("s1", "s2")))
    refused = await fill_in(files, layout.RESULTS, {(3, "H"): "合格", (3, "I"): 90})
    assert problems(refused) == [("成绩", 3, "H", "NOT_FINISHED")]
    await world.finish()
    entered = await fill_in(
        files, layout.RESULTS, {(3, "H"): "合格", (3, "I"): 90, (4, "H"): "合格", (4, "I"): 10, (5, "H"): "未完成"}
    )
    assert counts(entered) == (2, 3, 1), "attendance is as it was"
    assert problems(entered) == [("成绩", 4, "H", "SCORE_BELOW_PASS_MARK")]
    drafts = [(await world.record(key)).draft for key in ("e1", "e2", "e3")]
    assert [draft and draft.outcome for draft in drafts] == [ResultOutcome.PASSED, None, ResultOutcome.INCOMPLETE]


async def test_r30_a_published_class_is_corrected_by_no_workbook(world: World, files: Files) -> None:
    await world.start("e1")
    await world.passes("e1")
    for sheet, cells, column in (
        (layout.ATTENDANCE, {(3, "E"): 0, (3, "G"): "核对签到表"}, "E"),
        (layout.RESULTS, {(3, "H"): "不合格", (3, "I"): 10, (3, "J"): "登记有误"}, "H"),
    ):
        assert problems(await fill_in(files, sheet, cells)) == [(sheet, 3, column, "RECORDS_FINAL")]
    assert (await world.record("e1")).attended == {"s1", "s2"}


async def test_r41_a_personal_number_in_a_reason_is_refused_and_said_nowhere(world: World, files: Files) -> None:
    await world.start("e1")
    await world.attend(("e1", "s1", True), ("e1", "s2", True))
    await world.finish()
    number = "110101199003077758"
    entered = await fill_in(files, layout.ATTENDANCE, {(3, "E"): 4, (3, "G"): f"补登 {number}"})
    assert [code for *_, code in problems(entered)] == ["INVALID_REASON"]
    assert number not in json.dumps(entered)


async def test_r29_rows_of_another_class_are_found_nowhere(world: World, files: Files) -> None:
    await world.start("e1")
    await world.start("e9", project="p9")
    raw = (await files.ask("GET", BOOK, BASE)).content
    sent = rewritten(raw, layout.ATTENDANCE, {(3, "A"): "e9", (3, "E"): 8})
    assert problems((await files.ask("POST", BOOK, BASE, sent)).json) == [("考勤", 3, None, "NOT_FOUND")]
    assert (await world.record("e9")).marks == ()


async def test_r29_what_is_no_workbook_of_the_class_is_refused_whole(world: World, files: Files) -> None:
    await world.start("e1")
    await world.start("e9", project="p9")
    raw = (await files.ask("GET", BOOK, BASE)).content
    sent = rewritten(raw, layout.ATTENDANCE, {(3, "E"): 8})
    expected = {
        b"": "WORKBOOK_UNREADABLE",
        b"PK\x03\x04" + bytes(90): "WORKBOOK_UNREADABLE",
        rewritten(raw, layout.ATTENDANCE, {(1, "A"): "x", (3, "E"): 8}): "WORKBOOK_UNKNOWN",
        bytes(MOST_BYTES + 1): "BODY_TOO_LARGE",
    }
    for content, code in expected.items():
        assert (await files.ask("POST", BOOK, BASE, content)).code == code
    assert (await files.ask("POST", "/projects/p9/workbook.xlsx", BASE, sent)).code == "WORKBOOK_OF_ANOTHER_CLASS"
    assert [(await world.record(key)).marks for key in ("e1", "e9")] == [(), ()]


@pytest.mark.parametrize("by", [FOREIGN, SCHOOL, TEACHER, PROVINCE, MINISTRY])
async def test_r29_the_files_of_a_class_are_for_its_base_alone(world: World, files: Files, by: Principal) -> None:
    await world.start("e1")
    for method, path in (("GET", BOOK), ("POST", BOOK), ("GET", SHEET), ("GET", ZIP)):
        assert (await files.ask(method, path, by)).code == "FORBIDDEN"
    assert (await files.ask("GET", "/projects/none/workbook.xlsx", BASE)).code == "NOT_FOUND"


def is_pdf(answer: Reply) -> bool:
    return answer.status == 200 and answer.content.startswith(b"%PDF") and b"pdfaid:part" in answer.content


async def test_r29_a_sessions_sign_in_sheet_is_printed_with_every_name(world: World, files: Files) -> None:
    """A name with a rare character is drawn; one that no font has stands as a blank mark, and the sheet is there."""
    await world.start("e1", "e2", "e3")
    await named(world, "e1", "张䶮𬭎")
    await named(world, "e2", "张\ue1f5")
    answer = await files.ask("GET", SHEET, BASE)
    assert is_pdf(answer)
    assert answer.headers["content-type"] == "application/pdf"
    assert "张" not in answer.headers["content-disposition"]
    assert (await files.ask("GET", "/projects/p1/sign-in.pdf?session=s9", BASE)).code == "UNKNOWN_SESSION"


async def test_r32_the_certificates_of_a_class_come_in_one_archive(
    world: World, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each under its number, for no name belongs in the name of a file."""
    await trained(world, "e1", "e2")
    issued = [result.value for result in await issue(world, "e1", "e2")]
    answer = await files.ask("GET", ZIP, BASE)
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert archive.namelist() == sorted(f"{found.id}.pdf" for found in issued if found)
        assert all(archive.read(name).startswith(b"%PDF") for name in archive.namelist())
    monkeypatch.setattr(certificate_files, "MOST_PAGES", 1)
    assert (await files.ask("GET", ZIP, BASE)).code == "TOO_MANY_CERTIFICATES"


async def test_r32_as_many_archives_wait_as_are_drawn_in_time_and_one_more_is_told_to_come_back(
    world: World, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three of four stay, in whatever order they come; afterwards their places are free again."""
    await trained(world, "e1")
    drawn = asyncio.Event()

    async def archive(*_: object) -> bytes:
        await drawn.wait()
        return b"PK"

    monkeypatch.setattr(CertificateEndpoints, "_archive", archive)
    asked = [asyncio.ensure_future(files.ask("GET", ZIP, BASE)) for _ in range(4)]
    try:
        await eventually(lambda: any(answer.done() for answer in asked))
    finally:
        drawn.set()
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 503]
    (refused,) = (answer for answer in answers if answer.status == 503)
    assert (refused.code, refused.headers["retry-after"]) == ("UNAVAILABLE", "30")
    assert (await files.ask("GET", ZIP, BASE)).status == 200
