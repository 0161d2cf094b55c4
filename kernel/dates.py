"""Dates, which are always days in Asia/Shanghai (R1)."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The time zone of every date."""


def start_of(day: date) -> datetime:
    """The instant at which a day begins: 00:00 in Asia/Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI)


def today(now: datetime) -> date:
    """The date in Asia/Shanghai at an aware instant."""
    return now.astimezone(SHANGHAI).date()


def oldest_year_at_hand(now: datetime) -> int:
    """The year of the oldest round that is still dealt with: each is until the end of the year after its own.

    By then its trainings are over and its results are in; what is left of earlier rounds waits for nobody.

    Args:
        now: Domain time, aware.
    """
    return today(now).year - 1
