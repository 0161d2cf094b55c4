"""The working days by which waiting periods are counted, by the State Council's notices on file."""

from datetime import date, datetime

import pytest

from kernel.dates import SHANGHAI
from kernel.reference import FOLDER, holidays
from kernel.working_days import after_working_days, is_working_day

YEARS = sorted(int(file.stem.removeprefix("holidays-")) for file in FOLDER.glob("holidays-*.json"))


@pytest.mark.parametrize("year", YEARS)
def test_a_year_has_its_own_days_in_order_and_makes_up_on_weekends_only(year: int) -> None:
    for name in ("days_off", "working_weekends"):
        days = [date.fromisoformat(text) for text in holidays(year)[name]]
        assert days == sorted(set(days))
        assert {day.year for day in days} == {year}
    assert all(date.fromisoformat(text).weekday() >= 5 for text in holidays(year)["working_weekends"])
    assert not set(holidays(year)["days_off"]) & set(holidays(year)["working_weekends"])


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2024-02-09", True),
        ("2024-02-12", False),
        ("2024-02-18", True),
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-05-09", True),
        ("2030-10-01", True),
    ],
)
def test_holidays_and_made_up_weekends_correct_the_week(day: str, works: bool) -> None:
    """A year without a notice on file goes by Monday to Friday."""
    assert is_working_day(date.fromisoformat(day)) is works


def test_a_period_ends_with_its_last_working_day() -> None:
    """Three working days from 13 February 2026: the made-up Saturday, then the 24th and the 25th."""
    start = datetime(2026, 2, 13, 9, tzinfo=SHANGHAI)
    assert after_working_days(start, 3) == datetime(2026, 2, 26, tzinfo=SHANGHAI)
