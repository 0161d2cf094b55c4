"""The domain clock goes on from where it was moved, forward only, in every process that shares its file."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from chassis.clock import Clock, move_forward
from kernel.dates import SHANGHAI
from tests.support.eventually import eventually

DEADLINE = datetime(2030, 5, 6, 9, 0, tzinfo=SHANGHAI)


def test_without_a_file_the_clock_is_real_time_in_shanghai() -> None:
    assert abs(Clock().now() - datetime.now(SHANGHAI)) < timedelta(seconds=5)


async def test_moving_the_clock_reaches_running_processes_and_time_goes_on_from_there(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    clock = Clock(file)
    clock.now()
    move_forward(file, DEADLINE.replace(tzinfo=None))
    first = clock.now()
    assert DEADLINE <= first < DEADLINE + timedelta(minutes=1)
    assert first.microsecond % 1_000 == 0, "as it comes back when it is stored"
    await eventually(lambda: clock.now() > first)


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    move_forward(file, DEADLINE)
    with pytest.raises(ValueError, match="only goes forward"):
        move_forward(file, DEADLINE - timedelta(days=1))
    assert Clock(file).now() >= DEADLINE
