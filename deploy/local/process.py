"""Child processes of ours: started in their own group, never left behind, stopped by id."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # loaded here, for nothing may be loaded between fork and exec
_STOP_SECONDS = 15.0
_TAIL_BYTES = 2_000


class StartFailed(RuntimeError):  # noqa: N818 - named for what happened
    """A part did not come up; the message says which and shows the end of its log."""


class Child:
    """One process, writing to its own log.

    Args:
        name: What messages call it.
        command: The program and its arguments.
        log: The file that takes its output.
        environment: The whole environment of the process.
        folder: Where it runs.
    """

    def __init__(
        self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path | None = None
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._output: IO[bytes] = log.open("ab")
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - it makes one system call through what is loaded already
        )
        self._asked = False

    @property
    def pid(self) -> int:
        """The process id, also of its group."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Poll until `ready()`.

        Raises:
            StartFailed: The process ended, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive():
                raise StartFailed(f"{self.name} ended at its start; the end of {self.log}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name} is not ready after {seconds:.0f} s; the end of its log:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        if self.alive():
            os.kill(self.pid, number)

    def ask(self) -> None:
        """Ask it to end, without waiting."""
        if not self._asked:
            self._asked = True
            self.send(signal.SIGTERM)

    def stop(self) -> None:
        """Ask it to end, wait, then end its whole group."""
        self.ask()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill_group(self.pid)
            self._process.wait()
        _kill_group(self.pid)
        self._output.close()

    def kill(self) -> None:
        """End its whole group at once, as a crash would."""
        _kill_group(self.pid)
        self._process.wait()
        self._output.close()


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def die_with_parent() -> None:
    """Ask Linux to end this process with its parent, so that a killed `make` leaves nothing (prctl(2)).

    The parent is the *thread* that started the process: children of ours are started by main threads only.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
