"""When a round needs more processes: around each deadline, and on the mornings when a phase opens."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, in Asia/Shanghai.

    Attributes:
        start: Its first minute.
        end: The minute after its last.
    """

    start: datetime
    end: datetime

    @property
    def cron_start(self) -> str:
        """Its start as cron writes it."""
        return _cron(self.start)

    @property
    def cron_end(self) -> str:
        """Its end as cron writes it."""
        return _cron(self.end)


def of_round(round_: dict[str, Any]) -> list[Window]:
    """From the evening before each deadline to two hours after it; windows that meet are one.

    Args:
        round_: The round, as the reference data has it; a phase ends with the day `closes`.
    """
    closes = sorted({date.fromisoformat(phase["closes"]) for phase in round_["phases"]})
    day = timedelta(days=1)
    windows: list[Window] = []
    for last in closes:
        window = Window(datetime.combine(last - day, time(18)), datetime.combine(last + day, time(2)))
        if windows and window.start <= windows[-1].end:
            window = Window(windows.pop().start, window.end)
        windows.append(window)
    return windows


def openings(round_: dict[str, Any]) -> list[Window]:
    """The mornings on which phases open: everybody logs in."""
    days = sorted({date.fromisoformat(phase["opens"]) for phase in round_["phases"]})
    return [Window(datetime.combine(day, time(7, 30)), datetime.combine(day, time(10))) for day in days]


def _cron(at: datetime) -> str:
    return f"{at.minute} {at.hour} {at.day} {at.month} *"
