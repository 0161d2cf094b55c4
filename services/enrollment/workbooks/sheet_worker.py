"""Read a roster's file in a child process, which a hostile file may exhaust or crash without harm (R22, R41, ADR 26).

The child has an empty environment, no files but its pipes, and limits that it sets for itself before it looks at the
first byte (`confined_reader`). It is never left behind: every way out of `read_in_worker` kills it and waits for its
end, and if this process dies, the child's input ends.
"""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kernel.errors import Refusal, Unblock
from kernel.refusals import DEADLINE_EXCEEDED
from services.enrollment.domain.refusals import ROSTER_TOO_LARGE, ROSTER_UNREADABLE
from services.enrollment.domain.roster.sheet import Column, Line, Sheet

_MEBIBYTE: Final = 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024
_PACKAGE = __name__.rpartition(".")[0]
_ROOT = Path(__file__).parents[__name__.count(".")]
_PROGRAM = (sys.executable, "-E", "-s", "-B", "-m", f"{_PACKAGE}.confined_reader")
_EXHAUSTED = {-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT}
"""Statuses of a child that has used up its processor time or its memory; Rust aborts when an allocation fails."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take.

    Attributes:
        memory_bytes: Address space of the child; the largest sheet that is read takes 125 MB.
        cpu_seconds: Processor time of the child.
        seconds: Time from its start to its end.
        reply_bytes: What it may answer.
    """

    memory_bytes: int = 160 * _MEBIBYTE
    cpu_seconds: int = 10
    seconds: float = 30.0
    reply_bytes: int = 32 * _MEBIBYTE


LIMITS = Limits()


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
    process = await asyncio.create_subprocess_exec(
        *program,
        str(limits.memory_bytes),
        str(limits.cpu_seconds),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={},
        cwd=_ROOT,
        start_new_session=True,  # Ctrl-C at a terminal is for the service, which ends its children itself
    )
    try:
        async with asyncio.timeout(limits.seconds):
            reply = await _exchange(process, raw, limits.reply_bytes)
            status = await process.wait()
    except TimeoutError as error:
        raise DEADLINE_EXCEEDED() from error
    finally:
        await _end(process)
    if status in _EXHAUSTED:
        raise ROSTER_TOO_LARGE()
    if status < 0:
        raise ROSTER_UNREADABLE()
    if status:
        raise RuntimeError(f"the reader of rosters ended with status {status}")
    return await asyncio.to_thread(_sheet_of, reply)


async def _exchange(process: Process, raw: bytes, most: int) -> bytes:
    """Send the file, then read the reply; of a child that ends before it has read all, its status says why."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("a process with pipes")
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(raw)
        await process.stdin.drain()
    process.stdin.close()
    reply = bytearray()
    while piece := await process.stdout.read(_PIECE_BYTES):
        reply += piece
        if len(reply) > most:
            raise ROSTER_TOO_LARGE()
    return bytes(reply)


async def _end(process: Process) -> None:
    """Kill the child if it runs, and wait until it is gone; its pipes are emptied, for asyncio waits for them too."""
    with suppress(ProcessLookupError):
        process.kill()
    if process.stdin:
        process.stdin.close()
    while process.stdout and await process.stdout.read(_PIECE_BYTES):
        pass
    await process.wait()


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
