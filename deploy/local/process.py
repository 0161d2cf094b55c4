"""Child processes: each leads a process group, ends with its parent, and is stopped by its id."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from chassis.serving.watchdog import MEANINGS

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # loaded at import: between fork and exec nothing may be loaded
_STOP_SECONDS = 30.0  # longer than the watchdog of a process gives it (ADR 41)
_TAIL_BYTES = 2_000


class StartFailed(RuntimeError):  # noqa: N818 - named for what happened
    """A server or a process did not come up; the message names it and shows the end of its log."""


class Child:
    """A child process that writes to a log of its own.

    Args:
        name: Its name in messages.
        command: The program and its arguments.
        log: The file that its output is appended to.
        environment: Its whole environment.
        folder: Its working directory.
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
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, by a library that is loaded already
        )
        self._terminating = False

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def end(self) -> str:
        """How it ended, for a message: what its watchdog says, the signal that ended it, or its exit code."""
        code = self._process.poll()
        if code is None:
            return "it still runs"
        if code < 0:
            return f"ended by {signal.Signals(-code).name}"
        return MEANINGS.get(code, f"exit code {code}")

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Poll until the process is ready.

        Args:
            ready: Whether it is.
            seconds: The longest wait.

        Raises:
            StartFailed: The process ended, or was not ready in time.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.alive():
                raise StartFailed(
                    f"{self.name} ended at its start ({self.end()}); the end of {self.log}:\n{self.tail()}"
                )
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.name} is not ready after {seconds:.0f} s; the end of its log:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self) -> str:
        """The last 2,000 bytes of its log, as text."""
        return self.log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, not to its group."""
        if self.alive():
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM, once, without waiting."""
        if not self._terminating:
            self._terminating = True
            self.send(signal.SIGTERM)

    def stop(self) -> None:
        """Send SIGTERM, wait up to 30 s, then kill what is left of its group."""
        self.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill_group(self.pid)
            self._process.wait()
        _kill_group(self.pid)
        self._output.close()

    def kill(self) -> None:
        """Kill its whole group at once (SIGKILL), as a crash would."""
        _kill_group(self.pid)
        self._process.wait()
        self._output.close()


class Server:
    """A server of the suite: a child process that may be started again.

    Args:
        program: Its name in messages.
    """

    def __init__(self, program: str) -> None:
        self.program = program
        self._child: Child | None = None

    @property
    def child(self) -> Child:
        """The running process.

        Raises:
            StartFailed: It was not started.
        """
        if self._child is None:
            raise StartFailed(f"{self.program} is not started")
        return self._child

    def alive(self) -> bool:
        """Whether it was started and still runs."""
        return self._child is not None and self._child.alive()

    def terminate(self) -> None:
        """Send it SIGTERM, without waiting."""
        if self._child:
            self._child.terminate()

    def stop(self) -> None:
        """Stop it cleanly."""
        if self._child:
            self._child.stop()
            self._child = None


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def die_with_parent() -> None:
    """Have Linux send this process SIGTERM when its parent ends, so that a killed `make` leaves nothing (prctl(2)).

    To Linux the parent is the *thread* that started the process, so only main threads may start children.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
