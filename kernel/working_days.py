"""Working days, by which waiting periods are counted: Monday to Friday, corrected by a year's holidays [C]."""

from datetime import date, datetime, timedelta
from functools import cache

from kernel.dates import start_of, today
from kernel.reference import holidays

_DAY = timedelta(days=1)
_SATURDAY = 5


@cache
def is_working_day(day: date) -> bool:
    """Whether people work on a day; Monday to Friday in a year whose holidays are not on file."""
    year = holidays(day.year)
    if day.isoformat() in year["days_off"]:
        return False
    return day.weekday() < _SATURDAY or day.isoformat() in year["working_weekends"]


def after_working_days(start: datetime, days: int) -> datetime:
    """The instant at which a period of whole working days is over.

    Args:
        start: When it begins, aware; the day itself does not count.
        days: How many working days.

    Returns:
        The end of the last of them: 00:00 of the day after it, in Asia/Shanghai.
    """
    day = today(start)
    while days:
        day += _DAY
        days -= is_working_day(day)
    return start_of(day + _DAY)
