"""A project of the round in progress: its plan, how its review went, and who asked for its seats."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum, auto
from typing import Any

from deploy.seed.round.cast import BASES

_HOURS_A_DAY = 6
_THEMES = {
    "LEADERSHIP": ["P4", "P5"],
    "TEACHING": ["D3", "D5"],
    "SKILL_TRAINING": ["E1"],
    "JOB_PRACTICE": ["E2"],
    "RESEARCH_DEVELOPMENT": ["E3"],
}
_AUDIENCES = {"LEADERSHIP": ["LEADER", "MIDDLE_MANAGER"]}
_FACULTY = (
    {"name": "周书航", "title": "教授", "organization": "职业教育研究院"},
    {"name": "顾念慈", "title": "正高级讲师", "organization": "职业教育教学研究室"},
    {"name": "韩立新", "title": "高级工程师", "organization": "智能装备产业联盟"},
)
_TOPICS = ("政策解读与需求诊断", "专题讲授", "案例研讨", "现场教学", "任务实操", "成果打磨", "展示与考核")


class Fate(Enum):
    """How far the plan of a project came in declaration, review and publication."""

    DRAFT = auto()
    """Drafted, and left so."""
    SUBMITTED = auto()
    """Handed in; no expert yet."""
    AWAITED = auto()
    """Under review; the second of two reviews is not in yet."""
    SPLIT = auto()
    """Under review; the experts disagree, and the ministry has not decided."""
    RETURNED = auto()
    REJECTED = auto()
    APPROVED = auto()
    """Approved, and waiting to be published."""
    WITHDRAWN = auto()
    PUBLISHED = auto()
    """Published; what becomes of it then is told by the chapters."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Who asks for the seats of a project, and what its base has decided so far.

    Attributes:
        applicants: How many teachers their schools submit.
        accept: How many of them the base accepts, the first in line.
        waitlist: How many after them go to the waiting list.
        reject: How many after those are rejected; the rest is not decided.
    """

    applicants: int
    accept: int = 0
    waitlist: int = 0
    reject: int = 0


@dataclass(frozen=True, slots=True)
class PlanSeed:
    """A project.

    Attributes:
        base: The base's word in `BASES`.
        title: The title, which no other project of the seed has.
        kind: A `ProjectKind`.
        first_day: The first day.
        days: Training days, one after another.
        capacity: Seats.
        fate: How far it came.
        mode: A `Mode`.
        major: The major category; None for the base's first one.
        demand: Who asks for its seats.
        classes: First days of further classes of the same design (R12).
        justified: The base's reason for what a rule finds unusual, by rule (R9, R10).
        lacks: Fields that the draft does not have yet, as the input names them.
    """

    base: str
    title: str
    kind: str
    first_day: date
    days: int
    capacity: int
    fate: Fate = Fate.PUBLISHED
    mode: str = "OFFLINE"
    major: int | None = None
    demand: Demand = Demand(0)
    classes: tuple[date, ...] = ()
    justified: dict[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()

    def input(self, year: int) -> dict[str, Any]:
        """The plan as `ProjectInput`, without the fields that it lacks; every session's teacher is of the faculty."""
        base = BASES[self.base]
        dates = [self.first_day + timedelta(days=offset) for offset in range(self.days)]
        plan = {
            "year": year,
            "kind": self.kind,
            "title": self.title,
            "themes": _THEMES[self.kind],
            "objectives": "对接职业学校教师岗位需求，提升学员解决教学与管理实际问题的能力",
            "contentDesign": "专题讲授、案例研讨、现场教学与任务实操相结合，训后返岗实践",
            "mode": self.mode,
            "startsOn": dates[0].isoformat(),
            "endsOn": dates[-1].isoformat(),
            "days": self.days,
            "classHours": self.days * _HOURS_A_DAY,
            "feeFen": 38_000 * self.days,
            "feeIncludes": "培训费、资料费、场地费，食宿自理",
            "majorCategory": self.major or next(iter(base.majors), 17),
            "audience": _AUDIENCES.get(self.kind, ["TEACHER", "MIDDLE_MANAGER", "LEADER"]),
            "capacity": self.capacity,
            "venue": {"province": base.province, "address": f"{base.organization_name}培训中心"},
            "timetable": [self._session(number, day) for number, day in enumerate(dates)],
            "faculty": list(_FACULTY),
            "assessmentMethod": "过程考核占六成，结业成果占四成",
            "needsEvidence": "面向六省职业学校的需求问卷与二十场访谈",
            "justifications": [{"rule": rule, "text": text} for rule, text in self.justified.items()],
        }
        return {name: value for name, value in plan.items() if name not in self.lacks}

    def _session(self, number: int, day: date) -> dict[str, Any]:
        session = {
            "title": f"{_TOPICS[number % len(_TOPICS)]}（第{number + 1}天）",
            "teacher": _FACULTY[number % len(_FACULTY)]["name"],
            "date": day.isoformat(),
            "hours": _HOURS_A_DAY,
        }
        if self.mode == "BLENDED":
            session["mode"] = "ONLINE" if number == 0 else "OFFLINE"
        return session
