"""The folder of a suite: held by one process at a time, and the processes that belong to it."""

import fcntl
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from deploy.local.process import StartFailed

_MARK = "GUOPEI_HOME"
_GRACE_SECONDS = 15.0


class InUse(StartFailed):
    """Another process holds this home.

    Attributes:
        holder: Its process id.
    """

    def __init__(self, home: Path, holder: int) -> None:
        self.holder = holder
        super().__init__(f"{home} 正由进程 {holder} 使用 is in use by process {holder}")


class Hold:
    """The right to use a home, given back by `release` or by the end of this process, however it ends.

    Args:
        home: The suite's folder, made if it is not there.

    Raises:
        InUse: Another process has it.
    """

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (home / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise InUse(home, _written(home)) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Let others use the home."""
        self._file.close()


def holder(home: Path) -> int | None:
    """The process that uses a home, None when nobody does."""
    if not (home / "lock").exists():
        return None
    with (home / "lock").open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _written(home)
    return None


def marked(home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment by which the process, and all it starts, is known as the home's."""
    return {**environment, _MARK: str(home)}


def processes_of(home: Path) -> list[int]:
    """The ids of all living processes of a home, those included that ours have started (Linux)."""
    mark = f"{_MARK}={home}".encode()
    return [pid for pid in _all_processes() if mark in _environment(pid)]


def sweep(home: Path) -> None:
    """End what a killed suite has left of this home: ask, wait, then insist."""
    left = processes_of(home)
    for number, seconds in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, _GRACE_SECONDS)):
        for pid in left:
            _send(pid, number)
        end = time.monotonic() + seconds
        while (left := processes_of(home)) and time.monotonic() < end:
            time.sleep(0.05)
        if not left:
            return


def _all_processes() -> set[int]:
    return {int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()} - {os.getpid()}


def _written(home: Path) -> int:
    return int((home / "lock").read_text(encoding="utf-8") or 0)


def _environment(pid: int) -> list[bytes]:
    """Empty for a process that is gone, is a zombie or is somebody else's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
