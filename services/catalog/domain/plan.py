"""The training plan of a project: its fields, when it is complete and valid, and what is unusual in it (R7–R10)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from kernel.errors import Refusal
from kernel.free_text import Name, Paragraph, PersonName, Title
from services.catalog.domain.base import LAST_MAJOR_CATEGORY
from services.catalog.domain.labels import REQUIRED, labels_of
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
    """The base's explanation of what a rule finds unusual (R9, R10)."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a rule finds unusual; with a justification the plan may be submitted all the same (R9, R10)."""

    code: str
    rule: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A training plan; everything is optional until it is submitted (R7).

    Attributes:
        fee: In fen; 0 means free of charge, None not yet said.
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


def checked_texts(plan: Plan, names: Collection[str] | None = None) -> Plan:
    """The plan with what people typed checked and normalized: a plan becomes public, so no number may be in it (R41).

    Only what is written anew is asked for: what was stored before there was this check must not stop a change of
    something else.

    Args:
        plan: As it was typed.
        names: The fields to check, by the plan's own names; all by default.

    Raises:
        Refusal: `INVALID_TEXT`, `INVALID_NAME` or `INVALID_ORGANIZATION_NAME`, with the field as the graph spells it.
    """
    checked = {
        name: _CHECKS[name](getattr(plan, name))
        for name in (_CHECKS if names is None else names)
        if name in _CHECKS and getattr(plan, name) is not None
    }
    return replace(plan, **checked)


def _line(text: str, field: str) -> str:
    return Title.of(text, field).text


def _checked_venue(venue: Venue) -> Venue:
    return replace(venue, address=_line(venue.address, "venue.address"))


def _checked_session(session: Session) -> Session:
    return replace(
        session,
        id=_line(session.id, "timetable.id"),
        title=_line(session.title, "timetable.title"),
        teacher=PersonName.of(session.teacher, "timetable.teacher", "R7").text,
    )


def _checked_member(member: FacultyMember) -> FacultyMember:
    return FacultyMember(
        PersonName.of(member.name, "faculty.name", "R7").text,
        None if member.title is None else _line(member.title, "faculty.title"),
        None if member.organization is None else Name.of(member.organization, "faculty.organization").text,
    )


def _checked_justification(justification: Justification) -> Justification:
    text = Paragraph.of(justification.text, "justifications.text").text
    return Justification(_line(justification.rule, "justifications.rule"), text)


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "title": lambda text: _line(text, "title"),
    "objectives": lambda text: Paragraph.of(text, "objectives").text,
    "content_design": lambda text: Paragraph.of(text, "contentDesign").text,
    "fee_includes": lambda text: Paragraph.of(text, "feeIncludes").text,
    "assessment_method": lambda text: Paragraph.of(text, "assessmentMethod").text,
    "needs_evidence": lambda text: Paragraph.of(text, "needsEvidence").text,
    "themes": lambda codes: tuple(_line(code, "themes") for code in codes),
    "venue": _checked_venue,
    "timetable": lambda sessions: tuple(map(_checked_session, sessions)),
    "faculty": lambda members: tuple(map(_checked_member, members)),
    "justifications": lambda justifications: tuple(map(_checked_justification, justifications)),
}
"""How each field with a text is checked, by the plan's own name of it."""


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
        raise PLAN_INCOMPLETE(detail=labels_of(missing), missing=missing)


def check_given(plan: Plan, category: BaseCategory, current: Round) -> None:
    """Refuse values that cannot be right; a field that is absent may follow later (R7, R8).

    Args:
        plan: The plan, maybe partial.
        category: The base's, for the themes.
        current: The round.

    Raises:
        Refusal: `UNKNOWN_THEME`, or `INVALID_PLAN` with every wrong field.
    """
    codes = {theme.code for theme in current.themes_of(category)}
    unknown = [code for code in plan.themes if code not in codes]
    if unknown:
        raise UNKNOWN_THEME(detail=("、".join(unknown), ", ".join(unknown)), unknown=unknown, known=sorted(codes))
    if wrong := _wrong_fields(plan):
        raise invalid(wrong, "R7")


def invalid(wrong: dict[str, tuple[str, str]], rule: str) -> Refusal:
    """The refusal of wrong fields.

    Args:
        wrong: By the graph's name of the field, what its value has to be, in Chinese and in English.
        rule: The rule that refuses.
    """
    why = [(*labels_of([name]), *words) for name, words in wrong.items()]
    words = "；".join(f"{zh}{must}" for zh, _, must, _ in why), "; ".join(f"{en} {must}" for _, en, _, must in why)
    return INVALID_PLAN(detail=words, rule=rule, fields=list(wrong))


def advice_on(
    plan: Plan, kind: ProjectKind, category: BaseCategory, majors: tuple[int, ...], current: Round
) -> tuple[Advice, ...]:
    """What is unusual in a plan: its duration (R9), or a major category that the base does not have (R10).

    Args:
        plan: The plan, maybe partial.
        kind: Of the project; the duration norm depends on it.
        category: Of the base; only dual-qualified teachers' bases have major categories to match.
        majors: The base's major categories, ordinals 1–19.
        current: The round, for its norms.
    """
    advice = []
    norm = current.norm_of(kind)
    if norm and plan.days is not None and not norm.least <= plan.days <= norm.most:
        advice.append(
            Advice(
                DURATION_OUTSIDE_NORM,
                "R9",
                f"项目时长{plan.days}天，超出{norm.least}至{norm.most}天，须说明理由",
                f"{plan.days} days is outside {norm.least} to {norm.most}: a justification is required",
            )
        )
    dual = category is BaseCategory.DUAL_QUALIFIED_TEACHER
    if dual and plan.major_category is not None and plan.major_category not in majors:
        advice.append(
            Advice(
                MAJOR_MISMATCH,
                "R10",
                "项目专业大类与基地专业类别不匹配，须说明理由",
                "The major category is none of the base's: a justification is required",
            )
        )
    return tuple(advice)


def require_justified(plan: Plan, advice: tuple[Advice, ...]) -> None:
    """Refuse a plan with something unusual that the base has not justified (R9, R10).

    Raises:
        Refusal: `JUSTIFICATION_MISSING`, with every rule that needs one.
    """
    justified = {justification.rule for justification in plan.justifications if justification.text.strip()}
    open_advice = [warning for warning in advice if warning.rule not in justified]
    if open_advice:
        raise JUSTIFICATION_MISSING(
            detail=("；".join(warning.zh for warning in open_advice), "; ".join(warning.en for warning in open_advice)),
            rule=open_advice[0].rule,
            rules=[warning.rule for warning in open_advice],
            warnings=[warning.code for warning in open_advice],
        )


def differing(before: Plan, after: Plan) -> tuple[str, ...]:
    """The fields in which two plans differ, by the plan's own names."""
    return tuple(field.name for field in fields(Plan) if getattr(before, field.name) != getattr(after, field.name))


def shift_sessions(sessions: tuple[Session, ...], days: timedelta) -> tuple[Session, ...]:
    """The timetable moved by whole days, with the ids it had (R12, R18).

    Raises:
        Refusal: `INVALID_PLAN`: a date would be after the year 9999.
    """
    try:
        return tuple(replace(session, date=session.date + days) for session in sessions)
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
