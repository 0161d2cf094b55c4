"""Two rounds of years that nothing else plays: one with every phase open, one whose training begins today."""

from datetime import date
from typing import Any

LIVE, TAUGHT = 2098, 2097
_LONG_AGO = date(2020, 1, 1)
_PHASES = ("DECLARE", "REVIEW", "ENROL", "ADMIT")
_CATEGORIES = {"DUAL_QUALIFIED_TEACHER": "D1", "PRINCIPAL": "P1", "ENTERPRISE_PRACTICE": "E1"}


def live_round() -> dict[str, Any]:
    """Declaration, review, enrollment and decisions are open, whatever the domain clock says."""
    return _round(LIVE, closes=date(LIVE, 12, 29))


def taught_round(today: date) -> dict[str, Any]:
    """The last day of everything but training, and the first of that."""
    return _round(TAUGHT, closes=today)


def _round(year: int, *, closes: date) -> dict[str, Any]:
    phases = [{"name": name, "opens": _LONG_AGO.isoformat(), "closes": closes.isoformat()} for name in _PHASES]
    training = {"name": "TRAIN", "opens": closes.isoformat(), "closes": date(year, 12, 31).isoformat()}
    return {
        "year": year,
        "title": f"{year}年培训",
        "phases": [*phases, training],
        "quotas": [{"category": category, "limit": 5} for category in _CATEGORIES],
        "durationNorms": [{"kind": "LEADERSHIP", "category": "PRINCIPAL", "days": 5, "least": 4, "most": 6}],
        "themes": [{"code": code, "category": category, "name": "主题"} for category, code in _CATEGORIES.items()],
        "reviewDimensions": [{"code": "FEE", "name": "收费标准"}],
        "expertsPerProject": 2,
        "contacts": [{"department": "教师工作司", "phones": ["010-66096194"]}],
    }
