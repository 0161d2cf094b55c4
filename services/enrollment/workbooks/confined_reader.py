"""The program of the child process that reads one roster's file: bytes on stdin, JSON on stdout (R22, R41).

`python -m services.enrollment.workbooks.confined_reader MEMORY CPU`, started by `sheet_worker`. Linux only. It imports
all that it needs before it confines itself, for afterwards it cannot open a file.
"""

import codecs
import json
import sys
from typing import Any

from chassis.workbooks.confinement import confine
from kernel.errors import Refusal
from services.enrollment.domain.refusals import ROSTER_TOO_LARGE, ROSTER_UNREADABLE
from services.enrollment.domain.roster.sheet import Sheet
from services.enrollment.workbooks.roster_reader import ENCODINGS, read_roster

_CODECS = (*ENCODINGS, "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp437")


def main(memory_bytes: int, cpu_seconds: int) -> None:
    """Read one file and answer.

    Args:
        memory_bytes: Address space that the process may have.
        cpu_seconds: Processor time that it may take.
    """
    _load_codecs()
    confine(memory_bytes, cpu_seconds)
    try:
        reply = answer(sys.stdin.buffer.read())
    except MemoryError:
        reply = _refused(ROSTER_TOO_LARGE())
    sys.stdout.buffer.write(reply)
    sys.stdout.buffer.flush()


def answer(raw: bytes) -> bytes:
    """Read a file and encode the outcome for the parent.

    Args:
        raw: The file.

    Returns:
        JSON: `{"lines": [[number, {column: text}, [rounded column], hidden, [merged column]]],
        "ignored": [header], "footers": [number], "others": [sheet]}`, or of a refusal its
        `code`, `zh`, `en` and `details`.
    """
    try:
        return _encoded(_content(read_roster(raw)))
    except Refusal as refusal:
        return _refused(refusal)
    except UnicodeEncodeError:  # half a surrogate pair
        return _refused(ROSTER_UNREADABLE())


def _content(sheet: Sheet) -> dict[str, Any]:
    lines = [(line.number, line.texts, sorted(line.rounded), line.hidden, sorted(line.merged)) for line in sheet.lines]
    return {"lines": lines, "ignored": sheet.ignored, "footers": sheet.footers, "others": sheet.others}


def _refused(refusal: Refusal) -> bytes:
    return _encoded({"code": refusal.code, "zh": refusal.zh, "en": refusal.en, "details": refusal.details})


def _encoded(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _load_codecs() -> None:
    """Python loads a codec from a file where it is first used."""
    for name in _CODECS:
        codecs.lookup(name)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
