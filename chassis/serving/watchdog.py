"""Ends a process whose event loop stands still, or whose stop overruns: nothing inside the loop could (ADR 41).

It counts its own ticks and no clock, so that a process that was stopped as a whole, by SIGSTOP or with its machine, is
not taken for one that stands still.
"""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NoReturn

import orjson

from chassis.runtime.measures import LOOP_LAG

STALLED, OVERRUN = 70, 71
"""Exit codes: the loop stood still; the stop took too long."""
MEANINGS = {
    STALLED: "its event loop stood still (watchdog)",
    OVERRUN: "it did not stop in time (watchdog)",
}
"""What a supervisor says of these exit codes."""
_TICKS = 20  # of the loop and of the watchdog, within the time that the loop may stand still
_STDOUT = 1
_SHOWN = 8  # tasks or frames on the last line


class Watchdog:
    """Watches one event loop from a thread.

    Args:
        stall_seconds: How long the loop may stand still.
        stop_seconds: How long the stop may take.
    """

    def __init__(self, stall_seconds: float, stop_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._stop_seconds = stop_seconds
        self._interval = stall_seconds / _TICKS
        self._beats = 0
        self._stopping = False
        self._ended = threading.Event()

    def start(self) -> None:
        """Watch the running loop until `end`; called inside the loop, by its thread."""
        loop = asyncio.get_running_loop()
        self._beat(loop, loop.time())
        watch = threading.Thread(target=self._watch, args=(loop, threading.get_ident()), name="watchdog", daemon=True)
        watch.start()

    def stopping(self) -> None:
        """From now on the process has `stop_seconds`; may be called in a signal's handler."""
        self._stopping = True

    def end(self) -> None:
        """The process has stopped by itself."""
        self._ended.set()

    def _beat(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        LOOP_LAG.observe(max(now - due, 0.0))
        self._beats += 1
        if not self._ended.is_set():
            loop.call_later(self._interval, self._beat, loop, now + self._interval)

    def _watch(self, loop: asyncio.AbstractEventLoop, thread: int) -> None:
        seen, missed, stopping = 0, 0, 0.0
        while not self._ended.wait(self._interval):
            missed = missed + 1 if seen == self._beats else 0
            seen = self._beats
            stopping += self._interval if self._stopping else 0.0
            if missed > _TICKS:
                _exit(
                    STALLED,
                    f"the event loop has stood still for more than {self._stall_seconds:g} s",
                    lambda: _stack(thread),
                )
            if stopping > self._stop_seconds:
                _exit(OVERRUN, f"the stop has taken {self._stop_seconds:g} s", lambda: _tasks(loop))


def _exit(code: int, event: str, where: Callable[[], list[str]]) -> NoReturn:
    """One log line, by a system call: the locks of the logger may be what is stuck."""
    with suppress(Exception):
        line = {
            "level": "critical",
            "event": f"{event}; the process ends",
            "exit": code,
            "running": where(),
            "timestamp": datetime.now(UTC).isoformat(),
        }
        os.set_blocking(_STDOUT, False)
        os.write(_STDOUT, orjson.dumps(line) + b"\n")
    os._exit(code)


def _stack(thread: int) -> list[str]:
    """Where the loop's thread stands, innermost last: functions and lines, no values."""
    frames = traceback.extract_stack(sys._current_frames()[thread])  # noqa: SLF001 - the documented way
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-_SHOWN:]]


def _tasks(loop: asyncio.AbstractEventLoop) -> list[str]:
    """What still runs: the functions of the tasks."""
    running = [task.get_coro() for task in asyncio.all_tasks(loop)]
    return sorted(getattr(coroutine, "__qualname__", "?") for coroutine in running)[:_SHOWN]
