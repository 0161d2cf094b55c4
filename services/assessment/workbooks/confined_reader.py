"""The program of the child process that reads a class's workbook: bytes on stdin, JSON on stdout (R29, R41).

`python -m services.assessment.workbooks.confined_reader MEMORY CPU`, started by `book_reader`. Linux only. It imports
all that it needs before it confines itself, for afterwards it cannot open a file.
"""

import codecs
import json
import sys
from datetime import date, datetime, time, timedelta

from chassis.workbooks.cells import Cell, sheets_of
from chassis.workbooks.confinement import confine
from chassis.workbooks.errors import TooLargeError, UnreadableError
from services.assessment.workbooks import layout

UNREADABLE, TOO_LARGE = "UNREADABLE", "TOO_LARGE"
_CODECS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp437")


def main(memory_bytes: int, cpu_seconds: int) -> None:
    """Read one file and answer.

    Args:
        memory_bytes: Address space that the process may have.
        cpu_seconds: Processor time that it may take.
    """
    for name in _CODECS:
        codecs.lookup(name)  # Python loads a codec from a file where it is first used
    confine(memory_bytes, cpu_seconds)
    try:
        reply = answer(sys.stdin.buffer.read())
    except MemoryError:
        reply = json.dumps(TOO_LARGE).encode()
    sys.stdout.buffer.write(reply)
    sys.stdout.buffer.flush()


def answer(raw: bytes) -> bytes:
    """Read a file and encode the outcome for the parent.

    Args:
        raw: The file.

    Returns:
        JSON: `{sheet: [[cell]]}` of the sheets that are ours, cells as text, number, boolean or null; or `UNREADABLE`
        or `TOO_LARGE`.
    """
    most = layout.MOST_ATTENDEES + layout.HEADER_ROWS
    try:
        sheets = {
            name: [[_plain(cell) for cell in row] for row in rows]
            for name, rows in sheets_of(raw, most)
            if name in (layout.ATTENDANCE, layout.RESULTS)
        }
        return json.dumps(sheets, ensure_ascii=False, separators=(",", ":")).encode()
    except TooLargeError:
        return json.dumps(TOO_LARGE).encode()
    except (UnreadableError, UnicodeEncodeError):  # half a surrogate pair is no text
        return json.dumps(UNREADABLE).encode()


def _plain(cell: Cell) -> str | int | float | bool | None:
    return str(cell) if isinstance(cell, date | datetime | time | timedelta) else cell


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
