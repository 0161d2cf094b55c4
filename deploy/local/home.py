"""A suite's home: the folder with its data, the lock that one process has on it, and the processes started from it."""

import fcntl
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from deploy.local.process import StartFailed

_TAG = "GUOPEI_HOME"
"""The environment variable that every process of a suite carries, so that it is found after a crash."""
_GRACE_SECONDS = 15.0
_POLL_SECONDS = 0.05


class HomeInUse(StartFailed):
    """Another process uses this home.

    Attributes:
        holder: Its process id.
    """

    def __init__(self, home: Path, holder: int) -> None:
        self.holder = holder
        super().__init__(f"{home} 正由进程 {holder} 使用 is in use by process {holder}")


class HomeLock:
    """An exclusive lock on a home; it ends with `release` or with this process, however that ends.

    Args:
        home: The suite's folder, created where there is none.

    Raises:
        HomeInUse: Another process has it.
    """

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (home / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise HomeInUse(home, _recorded_pid(home)) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        """Release the lock."""
        self._file.close()


def lock_holder(home: Path) -> int | None:
    """The id of the process that uses a home; None when nobody does."""
    if not (home / "lock").exists():
        return None
    with (home / "lock").open(encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _recorded_pid(home)
    return None


def tagged(home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment that marks a process, and whatever it starts, as belonging to a home.

    Args:
        home: The suite's folder.
        environment: The rest of the environment.
    """
    return {**environment, _TAG: str(home)}


def processes_of(home: Path) -> list[int]:
    """The ids of all living processes of a home, also of those that its processes have started (Linux)."""
    tag = f"{_TAG}={home}".encode()
    return [pid for pid in _all_processes() if tag in _environment(pid)]


def end_processes_of(home: Path) -> None:
    """End all processes of a home, such as a killed suite has left: SIGTERM, 15 s to stop, then SIGKILL."""
    remaining = processes_of(home)
    for number, seconds in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, _GRACE_SECONDS)):
        for pid in remaining:
            _send(pid, number)
        end = time.monotonic() + seconds
        while (remaining := processes_of(home)) and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        if not remaining:
            return


def _all_processes() -> set[int]:
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()} - {os.getpid()}


def _recorded_pid(home: Path) -> int:
    return int((home / "lock").read_text(encoding="utf-8") or 0)


def _environment(pid: int) -> list[bytes]:
    """A process's environment; empty where the process has ended or belongs to another user."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
