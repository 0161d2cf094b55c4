"""Dates of the notice are dates in Asia/Shanghai (R1)."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""Every date of the notice is a date there."""


def start_of(day: date) -> datetime:
    """00:00 of a day in Asia/Shanghai."""
    return datetime.combine(day, time.min, SHANGHAI)


def today(now: datetime) -> date:
    """The date in Asia/Shanghai at an instant."""
    return now.astimezone(SHANGHAI).date()
