"""R22, R41: a file that means no good exhausts or crashes a process of its own, and nothing is left behind."""

import asyncio
import os
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.workbooks.child import LIMITS, Limits
from kernel.errors import Refusal
from services.enrollment.domain.roster.sheet import Sheet
from services.enrollment.workbooks import sheet_worker as worker
from services.enrollment.workbooks.roster_reader import read_roster
from services.enrollment.workbooks.sheet_worker import read_in_worker
from tests.support.eventually import eventually
from tests.unit.enrollment.roster_files import HEADER, WHO, in_sheet, rebuilt, simple, workbook

Change = Callable[[str, bytes], bytes]
SOUND = workbook(simple)
CSV = "\r\n".join((",".join(HEADER), ",".join(WHO), ""))
MODULE = worker._PROGRAM[-1]


async def refusal(raw: bytes, limits: Limits = LIMITS, program: tuple[str, ...] = worker._PROGRAM) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await read_in_worker(raw, limits, program)
    return refused.value


async def outcome(raw: bytes) -> Sheet | Refusal:
    try:
        return await read_in_worker(raw)
    except Refusal as refused:
        return refused


def in_texts(change: Callable[[bytes], bytes]) -> Change:
    return lambda name, content: change(content) if "sharedStrings" in name else content


def unchanged(_: str, content: bytes) -> bytes:
    return content


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_a_text_is_read_as_it_is_in_this_process(encoding: str) -> None:
    raw = CSV.encode(encoding)
    assert await read_in_worker(raw) == read_roster(raw)


async def test_a_workbook_is_read_as_it_is_in_this_process() -> None:
    def fill(book: object, sheet: object) -> None:
        simple(book, sheet)
        write = sheet.write_row  # type: ignore[attr-defined]
        write(0, 3, ("手机", "备注"))
        write(2, 0, ("李四", 110105194912310020, "B", 13_800_000_001, "无"))

    raw = workbook(fill)
    sheet = await read_in_worker(raw)
    assert sheet == read_roster(raw)
    assert (len(sheet.lines), sheet.ignored, len(sheet.lines[1].rounded)) == (2, ("备注",), 1)


async def test_what_is_refused_comes_with_its_details() -> None:
    refused = await refusal("姓名,电话\r\n张三,1\r\n".encode())
    with pytest.raises(Refusal) as here:
        read_roster("姓名,电话\r\n张三,1\r\n".encode())
    assert (refused.extensions(), refused.zh, refused.en) == (
        here.value.extensions(),
        here.value.zh,
        here.value.en,
    )


INLINE = b'<c r="C2" t="inlineStr"><is><r><t>%s</t></r></is></c>'
ROWS = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (row, row) for row in range(3, 25_000))
REFERENCES = b"".join(b'<row r="%d">' % row + b'<c t="s"><v>3</v></c>' * 100 + b"</row>" for row in range(3, 1_003))
BOMBS: dict[str, tuple[Change, Mapping[str, bytes]]] = {
    "much out of little": (in_sheet(rb"</sheetData>", b"</sheetData>" + b" " * (30 * 1024 * 1024)), {}),
    "a cell at the far end": (in_sheet(rb'r="C2"', b'r="XFD1048576"'), {}),
    "a cell far down": (in_sheet(rb'r="C2"', b'r="C1048576"'), {}),
    "a million cells": (in_sheet(rb'r="C2"', b'r="IV4010"'), {}),
    "too many rows, empty or not": (in_sheet(rb"</sheetData>", ROWS + b"</sheetData>"), {}),
    "too many columns": (in_sheet(rb'r="C2"', b'r="ZZ2"'), {}),
    "a long text that is referred to again and again": (
        lambda name, content: in_texts(lambda texts: texts.replace("张三".encode(), b"x" * 16_000))(
            name, in_sheet(rb"</sheetData>", REFERENCES + b"</sheetData>")(name, content)
        ),
        {},
    ),
    "many parts": (unchanged, {f"xl/worksheets/x{n}.xml": b"" for n in range(1_001)}),
    "a long text in a cell": (in_sheet(rb'<c r="C2".*?</c>', INLINE % (b"x" * 20_000)), {}),
    "a long text in many runs": (in_sheet(rb'<c r="C2".*?</c>', INLINE % (b"x</t></r><r><t>" * 20_000)), {}),
    "a long text": (in_texts(lambda texts: texts.replace("张三".encode(), b"x" * 20_000)), {}),
    "more texts than there can be": (
        in_texts(lambda texts: re.sub(rb'ount="\d+"', b'ount="4294967295"', texts)),
        {},
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_workbook_that_would_fill_the_memory_is_refused(bomb: str) -> None:
    change, more = BOMBS[bomb]
    assert (await refusal(rebuilt(SOUND, change, dict(more)))).code == "ROSTER_TOO_LARGE"


@pytest.mark.parametrize(
    ("part", "more"),
    [
        ("worksheets/", b"<!-- </si> <row> -->"),
        ("sharedStrings", b"<!-- </si> <row> -->"),
        ("worksheets/", b"<x>" * 100_000 + b"</x>" * 100_000),
        ("sharedStrings", b"<x>" * 100_000 + b"</x>" * 100_000),
        ("worksheets/", b"<x>" * 100_000),
    ],
)
async def test_what_stands_around_the_cells_is_passed_over(part: str, more: bytes) -> None:
    raw = rebuilt(SOUND, lambda name, content: content + more if part in name else content)
    sheet = await read_in_worker(raw)
    assert [tuple(line.texts.values()) for line in sheet.lines] == [WHO]


async def test_entities_of_a_document_type_are_not_expanded() -> None:
    kinds = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10))
    document_type = b'<!DOCTYPE sst [<!ENTITY e0 "lol">' + kinds + b"]>"

    def change(name: str, content: bytes) -> bytes:
        if "sharedStrings" not in name:
            return content
        head, end, rest = content.partition(b"?>")
        return head + end + document_type + rest.replace("张三".encode(), b"&e9;")

    seen = await outcome(rebuilt(SOUND, change))
    assert isinstance(seen, Refusal) or "lol" not in str(seen)
    assert len(str(seen)) < 1_000


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
async def test_a_truncated_workbook_is_refused(share: float) -> None:
    assert (await refusal(SOUND[: int(len(SOUND) * share)])).code == "ROSTER_UNREADABLE"


async def test_an_encrypted_part_is_refused() -> None:
    raw = bytearray(SOUND)
    for entry in (found.start() for found in re.finditer(rb"PK\x01\x02", SOUND)):
        raw[entry + 8] |= 1
    assert (await refusal(bytes(raw))).code == "ROSTER_UNREADABLE"


async def test_an_archive_that_lies_about_its_sizes_is_held_by_the_limits() -> None:
    raw = bytearray(rebuilt(SOUND, in_sheet(rb"</sheetData>", b"</sheetData>" + b" " * (40 * 1024 * 1024))))
    entry = next(
        found.start()
        for found in re.finditer(rb"PK\x01\x02", raw)
        if raw[found.start() + 46 :].startswith(b"xl/worksheets/")
    )
    raw[entry + 24 : entry + 28] = (1_000).to_bytes(4, "little")
    refused = await refusal(bytes(raw), Limits(memory_bytes=48 * 1024 * 1024))
    assert refused.code in {"ROSTER_TOO_LARGE", "ROSTER_UNREADABLE"}


@settings(max_examples=12, deadline=None)
@given(st.data())
async def test_a_workbook_with_spoilt_xml_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    parts = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml")
    chosen = data.draw(st.sampled_from(parts))
    start, junk = data.draw(st.integers(0, 900)), data.draw(st.binary(max_size=12))

    def spoil(name: str, content: bytes) -> bytes:
        return content[:start] + junk + content[start + len(junk) :] if name == chosen else content

    assert isinstance(await outcome(rebuilt(SOUND, spoil)), Sheet | Refusal)


def program(code: str) -> tuple[str, ...]:
    """A child that does something else."""
    return (sys.executable, "-c", code)


CONFINED = f"import os, sys, {MODULE} as confined; confined.confine(int(sys.argv[1]), int(sys.argv[2])); "


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("import os; os.read(0, 9); os.write(1, b'{'); os.kill(os.getpid(), 9)", "ROSTER_TOO_LARGE"),
        ("import os; os.abort()", "ROSTER_TOO_LARGE"),
        ("import os; os.kill(os.getpid(), 11)", "ROSTER_UNREADABLE"),
        (CONFINED + "\nwhile True: pass", "ROSTER_TOO_LARGE"),
        ("import os, sys; sys.stdin.buffer.read()\nwhile True: os.write(1, bytes(1000))", "ROSTER_TOO_LARGE"),
    ],
)
async def test_a_child_that_is_ended_in_the_middle_is_a_refusal(code: str, refused: str) -> None:
    limits = Limits(cpu_seconds=1, reply_bytes=100_000)
    assert (await refusal(SOUND * 100, limits, program(code))).code == refused


async def test_a_program_that_does_not_run_is_no_fault_of_the_file() -> None:
    with pytest.raises(RuntimeError, match="status 1"):
        await read_in_worker(SOUND, program=program("import nowhere"))


async def test_a_file_that_takes_all_memory_of_the_interpreter_is_too_large() -> None:
    limits = Limits(memory_bytes=40 * 1024 * 1024)
    assert (await refusal(CSV.encode() * 80_000, limits)).code == "ROSTER_TOO_LARGE"


def is_gone(pid: Path) -> bool:
    """Whether the child that has written its number there, if it came so far, has ended and has been waited for."""
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
        return False
    return True


def hanging(pid: Path) -> tuple[str, ...]:
    """A child that does nothing, for good, whatever it is sent."""
    return program(
        f"import os, pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\nwhile True: time.sleep(60)"
    )


async def test_a_child_that_hangs_is_stopped_at_its_deadline(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    refused = await refusal(SOUND * 1_000, Limits(seconds=1.0), hanging(pid))
    assert refused.code == "DEADLINE_EXCEEDED"
    assert is_gone(pid)


async def test_who_is_cancelled_leaves_no_child_behind(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    reading = asyncio.ensure_future(read_in_worker(SOUND * 1_000, program=hanging(pid)))
    await eventually(lambda: pid.exists() and pid.read_text())
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert is_gone(pid)


async def test_a_cancellation_while_the_child_is_started_leaves_none_behind(tmp_path: Path) -> None:
    pids = [tmp_path / str(number) for number in range(5)]
    readings = [asyncio.ensure_future(read_in_worker(SOUND, program=hanging(pid))) for pid in pids]
    for steps, reading in enumerate(readings):
        for _ in range(steps):
            await asyncio.sleep(0)
        reading.cancel()
    await asyncio.gather(*readings, return_exceptions=True)
    assert all(reading.cancelled() for reading in readings)
    assert all(map(is_gone, pids))


BOUNDS = """
import json, os, socket
def refused(act):
    try:
        act()
    except OSError:
        return True
    return False
secrets = sorted(name for name in os.environ if name != "LC_CTYPE")
forks = os.getuid() == 0 or refused(os.fork)  # the kernel counts no processes of root's
bounds = [refused(lambda: open("/etc/hostname")), refused(socket.socket), forks, secrets]
os.write(1, json.dumps({"code": "PROBE", "zh": "", "en": "", "details": {"bounds": bounds}}).encode())
"""


@pytest.mark.parametrize("user", [os.getuid(), 65_534])
@pytest.mark.skipif(os.getuid() not in {0, 65_534}, reason="only root becomes somebody else")
async def test_a_child_has_no_environment_and_opens_neither_file_nor_socket(
    user: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URL", "secret")
    become = f"import json, os, socket, {MODULE}; os.setuid({user}); "
    refused = await refusal(b"", program=program(become + CONFINED + BOUNDS))
    assert refused.details["bounds"] == [True, True, True, []]


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes somebody else")
async def test_a_child_reads_whoever_it_runs_as() -> None:
    become = f"import os, sys, {MODULE} as confined; confined._load_codecs(); os.setuid(65534); "
    as_nobody = program(become + "confined.main(*map(int, sys.argv[1:]))")
    assert await read_in_worker(SOUND, program=as_nobody) == read_roster(SOUND)
