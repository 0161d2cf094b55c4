"""The domain clock: real time, or real time plus an offset that a development command stores in a shared file."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

from kernel.dates import SHANGHAI


class Clock:
    """The domain clock of a process.

    Args:
        file: The file with the offset, `{"offset_seconds": float}`, shared by all processes; development only. None
            for real time.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        """The current instant: aware, in Asia/Shanghai, cut to milliseconds as the database stores it."""
        return to_the_millisecond(datetime.now(SHANGHAI) + self._current_offset())

    def _current_offset(self) -> timedelta:
        if self._file is None:
            return self._offset
        try:
            stat = os.stat(self._file)  # noqa: PTH116 - a microsecond on every call, not ten
        except FileNotFoundError:
            return self._offset
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._stamp:
            self._offset = _read_offset(self._file)
            self._stamp = stamp
        return self._offset


def to_the_millisecond(at: datetime) -> datetime:
    """The instant cut to milliseconds, as the database stores it."""
    return at.replace(microsecond=at.microsecond // 1_000 * 1_000)


def move_forward(file: Path, at: datetime) -> datetime:
    """Move the shared domain clock forward; it goes on from there.

    Args:
        file: The file with the offset.
        at: The new domain time; a naive one is in Asia/Shanghai.

    Returns:
        The new domain time, aware.

    Raises:
        ValueError: `at` is before the present domain time: the clock only goes forward.
    """
    target = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    if file.exists() and target < Clock(file).now():
        raise ValueError(f"the domain clock only goes forward; it is {Clock(file).now():%Y-%m-%d %H:%M}")
    offset = (target - datetime.now(SHANGHAI)).total_seconds()
    part = file.with_name(f"{file.name}.{os.getpid()}")
    part.write_text(json.dumps({"offset_seconds": offset}), encoding="utf-8")
    part.replace(file)
    return target


def _read_offset(file: Path) -> timedelta:
    return timedelta(seconds=float(json.loads(file.read_text(encoding="utf-8"))["offset_seconds"]))
