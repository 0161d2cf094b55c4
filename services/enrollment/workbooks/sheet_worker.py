"""Read a roster in a child process, which a hostile file may exhaust or crash without harm (R22, R41, ADR 26)."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from chassis.workbooks.child import LIMITS, Limits, program_of, read_in_child
from chassis.workbooks.errors import TooLargeError, UnreadableError
from kernel.errors import Refusal, Unblock
from services.enrollment.domain.refusals import ROSTER_TOO_LARGE, ROSTER_UNREADABLE
from services.enrollment.domain.roster.sheet import Column, Line, Sheet

_PROGRAM = program_of(f"{__name__.rpartition('.')[0]}.confined_reader")


async def read_in_worker(raw: bytes, limits: Limits = LIMITS, program: tuple[str, ...] = _PROGRAM) -> Sheet:
    """Read a roster in a child process; the caller bounds how many run at a time.

    Args:
        raw: The file: .xlsx, or .csv in any of the encodings of `roster_reader`.
        limits: What reading it may take.
        program: The command that reads it; `memory_bytes` and `cpu_seconds` are added as arguments.

    Returns:
        The lines of the roster.

    Raises:
        Refusal: Those of `roster_reader.read_roster`; besides `ROSTER_TOO_LARGE` where memory, processor time or the
            size of the reply is exceeded, `ROSTER_UNREADABLE` where the child crashes otherwise, and
            `DEADLINE_EXCEEDED` where `seconds` have passed.
        RuntimeError: The program itself does not run.
    """
    try:
        reply = await read_in_child(raw, program, limits)
    except TooLargeError as error:
        raise ROSTER_TOO_LARGE() from error
    except UnreadableError as error:
        raise ROSTER_UNREADABLE() from error
    return await asyncio.to_thread(_sheet_of, reply)


def _sheet_of(reply: bytes) -> Sheet:
    """What the child has answered; raises what it has refused."""
    content: dict[str, Any] = json.loads(reply)
    if code := content.get("code"):
        raise Refusal(code, content["zh"], content["en"], rule="R22", unblock=Unblock.SELF, **content["details"])
    lines = tuple(_line(*line) for line in content["lines"])
    return Sheet(lines, *(tuple(content[name]) for name in ("ignored", "footers", "others")))


def _line(number: int, texts: Mapping[str, str], rounded: list[str], hidden: bool, merged: list[str]) -> Line:
    said = {Column(name): text for name, text in texts.items()}
    return Line(number, said, frozenset(map(Column, rounded)), hidden, frozenset(map(Column, merged)))
