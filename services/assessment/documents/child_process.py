"""A helper process: started when needed, asked one thing at a time, ended when it takes too long (R32, ADR 53)."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

_ROOT = Path(__file__).parents[__name__.count(".")]
_PROGRAM = (sys.executable, "-E", "-s", "-B", "-m", f"{__name__.rpartition('.')[0]}.worker")
_MOST_REPLY: Final = 16 * 1024 * 1024
log = structlog.get_logger()


class HelperBusyError(Exception):
    """So much waits for the helper that a further request would not be answered in time."""


class HelperError(Exception):
    """The helper has not done what it was asked; says why, as far as it is known."""


class Helper:
    """One helper process of this process.

    Args:
        role: What the helper does.
        place: The file or folder that it needs.
        seconds: How long one request may take.
        start_seconds: How long the process may take to start, before its first request.
        most_waiting: How many requests may wait.
    """

    def __init__(
        self, role: str, place: Path, *, seconds: float = 5.0, start_seconds: float = 20.0, most_waiting: int = 32
    ) -> None:
        self._arguments = (role, str(place))
        self._seconds = seconds
        self._start_seconds = start_seconds
        self._most_waiting = most_waiting
        self._waiting = 0
        self._turn = asyncio.Lock()
        self._process: Process | None = None

    async def ask(self, request: bytes) -> bytes:
        """Ask the helper.

        Args:
            request: As its role wants it.

        Returns:
            Its answer.

        Raises:
            HelperBusyError: Too many requests wait.
            HelperError: It refused, crashed, or took too long; it is then started anew for the next request.
        """
        if self._waiting >= self._most_waiting:
            raise HelperBusyError
        self._waiting += 1
        try:
            async with self._turn:
                return await self._answer(request)
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the process, if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        if process.stdin:
            process.stdin.close()
        await process.wait()

    async def _answer(self, request: bytes) -> bytes:
        done = False
        try:
            if self._process is None:
                async with asyncio.timeout(self._start_seconds):
                    process = self._process = await self._started()
                    await _read(process)  # an empty reply: it is ready
            async with asyncio.timeout(self._seconds):
                reply = await _exchange(self._process, request)
            done = True
        except TimeoutError as error:
            raise HelperError("it took too long") from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise HelperError("it ended") from error
        finally:
            if not done:
                log.warning("a helper is ended", role=self._arguments[0])
                await self.close()
        if not reply.startswith(b"+"):
            raise HelperError(reply[1:].decode(errors="replace"))
        return reply[1:]

    async def _started(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *_PROGRAM,
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={"PATH": "/usr/bin:/bin"},
            cwd=_ROOT,
            start_new_session=True,  # Ctrl-C at a terminal is for the service, which ends its children itself
        )


async def _exchange(process: Process, request: bytes) -> bytes:
    if process.stdin is None:
        raise AssertionError("a process with pipes")
    process.stdin.write(len(request).to_bytes(4, "big") + request)
    await process.stdin.drain()
    return await _read(process)


async def _read(process: Process) -> bytes:
    if process.stdout is None:
        raise AssertionError("a process with pipes")
    size = int.from_bytes(await process.stdout.readexactly(4), "big")
    if size > _MOST_REPLY:
        raise HelperError("its answer is too long")
    return await process.stdout.readexactly(size)
