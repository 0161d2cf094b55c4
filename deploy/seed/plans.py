"""A complete training plan (R7) for each base of the seed."""

from datetime import date, timedelta
from typing import Any

from deploy.seed.world import YEAR

_TITLES = ("职业学校校长办学治校能力提升", "智能制造专业教学能力提升", "工业机器人岗位实践")
_THEMES = (["P4", "P5"], ["D3", "D5"], ["E2"])
_KINDS = ("LEADERSHIP", "TEACHING", "JOB_PRACTICE")
_DAYS = (5, 7, 15)
_BEGIN = date(YEAR, 6, 3)
_PROVINCES = ("44", "51", "44")


def plan_of(base: int) -> dict[str, Any]:
    """A plan that lacks nothing, within the norms of R9 and the window of R28, as the input `ProjectInput`.

    Args:
        base: The base's position in `BASES`.
    """
    days = _DAYS[base]
    dates = [_BEGIN + timedelta(days=offset) for offset in range(days)]
    sessions = [
        {"title": f"第{number}天", "teacher": "周教授", "date": day.isoformat(), "hours": 8}
        for number, day in enumerate(dates, 1)
    ]
    return {
        "year": YEAR,
        "kind": _KINDS[base],
        "title": _TITLES[base],
        "themes": _THEMES[base],
        "objectives": "提升学员解决实际问题的能力",
        "contentDesign": "专题讲授、案例研讨、现场教学与返岗实践",
        "mode": "OFFLINE",
        "startsOn": dates[0].isoformat(),
        "endsOn": dates[-1].isoformat(),
        "days": days,
        "classHours": days * 8,
        "feeFen": 260_000,
        "feeIncludes": "培训费、资料费，食宿自理",
        "majorCategory": 6,
        "audience": ["LEADER", "MIDDLE_MANAGER"] if base == 0 else ["TEACHER", "MIDDLE_MANAGER", "LEADER"],
        "capacity": 10,
        "venue": {"province": _PROVINCES[base], "address": "培训楼"},
        "timetable": sessions,
        "faculty": [{"name": "周教授", "title": "教授", "organization": "职业教育研究院"}],
        "assessmentMethod": "过程考核与结业考核相结合",
        "needsEvidence": "面向两省职业学校的需求问卷",
    }
