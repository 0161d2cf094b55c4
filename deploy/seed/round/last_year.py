"""Last year's round as data: its calendar, and its projects with what their classes have come to."""

import json
from datetime import date
from typing import Any

from deploy.local.suite import ROOT
from deploy.seed.round.plans import Demand, Fate, PlanSeed

YEAR = 2023
PHASES = [
    {"name": "DECLARE", "opens": "2023-03-28", "closes": "2023-05-06"},
    {"name": "REVIEW", "opens": "2023-03-28", "closes": "2023-05-10"},
    {"name": "ENROL", "opens": "2023-04-01", "closes": "2023-05-20"},
    {"name": "ADMIT", "opens": "2023-04-01", "closes": "2023-05-24"},
    {"name": "TRAIN", "opens": "2023-05-30", "closes": "2024-05-31"},
]
"""Training may go on until the end of May 2024, so that a class of last year runs while this year's are decided."""
_DATA = ROOT / "contracts" / "reference" / "round-2024.json"


def round_input(year: int = YEAR) -> dict[str, Any]:
    """A year's round as `openRound` takes it: last year's calendar moved to it, the rest as the notice of 2024."""
    later = year - YEAR
    phases = [{name: _moved(value, later) for name, value in phase.items()} for phase in PHASES]
    data = json.loads(_DATA.read_text(encoding="utf-8"))
    return {
        "year": year,
        "title": f"国家级职业教育培训基地{year}年培训",
        "phases": phases,
        "quotas": data["quotas"],
        "durationNorms": data["duration_norms"],
        "themes": data["themes"],
        "reviewDimensions": data["review_dimensions"],
        "expertsPerProject": data["experts_per_project"],
        "contacts": data["contacts"],
    }


def _moved(value: str, years: int) -> str:
    """A date so many years later; a name as it is."""
    year, dash, rest = value.partition("-")
    return f"{int(year) + years}{dash}{rest}" if dash else value


CREDITED = PlanSeed(
    "岭南",
    "职业学校治理能力提升",
    "LEADERSHIP",
    date(2023, 7, 10),
    5,
    8,
    demand=Demand(12, accept=8, waitlist=3, reject=1),
)
"""Completed, its credits confirmed, one of them revoked; one no-show, one failed; an offer that nobody took."""

HALF_ASSESSED = PlanSeed(
    "蜀江", "虚拟仿真教学资源开发", "TEACHING", date(2024, 4, 15), 7, 12, demand=Demand(10, accept=8, reject=1)
)
"""Finished, with drafts of results of some attendees only; they are due, and not published (R30)."""

ASSESSED = PlanSeed(
    "粤海",
    "数控加工技能提升",
    "SKILL_TRAINING",
    date(2024, 3, 4),
    10,
    6,
    demand=Demand(8, accept=6, waitlist=2),
)
"""Completed, with all results published and no credit confirmed; its waiting list lapsed at the start."""

CANCELLED = PlanSeed(
    "汉江", "新能源汽车检修技能提升", "SKILL_TRAINING", date(2023, 9, 11), 8, 10, demand=Demand(5, accept=5)
)
"""Cancelled after its acceptances (R33)."""

RUNNING = PlanSeed(
    "荆楚", "工业软件应用教学能力提升", "TEACHING", date(2024, 5, 13), 7, 12, demand=Demand(10, accept=10)
)
"""Running for three days; one of those accepted has been absent."""

ESCALATED = PlanSeed(
    "钱塘",
    "数字素养与智慧课堂",
    "TEACHING",
    date(2024, 5, 27),
    5,
    10,
    major=11,
    demand=Demand(8, accept=6),
)
"""Not begun; two sign-ups were undecided at the deadline and went to the ministry (R23)."""

LAPSED = PlanSeed("三秦", "铁道信号课程开发", "TEACHING", date(2023, 10, 9), 7, 20, Fate.RETURNED, major=10)
"""Returned, and not handed in again before review closed (R13)."""

CLASSES = (CREDITED, HALF_ASSESSED, ASSESSED, CANCELLED, RUNNING, ESCALATED)
PLANS = (*CLASSES, LAPSED)
