"""Pages of certificates: every name is drawn, a changed byte is found, a hostile file harms nobody (R32, ADR 53)."""

import asyncio
import json
import re
import sys
from dataclasses import asdict, replace
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from deploy.local.certificate_keys import write_certificate_keys
from kernel.errors import Refusal
from kernel.free_text import PersonName, not_of_names, not_printable
from kernel.reference import printable
from services.assessment.documents.child_process import Helper, HelperBusyError, HelperError
from services.assessment.documents.drawing import FONTS, DrawingError, draw, missing_fonts
from services.assessment.documents.page import Page
from services.assessment.documents.seal import P12Seal, examine, seals_of
from services.assessment.documents.sign_in import SignInSheet, draw_sign_in
from services.assessment.domain.vocabulary import SealState

PAGE = Page(
    number="GP2411K7M2Q9XDE",
    printed="GP2411-K7M2-Q9XD-E",
    name="张䶮𬭎",
    code="2024-D-11-0007-03",
    title="“双师型”教师教学创新团队建设（第一期）",
    base="北京工业职业技术学院（国培基地）",
    starts_on="2024-06-03",
    ends_on="2024-06-09",
    class_hours=56,
    attended_hours=54,
    issued_on="2024-07-01",
    link="https://platform.example/c/GP2411K7M2Q9XDE#k=_obqVastQ-JK38wwiNsUdw",
    check="https://platform.example/c",
    jws="eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
)
NAMES = ["张䶮𬭎", "欧阳𫖯", "买买提·吐尔逊", "赵" * 20, "Łukasz Nguyễn-Đặng", "\U00020001\U0002cea1\U0002ebe0"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    write_certificate_keys(folder)
    return folder


@pytest.fixture(scope="module")
def sealed(keys: Path) -> bytes:
    return P12Seal.load(keys / "seal.p12", keys / "seal.password").seal(draw(PAGE))


def pages(pdf: bytes) -> int:
    return int(PdfFileReader(BytesIO(pdf)).root["/Pages"]["/Count"])


def test_the_fonts_are_installed() -> None:
    assert missing_fonts() == [], "as root: apt-get install " + " ".join(sorted(set(FONTS.values())))


@pytest.mark.parametrize("name", NAMES)
def test_r32_every_name_is_drawn_on_one_page(name: str) -> None:
    """In PDF/A-3b a glyph that is missing is an error, so what is drawn is readable."""
    assert PersonName.of(name, "name").text == name
    pdf = draw(replace(PAGE, name=name))
    assert pages(pdf) == 1
    assert b"pdfaid:part" in pdf


def test_r32_the_longest_texts_stay_on_one_page() -> None:
    assert pages(draw(replace(PAGE, name="龘" * 50, title="培" * 200, base="基" * 100))) == 1


def test_r32_every_character_that_a_name_may_have_is_drawn() -> None:
    """So a name that cannot be printed is found when it is entered, by `INVALID_NAME`, and never at print."""
    letters = [chr(code) for code in (*range(0x41, 0x2F00), *range(0x3000, 0x30000)) if not not_of_names(chr(code))]
    assert len(letters) > 88_000
    for start in range(0, len(letters), 15_000):
        draw(replace(PAGE, title="".join(letters[start : start + 15_000])))


@pytest.mark.parametrize("name", ["张\ue1f5", "张\U000f0000", "张\U0002b73a"])
def test_r32_a_character_that_no_font_has_is_refused_where_the_name_is_entered(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        PersonName.of(name, "name", "R22")
    assert refused.value.code == "INVALID_NAME"
    assert not_of_names(name) == name[1]


def test_r32_a_page_without_a_glyph_is_not_drawn() -> None:
    with pytest.raises(DrawingError):
        draw(replace(PAGE, name="张\U0002b73a"))


def test_r32_what_people_type_is_no_markup() -> None:
    assert pages(draw(replace(PAGE, title='#panic("x") $a$ *b* \\ @c <d>'))) == 1


def test_r32_a_sealed_page_has_its_signed_twin_and_holds(keys: Path, sealed: bytes) -> None:
    found = examine(sealed, seals_of((keys / "seal.pem").read_bytes()))
    assert (found.seal, found.twin) == (SealState.INTACT, PAGE.jws)


def test_r32_a_flipped_byte_is_found_wherever_it_is(keys: Path, sealed: bytes) -> None:
    seals, start = seals_of((keys / "seal.pem").read_bytes()), sealed.index(b"/Contents <")
    for place in [*range(0, len(sealed), 4_001), *range(start, start + 1_800, 331), len(sealed) - 1]:
        changed = bytearray(sealed)
        changed[place] ^= 0x01
        assert examine(bytes(changed), seals).seal is not SealState.INTACT, place


def test_r32_what_is_appended_or_cut_off_is_found(keys: Path, sealed: bytes) -> None:
    seals = seals_of((keys / "seal.pem").read_bytes())
    for changed in (sealed + b"\n%more\n", sealed[:-200], b"", b"%PDF-1.7", sealed[100:]):
        assert examine(changed, seals).seal is not SealState.INTACT


def test_r32_a_page_without_our_seal_is_told_from_one_with_it(keys: Path, tmp_path: Path) -> None:
    seals, drawn = seals_of((keys / "seal.pem").read_bytes()), draw(PAGE)
    assert examine(drawn, seals).seal is SealState.NONE
    write_certificate_keys(tmp_path / "other")
    other = P12Seal.load(tmp_path / "other" / "seal.p12", tmp_path / "other" / "seal.password")
    assert examine(other.seal(drawn), seals).seal is SealState.FOREIGN


async def test_r32_the_helpers_draw_and_examine(keys: Path) -> None:
    drawing, examining = Helper("draw", keys), Helper("examine", keys / "seal.pem")
    try:
        pdf = await drawing.ask(json.dumps(asdict(PAGE)).encode())
        assert json.loads(await examining.ask(pdf)) == {"seal": "INTACT", "twin": PAGE.jws}
        assert json.loads(await examining.ask(b"%PDF-" + bytes(100_000)))["seal"] == "ALTERED"
        with pytest.raises(HelperError, match=re.escape("could not be displayed")):
            await drawing.ask(json.dumps(asdict(replace(PAGE, name="\U0002b73a"))).encode())
        assert json.loads(await examining.ask(pdf))["seal"] == "INTACT"
    finally:
        await drawing.close()
        await examining.close()


async def test_r32_a_helper_that_takes_too_long_is_ended_and_one_that_ended_is_started_anew(keys: Path) -> None:
    for seconds, start_seconds in ((5.0, 0.01), (0.0, 20.0)):
        helper = Helper("examine", keys / "seal.pem", seconds=seconds, start_seconds=start_seconds)
        with pytest.raises(HelperError, match="too long"):
            await helper.ask(b"%PDF-")
        assert helper._process is None
    patient = Helper("examine", keys / "seal.pem")
    try:
        await patient.ask(b"%PDF-")
        assert patient._process is not None
        patient._process.kill()
        await patient._process.wait()
        with pytest.raises(HelperError):
            await patient.ask(b"%PDF-")
        assert json.loads(await patient.ask(b"%PDF-"))["seal"] == "ALTERED"
    finally:
        await patient.close()


async def test_r32_more_than_may_wait_is_turned_away_at_once(keys: Path) -> None:
    helper = Helper("examine", keys / "seal.pem", most_waiting=1)
    try:
        outcomes = await asyncio.gather(helper.ask(b"%PDF-"), helper.ask(b"%PDF-"), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [bytes, HelperBusyError]
    finally:
        await helper.close()


async def test_r32_a_file_that_takes_the_examiners_cpu_is_given_up(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of the same shape whose examination never ends: its CPU is spent before its time is."""
    endless = (
        "import sys, services.assessment.documents.worker as worker\n"
        "worker.examine = lambda *_: [None for _ in iter(int, 1)]\n"
        "worker._EXAMINER_CPU_SECONDS = 1\n"
        "worker.main(*sys.argv[1:])"
    )
    monkeypatch.setattr("services.assessment.documents.child_process._PROGRAM", (sys.executable, "-B", "-c", endless))
    helper = Helper("examine", keys / "seal.pem", seconds=60)
    with pytest.raises(HelperError, match="it ended"):
        await helper.ask(b"%PDF-")


def test_r32_every_character_that_counts_as_printable_is_drawn() -> None:
    """So a title that cannot be printed is refused when issuing is asked, and never at print."""
    letters = [chr(code) for first, last in printable() for code in range(first, last + 1)]
    assert len(letters) > 100_000
    assert not_printable("".join(letters)) == ""
    for start in range(0, len(letters), 15_000):
        draw(replace(PAGE, title="".join(letters[start : start + 15_000])))


@pytest.mark.parametrize("char", ["\ue1f5", "\U0002b73a", "\U0010ffff", "\x00", "\U0001f9ff", "\u202e"])
def test_r32_what_no_font_has_counts_as_not_printable(char: str) -> None:
    assert not_printable(f"国{char}培{char}") == char


SHEET = SignInSheet(
    code=PAGE.code,
    title=PAGE.title,
    base=PAGE.base,
    date="2024-06-03",
    session="#panic(1) $x$ *y*",
    hours=8,
    people=tuple((name, "3144000011") for name in NAMES),
)


def test_r29_a_sign_in_sheet_is_drawn_with_every_name() -> None:
    """In PDF/A-3b a glyph that is missing is an error, so what is drawn is readable."""
    pdf = draw_sign_in(SHEET)
    assert pages(pdf) == 1
    assert b"pdfaid:part" in pdf
    assert pages(draw_sign_in(replace(SHEET, people=SHEET.people * 30))) > 5
    with pytest.raises(DrawingError):
        draw_sign_in(replace(SHEET, people=(("张\U0002b73a", "3144000011"),)))


async def test_r29_a_helper_draws_sign_in_sheets_without_any_key(tmp_path: Path) -> None:
    helper = Helper("sheet", tmp_path)
    try:
        assert (await helper.ask(json.dumps(asdict(SHEET)).encode())).startswith(b"%PDF")
    finally:
        await helper.close()
