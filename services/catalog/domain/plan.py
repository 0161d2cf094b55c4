"""The training plan of a project: what it holds, when it is complete, and what about it is unusual (R7–R10)."""

from dataclasses import dataclass, fields
from datetime import date, timedelta

from chassis.errors import Refusal, Unblock
from services.catalog.domain.fields import REQUIRED, called
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import Audience, BaseCategory, Mode, ProjectKind

DURATION_OUTSIDE_NORM = "DURATION_OUTSIDE_NORM"
MAJOR_MISMATCH = "MAJOR_MISMATCH"


@dataclass(frozen=True, slots=True)
class Venue:
    """Where a project is held."""

    province: str
    address: str


@dataclass(frozen=True, slots=True)
class Session:
    """A line of the timetable; attendance refers to its id (R7, R29)."""

    id: str
    title: str
    teacher: str
    date: date
    hours: int
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class FacultyMember:
    """Who teaches (R7)."""

    name: str
    title: str | None = None
    organization: str | None = None


@dataclass(frozen=True, slots=True)
class Justification:
    """The base's reason for what a rule finds unusual (R9, R10)."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a rule finds unusual; it never blocks by itself."""

    code: str
    rule: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training plan; everything is optional until it is submitted (R7).

    Attributes:
        fee: In fen; 0 is a statement, None is not.
    """

    title: str | None = None
    themes: tuple[str, ...] = ()
    objectives: str | None = None
    content_design: str | None = None
    mode: Mode | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    days: int | None = None
    class_hours: int | None = None
    fee: int | None = None
    fee_includes: str | None = None
    major_category: int | None = None
    audience: tuple[Audience, ...] = ()
    capacity: int | None = None
    venue: Venue | None = None
    timetable: tuple[Session, ...] = ()
    faculty: tuple[FacultyMember, ...] = ()
    assessment_method: str | None = None
    needs_evidence: str | None = None
    justifications: tuple[Justification, ...] = ()


def missing_fields(plan: Plan) -> list[str]:
    """The fields a submission needs and the plan lacks, in the graph's spelling, all at once (R7).

    A project that is held online needs no venue [D].
    """
    return [
        field.name
        for name, field in REQUIRED.items()
        if _is_blank(getattr(plan, name)) and not (name == "venue" and plan.mode is Mode.ONLINE)
    ]


def require_complete(plan: Plan) -> None:
    """Refuse a plan that lacks anything (R7).

    Raises:
        Refusal: `PLAN_INCOMPLETE`, with every missing field.
    """
    missing = missing_fields(plan)
    if missing:
        zh, en = called(missing)
        raise Refusal(
            "PLAN_INCOMPLETE",
            f"培训方案不完整，缺少：{zh}",
            f"The plan is incomplete, it lacks: {en}",
            rule="R7",
            unblock=Unblock.BASE,
            missing=missing,
        )


def check_given(plan: Plan, category: BaseCategory, current: Round) -> None:
    """Refuse what is given and cannot be right; what is absent may come later (R7, R8).

    Raises:
        Refusal: `UNKNOWN_THEME`, or `INVALID_PLAN` with every wrong field.
    """
    known = {theme.code for theme in current.themes_of(category)}
    unknown = [code for code in plan.themes if code not in known]
    if unknown:
        raise Refusal(
            "UNKNOWN_THEME",
            f"主题不在本类基地的主题范围内：{'、'.join(unknown)}",
            f"Not a theme of this category: {', '.join(unknown)}",
            rule="R8",
            unblock=Unblock.BASE,
            unknown=unknown,
            known=sorted(known),
        )
    wrong = _wrong_fields(plan)
    if wrong:
        zh, en = called(wrong)
        raise Refusal(
            "INVALID_PLAN",
            f"培训方案有误：{zh}",
            f"Wrong fields: {en}",
            rule="R7",
            unblock=Unblock.BASE,
            fields=wrong,
        )


def advice_on(
    plan: Plan, kind: ProjectKind, category: BaseCategory, majors: tuple[int, ...], current: Round
) -> tuple[Advice, ...]:
    """What base and experts are shown about the plan (R9, R10)."""
    found = []
    norm = current.norm_of(kind)
    if norm and plan.days is not None and not norm.least <= plan.days <= norm.most:
        found.append(
            Advice(
                DURATION_OUTSIDE_NORM,
                "R9",
                f"项目时长{plan.days}天，超出{norm.least}至{norm.most}天，须说明理由",
                f"{plan.days} days is outside {norm.least} to {norm.most}: a justification is required",
            )
        )
    dual = category is BaseCategory.DUAL_QUALIFIED_TEACHER
    if dual and plan.major_category is not None and plan.major_category not in majors:
        found.append(
            Advice(
                MAJOR_MISMATCH,
                "R10",
                "项目专业大类与基地专业类别不匹配，须说明理由",
                "The major category is none of the base's: a justification is required",
            )
        )
    return tuple(found)


def require_justified(plan: Plan, advice: tuple[Advice, ...]) -> None:
    """Refuse a plan with something unusual and no word on it (R9, R10).

    Raises:
        Refusal: `JUSTIFICATION_MISSING`, with every rule that wants one.
    """
    given = {one.rule for one in plan.justifications if one.text.strip()}
    wanting = [one for one in advice if one.rule not in given]
    if wanting:
        raise Refusal(
            "JUSTIFICATION_MISSING",
            "；".join(one.zh for one in wanting),
            "; ".join(one.en for one in wanting),
            rule=wanting[0].rule,
            unblock=Unblock.BASE,
            rules=[one.rule for one in wanting],
            warnings=[one.code for one in wanting],
        )


def differing(before: Plan, after: Plan) -> tuple[str, ...]:
    """The fields in which two plans differ, by the plan's own names."""
    return tuple(one.name for one in fields(Plan) if getattr(before, one.name) != getattr(after, one.name))


def shift_sessions(sessions: tuple[Session, ...], by: timedelta) -> tuple[Session, ...]:
    """The timetable moved as a whole, ids kept: what a change of dates does to it (R12, R18)."""
    return tuple(Session(one.id, one.title, one.teacher, one.date + by, one.hours, one.mode) for one in sessions)


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == ()


def _wrong_fields(plan: Plan) -> list[str]:
    least = {"days": 1, "class_hours": 1, "fee": 0, "capacity": 1}
    wrong = [
        REQUIRED[name].name
        for name, bound in least.items()
        if getattr(plan, name) is not None and getattr(plan, name) < bound
    ]
    if any(session.hours < 1 or not session.title.strip() for session in plan.timetable):
        wrong.append("timetable")
    if any(not member.name.strip() for member in plan.faculty):
        wrong.append("faculty")
    if plan.major_category is not None and plan.major_category not in range(1, 20):
        wrong.append("majorCategory")
    return wrong + _wrong_dates(plan)


def _wrong_dates(plan: Plan) -> list[str]:
    if plan.starts_on is None or plan.ends_on is None:
        return []
    if plan.ends_on < plan.starts_on:
        return ["endsOn"]
    wrong = []
    if plan.days is not None and plan.days > (plan.ends_on - plan.starts_on).days + 1:
        wrong.append("days")
    if any(not plan.starts_on <= session.date <= plan.ends_on for session in plan.timetable):
        wrong.append("timetable")
    return wrong
