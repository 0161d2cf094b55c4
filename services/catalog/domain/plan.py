"""The training plan of a project: what it holds, when it is complete, and what about it is unusual (R7–R10)."""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from kernel.errors import Refusal
from services.catalog.domain.base import LAST_MAJOR_CATEGORY
from services.catalog.domain.labels import REQUIRED, called
from services.catalog.domain.refusals import INVALID_PLAN, JUSTIFICATION_MISSING, PLAN_INCOMPLETE, UNKNOWN_THEME
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import Audience, BaseCategory, Mode, ProjectKind

DURATION_OUTSIDE_NORM = "DURATION_OUTSIDE_NORM"
MAJOR_MISMATCH = "MAJOR_MISMATCH"
_IN_TIME = ("须在起止日期之内", "lies between first and last day")


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
        raise PLAN_INCOMPLETE(detail=called(missing), missing=missing)


def check_given(plan: Plan, category: BaseCategory, current: Round) -> None:
    """Refuse what is given and cannot be right; what is absent may come later (R7, R8).

    Raises:
        Refusal: `UNKNOWN_THEME`, or `INVALID_PLAN` with every wrong field.
    """
    known = {theme.code for theme in current.themes_of(category)}
    unknown = [code for code in plan.themes if code not in known]
    if unknown:
        raise UNKNOWN_THEME(detail=("、".join(unknown), ", ".join(unknown)), unknown=unknown, known=sorted(known))
    if wrong := _wrong_fields(plan):
        raise invalid(wrong, "R7")


def invalid(wrong: dict[str, tuple[str, str]], rule: str) -> Refusal:
    """The refusal of fields that cannot be right, by the graph's names, with what each has to be."""
    why = [(*called([name]), *words) for name, words in wrong.items()]
    words = "；".join(f"{zh}{must}" for zh, _, must, _ in why), "; ".join(f"{en} {must}" for _, en, _, must in why)
    return INVALID_PLAN(detail=words, rule=rule, fields=list(wrong))


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
        raise JUSTIFICATION_MISSING(
            detail=("；".join(one.zh for one in wanting), "; ".join(one.en for one in wanting)),
            rule=wanting[0].rule,
            rules=[one.rule for one in wanting],
            warnings=[one.code for one in wanting],
        )


def differing(before: Plan, after: Plan) -> tuple[str, ...]:
    """The fields in which two plans differ, by the plan's own names."""
    return tuple(one.name for one in fields(Plan) if getattr(before, one.name) != getattr(after, one.name))


def shift_sessions(sessions: tuple[Session, ...], by: timedelta) -> tuple[Session, ...]:
    """The timetable moved as a whole, ids kept: what a change of dates does to it (R12, R18).

    Raises:
        Refusal: `INVALID_PLAN`: no calendar goes that far.
    """
    try:
        return tuple(replace(one, date=one.date + by) for one in sessions)
    except OverflowError as error:
        raise invalid({"timetable": _IN_TIME}, "R7") from error


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == ()


def _wrong_fields(plan: Plan) -> dict[str, tuple[str, str]]:
    least = {"days": 1, "class_hours": 1, "fee": 0, "capacity": 1}
    wrong = {
        REQUIRED[name].name: (f"不得少于{bound}", f"is at least {bound}")
        for name, bound in least.items()
        if getattr(plan, name) is not None and getattr(plan, name) < bound
    }
    if plan.venue and _is_blank(plan.venue.address):
        wrong["venue"] = ("须有地址", "has an address")
    if any(session.hours < 1 or _is_blank(session.title) or _is_blank(session.teacher) for session in plan.timetable):
        wrong["timetable"] = ("每课次须有名称、教师和学时", "has a title, a teacher and hours for every session")
    ids = [session.id for session in plan.timetable]
    if any(map(_is_blank, ids)) or len(ids) != len(set(ids)):
        wrong["timetable"] = ("各课次的编号须各不相同", "has an id of its own for every session")
    if any(_is_blank(member.name) for member in plan.faculty):
        wrong["faculty"] = ("须有姓名", "has a name for everybody")
    if plan.major_category is not None and not 1 <= plan.major_category <= LAST_MAJOR_CATEGORY:
        wrong["majorCategory"] = (f"为1至{LAST_MAJOR_CATEGORY}", f"is 1 to {LAST_MAJOR_CATEGORY}")
    return wrong | _wrong_dates(plan)


def _wrong_dates(plan: Plan) -> dict[str, tuple[str, str]]:
    if plan.starts_on is None or plan.ends_on is None:
        return {}
    if plan.ends_on < plan.starts_on:
        return {"endsOn": ("不得早于开始日期", "is not before the first day")}
    wrong = {}
    length = (plan.ends_on - plan.starts_on).days + 1
    if plan.days is not None and plan.days > length:
        wrong["days"] = (f"多于起止日期之间的{length}天", f"is more than the {length} between first and last day")
    if any(not plan.starts_on <= session.date <= plan.ends_on for session in plan.timetable):
        wrong["timetable"] = _IN_TIME
    return wrong
