"""Work that goes on beside a test, and commands that a person would run."""

import asyncio
import gc
import io
import os
import runpy
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from chassis.runtime.tasks import run_all


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended.

    Attributes:
        code: Its exit code.
        out: What it wrote to standard output.
        error: What it wrote to standard error.
    """

    code: int
    out: str
    error: str


async def command(
    module: str, *arguments: str, environment: Mapping[str, str] | None = None, given: str = ""
) -> Finished:
    """Run `python -m module arguments` in a thread of this process: starting Python and its imports take a second.

    Args:
        module: What is run.
        arguments: Its command line.
        environment: Variables beside this process's own.
        given: Its standard input.

    Returns:
        How it ended. An exception that would end it with a traceback is raised here.
    """
    return await asyncio.to_thread(_run, module, arguments, environment or {}, given)


def _run(module: str, arguments: tuple[str, ...], environment: Mapping[str, str], given: str) -> Finished:
    out, error = _stream(), _stream()
    code: object = 0
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* found in sys.modules after import of package", RuntimeWarning)
        # pymongo 4.20 leaves a socket behind when it is closed while it connects; a process takes it along.
        warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
        patch.setattr(sys, "argv", [module, *arguments])
        patch.setattr(sys, "excepthook", sys.excepthook)  # typer sets its own
        for name, stream in (("stdin", _stream(given)), ("stdout", out), ("stderr", error)):
            patch.setattr(sys, name, stream)
        for name, value in environment.items():
            patch.setitem(os.environ, name, value)
        try:
            runpy.run_module(module, run_name="__main__")
        except SystemExit as end:
            code = end.code or 0
        gc.collect()
    if not isinstance(code, int):
        error.write(f"{code}\n")
        code = 1
    return Finished(code, _text(out), _text(error))


def _stream(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


@asynccontextmanager
async def running(*work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Begin it, and end it with the block; what it fails with fails the test."""
    task = asyncio.ensure_future(run_all(*(one() for one in work)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()
