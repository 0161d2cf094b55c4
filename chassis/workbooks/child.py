"""Read a file in a child process, which a hostile file may exhaust or crash without harm (ADR 26).

The child has an empty environment, no files but its pipes, and limits that it sets for itself before it looks at the
first byte (`confinement`). It is never left behind: every way out of `read_in_child` kills it and waits for its end,
and if this process dies, the child's input ends.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chassis.workbooks.errors import TooLargeError, UnreadableError
from kernel.refusals import DEADLINE_EXCEEDED

_MEBIBYTE: Final = 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024
_ROOT = Path(__file__).parents[__name__.count(".")]
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


def program_of(module: str) -> tuple[str, ...]:
    """The command that runs a module of ours as a child; `memory_bytes` and `cpu_seconds` are added as arguments."""
    return (sys.executable, "-E", "-s", "-B", "-m", module)


async def read_in_child(raw: bytes, program: tuple[str, ...], limits: Limits = LIMITS) -> bytes:
    """Let a child read a file; the caller bounds how many run at a time.

    Args:
        raw: The file.
        program: The command that reads it (`program_of`).
        limits: What reading it may take.

    Returns:
        What the child has answered.

    Raises:
        TooLargeError: Memory, processor time or the size of the reply is exceeded.
        UnreadableError: The child has crashed otherwise.
        Refusal: `DEADLINE_EXCEEDED`: `seconds` have passed.
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
        raise TooLargeError
    if status < 0:
        raise UnreadableError
    if status:
        raise RuntimeError(f"the reader of workbooks ended with status {status}")
    return reply


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
            raise TooLargeError
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
