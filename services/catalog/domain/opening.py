"""Opening a round, and extending its phases (R1)."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from kernel.dates import today
from kernel.errors import Refusal
from kernel.free_text import Reason, Title
from services.catalog.domain.events import PhaseExtended, PhaseWindow, RoundOpened, StepWindow
from services.catalog.domain.labels import CATEGORIES, PHASES, ROUND_FIELDS, listed
from services.catalog.domain.quota import LIMITS
from services.catalog.domain.refusals import (
    CALENDAR_NOT_MONOTONIC,
    CALENDAR_OUTSIDE_YEAR,
    INVALID_EXTENSION,
    INVALID_ROUND,
    ROUND_INCOMPLETE,
)
from services.catalog.domain.round import DurationNorm, Phase, PhaseOverride, Round
from services.catalog.domain.steps import settled
from services.catalog.domain.vocabulary import KINDS, BaseCategory, PhaseName

_PHONE = re.compile(r"[+(]?\d(?:[ ()-]{0,2}\d){4,13}(?: ?转 ?\d{1,6})?")
_MOST_PHONES = 10
_YEARS = range(2000, 3000)
_EXPERTS = range(2, 16)  # R14: two at least
_NORM_DAYS = range(1, 366)
_COMPLETION_DAYS = range(1, 731)


def open_round(draft: Round, now: datetime) -> tuple[Round, list[RoundOpened]]:
    """Open a round, after checking its texts, calendar, quotas, norms and themes (R1).

    Raises:
        Refusal: `INVALID_TEXT`, `CALENDAR_NOT_MONOTONIC`, `CALENDAR_OUTSIDE_YEAR`, `ROUND_INCOMPLETE` or
            `INVALID_ROUND`.
    """
    draft = with_checked_texts(draft)
    check_calendar(draft.phases, draft.year)
    draft = with_settled_steps(draft)
    if missing := missing_parts(draft):
        raise incomplete(missing)
    if wrong := wrong_parts(draft):
        raise invalid_round(wrong)
    opened = replace(draft, opened_at=now)
    event = RoundOpened(
        year=opened.year,
        title=opened.title,
        calendar=calendar_of(opened),
        steps=steps_of(opened),
        quotas=opened.quotas_by_category,
    )
    return opened, [event]


def extend_phase(
    current: Round, phase: PhaseName, closes: date, *, reason: Reason, actor: str, now: datetime
) -> tuple[Round, list[PhaseExtended]]:
    """Give a phase a later last day, reopening it if it is over; other phases never move (R1).

    A phase ends no later than the next one, which must be extended first; the bases' decisions (R23) end no later than
    training opens, which is amended if at all (`round_amendment`). Training ends in the round's year or the next.

    Args:
        current: The round.
        phase: Which phase.
        closes: Its new last day, included.
        reason: Why.
        actor: Who acts, as the audit names them.
        now: Domain time, aware.

    Raises:
        Refusal: `CALENDAR_NOT_MONOTONIC`: not later than now, or after the next deadline; `CALENDAR_OUTSIDE_YEAR`;
            `INVALID_EXTENSION`: the new last day is before today.
    """
    before = current.phase(phase).closes
    if closes <= before:
        raise _not_monotonic(phase, f"须晚于{before}", f"it must be later than {before}")
    if closes < today(now):
        raise INVALID_EXTENSION(
            detail=("不得早于今日", "it must not be before today"),
            rule="R1",
            phase=phase.value,
            closes=before.isoformat(),
        )
    phases = tuple(
        replace(existing, closes=closes) if existing.name is phase else existing for existing in current.phases
    )
    check_calendar(phases, current.year)
    override = PhaseOverride(phase, closes, reason.text, now, before, actor)
    extended = replace(current, phases=phases, overrides=(*current.overrides, override))
    event = PhaseExtended(
        year=current.year,
        phase=phase,
        closes=closes,
        reason=reason.text,
        calendar=calendar_of(extended),
        steps=steps_of(extended),
    )
    return extended, [event]


def calendar_of(current: Round) -> dict[str, PhaseWindow]:
    """The phases as events carry them: first and last day by phase name."""
    return {phase.name.value: PhaseWindow(opens=phase.opens, closes=phase.closes) for phase in current.phases}


def steps_of(current: Round) -> tuple[StepWindow, ...]:
    """The lines of the calendar as events carry them."""
    return tuple(
        StepWindow(code=step.code, name=step.name, guard=step.guard, opens=step.opens, closes=step.closes)
        for step in current.dated_steps()
    )


def with_settled_steps(draft: Round) -> Round:
    """The round with its steps as they are stored.

    Raises:
        Refusal: `INVALID_ROUND`: the steps cannot be right.
    """
    stored = settled(draft.steps, draft.phases)
    if stored is None:
        raise invalid_round(["steps"])
    return replace(draft, steps=stored)


def incomplete(missing: Sequence[str]) -> Refusal:
    """The refusal of a round that lacks parts, by the graph's names; `quotas.PRINCIPAL` is the quota of a category."""
    return ROUND_INCOMPLETE(detail=_called(missing), missing=list(missing))


def with_checked_texts(draft: Round) -> Round:
    """The round with every text checked and normalized (R41); phones of a help line are numbers by nature (R43)."""
    return replace(
        draft,
        title=_line(draft.title, "title"),
        themes=tuple(
            replace(theme, code=_line(theme.code, "themes.code"), name=_line(theme.name, "themes.name"))
            for theme in draft.themes
        ),
        review_dimensions=tuple(
            replace(
                dimension,
                code=_line(dimension.code, "reviewDimensions.code"),
                name=_line(dimension.name, "reviewDimensions.name"),
            )
            for dimension in draft.review_dimensions
        ),
        steps=tuple(
            replace(
                step,
                code=_line(step.code, "steps.code"),
                name=_line(step.name, "steps.name"),
                name_en=_line(step.name_en, "steps.nameEn"),
            )
            for step in draft.steps
        ),
        contacts=tuple(
            replace(
                contact,
                department=_line(contact.department, "contacts.department"),
                note=None if contact.note is None else _line(contact.note, "contacts.note"),
            )
            for contact in draft.contacts
        ),
    )


def _line(text: str, field: str) -> str:
    return Title.of(text, field).text


def check_calendar(phases: tuple[Phase, ...], year: int) -> None:
    """Refuse phases that are missing, out of order, or end in another year (R1).

    Raises:
        Refusal: `ROUND_INCOMPLETE`, `INVALID_ROUND`, `CALENDAR_NOT_MONOTONIC` or `CALENDAR_OUTSIDE_YEAR`.
    """
    names = tuple(phase.name for phase in phases)
    if missing := [name for name in PhaseName if name not in names]:
        raise incomplete([f"phases.{name}" for name in missing])
    if names != tuple(PhaseName):
        raise invalid_round(["phases"])
    for phase in phases:
        if phase.opens > phase.closes:
            raise _not_monotonic(phase.name, f"开始于{phase.opens}", f"it opens on {phase.opens}")
    # The deadlines follow each other, and training starts when the bases have decided.
    deadlines = [(phase.name, phase.closes) for phase in phases]
    deadlines.insert(-1, (phases[-1].name, phases[-1].opens))
    for (name, day), (following, limit) in itertools.pairwise(deadlines):
        if day > limit:
            raise _past_the_next(name, following, limit)
    for first, second in itertools.pairwise(phases):
        if first.opens > second.opens:
            zh, en = PHASES[first.name]
            raise _not_monotonic(second.name, f"不得早于{zh}开始", f"it opens no earlier than {en}")
    if phases[-1].closes.year not in (year, year + 1):
        raise CALENDAR_OUTSIDE_YEAR(
            detail=(f"{year}年或{year + 1}年", f"{year} or {year + 1}"), phase=phases[-1].name.value
        )


def missing_parts(draft: Round) -> list[str]:
    """The parts that a round lacks, by the graph's names; `quotas.PRINCIPAL` is the quota of a category."""
    missing = [f"quotas.{name}" for name in _absent(quota.category for quota in draft.quotas)]
    missing += [f"themes.{name}" for name in _absent(theme.category for theme in draft.themes)]
    if not draft.duration_norms:
        missing.append("durationNorms")
    if not draft.review_dimensions:
        missing.append("reviewDimensions")
    if not draft.title.strip():
        missing.append("title")
    return missing


def _absent(present: Iterable[BaseCategory]) -> list[str]:
    return sorted(set(BaseCategory) - set(present))


def wrong_parts(draft: Round) -> list[str]:
    """The parts with wrong values, by the graph's names (R1, R8, R9, R11, R14, R15, R43)."""
    dimensions = [(dimension.code, dimension.name) for dimension in draft.review_dimensions]
    themes = [(theme.code, theme.name) for theme in draft.themes]
    right = {
        "year": draft.year in _YEARS,
        "phases": draft.phases[0].opens.year in _YEARS,
        "quotas": _distinct(quota.category for quota in draft.quotas)
        and all(quota.limit in LIMITS for quota in draft.quotas),
        "durationNorms": _distinct(norm.kind for norm in draft.duration_norms)
        and all(_is_norm(norm) for norm in draft.duration_norms),
        "themes": _named(themes),
        "reviewDimensions": _named(dimensions),
        "expertsPerProject": draft.experts_per_project in _EXPERTS,
        "completionDays": draft.completion_days in _COMPLETION_DAYS,
        "planLimits": draft.plan_limits.sane,
        "contacts": all(contact.department.strip() and _is_help_line(contact.phones) for contact in draft.contacts),
    }
    return [name for name, holds in right.items() if not holds]


def _is_help_line(phones: Sequence[str]) -> bool:
    """Whether these are telephone numbers, which are public (R43): no names, and nobody's ID number (R41)."""
    return 0 < len(phones) <= _MOST_PHONES and all(_PHONE.fullmatch(phone.strip()) for phone in phones)


def _is_norm(norm: DurationNorm) -> bool:
    """Whether a norm is of a year at most, and its tolerance between nothing and the whole of it (R9)."""
    in_order = 1 <= norm.least <= norm.days <= norm.most <= 2 * norm.days
    return norm.kind in KINDS[norm.category] and norm.days in _NORM_DAYS and in_order


def _named(rows: Sequence[tuple[str, str]]) -> bool:
    """Whether no code and no name is blank, and no code appears twice."""
    return all(code.strip() and name.strip() for code, name in rows) and _distinct(code for code, _ in rows)


def _distinct(values: Iterable[str]) -> bool:
    entries = list(values)
    return len(entries) == len(set(entries))


def _called(names: Sequence[str]) -> tuple[str, str]:
    return listed(map(_word, names))


def _word(name: str) -> tuple[str, str]:
    field, _, part = name.partition(".")
    zh, en = ROUND_FIELDS[field]
    if not part:
        return zh, en
    part_zh, part_en = PHASES[PhaseName(part)] if field == "phases" else CATEGORIES[BaseCategory(part)]
    return f"{zh}（{part_zh}）", f"{en} ({part_en})"


def invalid_round(wrong: Sequence[str]) -> Refusal:
    """The refusal of a round with wrong parts, by the graph's names."""
    return INVALID_ROUND(detail=_called(wrong), fields=list(wrong))


def _past_the_next(name: PhaseName, following: PhaseName, limit: date) -> Refusal:
    zh, en = PHASES[following]
    if following is PhaseName.TRAIN and name is not following:
        why = (
            f"须在{zh}开始（{limit}）前截止，该日期仅可在其开始前更正",
            f"it ends by {limit}, when {en} opens, a day that is amended before it has come or stays",
        )
    else:
        why = (f"不得晚于{zh}的日期（{limit}），可先延长后者", f"it ends by {limit}, as {en} does: extend that first")
    return _not_monotonic(name, *why, following=following.value, limit=limit.isoformat())


def _not_monotonic(phase: PhaseName, zh: str, en: str, **details: Any) -> Refusal:
    name_zh, name_en = PHASES[phase]
    return CALENDAR_NOT_MONOTONIC(detail=(f"{name_zh}{zh}", f"{name_en}: {en}"), phase=phase.value, **details)
