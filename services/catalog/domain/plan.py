"""The training plan of a project: its fields, their texts, and when it is complete (R7, R41).

What a plan cannot be is in `impossible`, what is unusual in one in `unusual` (ADR 34).
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from kernel.errors import Refusal
from kernel.free_text import Name, Paragraph, PersonName, Title, spelled
from services.catalog.domain.labels import REQUIRED, labels_of
from services.catalog.domain.refusals import INVALID_PLAN, PLAN_INCOMPLETE
from services.catalog.domain.vocabulary import Audience, Mode

IN_TIME = ("须在起止日期之内", "lies between first and last day")
_BETWEEN_NAMES = re.compile(r"[、，,；;/]")


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

    @property
    def teachers(self) -> tuple[str, ...]:
        """The names in `teacher`, several in what was stored before it had to be one: `王教授、陈工`."""
        return tuple(filter(None, (spelled(name) for name in _BETWEEN_NAMES.split(self.teacher))))


@dataclass(frozen=True, slots=True)
class FacultyMember:
    """Who teaches (R7)."""

    name: str
    title: str | None = None
    organization: str | None = None


@dataclass(frozen=True, slots=True)
class Justification:
    """The base's explanation of what a rule finds unusual (R7, R9, R10)."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What a rule finds unusual; with a justification the plan may be submitted all the same (R7, R9, R10).

    Attributes:
        fields: What it is about, by the graph's names; empty in plans that are older than this field.
    """

    code: str
    rule: str
    zh: str
    en: str
    fields: tuple[str, ...] = ()


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
        if is_blank(getattr(plan, name)) and not (name == "venue" and plan.mode is Mode.ONLINE)
    ]


def require_complete(plan: Plan) -> None:
    """Refuse a plan that lacks anything (R7).

    Raises:
        Refusal: `PLAN_INCOMPLETE`, with every missing field.
    """
    missing = missing_fields(plan)
    if missing:
        raise PLAN_INCOMPLETE(detail=labels_of(missing), missing=missing)


def invalid(wrong: dict[str, tuple[str, str]], rule: str) -> Refusal:
    """The refusal of wrong fields.

    Args:
        wrong: By the graph's name of the field, what its value has to be, in Chinese and in English.
        rule: The rule that refuses.
    """
    why = [(*labels_of([name]), *words) for name, words in wrong.items()]
    words = "；".join(f"{zh}{must}" for zh, _, must, _ in why), "; ".join(f"{en} {must}" for _, en, _, must in why)
    return INVALID_PLAN(detail=words, rule=rule, fields=list(wrong))


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
        raise invalid({"timetable": IN_TIME}, "R7") from error


def is_blank(value: object) -> bool:
    """Whether a field of a plan is empty."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == ()
