"""A round is opened, and its phases are extended (R1)."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from kernel.dates import today
from kernel.errors import Refusal
from services.catalog.domain.events import PhaseExtended, PhaseWindow, RoundOpened
from services.catalog.domain.labels import CATEGORIES, PHASES, ROUND_FIELDS, listed
from services.catalog.domain.refusals import (
    CALENDAR_NOT_MONOTONIC,
    CALENDAR_OUTSIDE_YEAR,
    INVALID_EXTENSION,
    INVALID_ROUND,
    ROUND_INCOMPLETE,
)
from services.catalog.domain.round import DurationNorm, Phase, PhaseOverride, Round, require_reason
from services.catalog.domain.vocabulary import KINDS, BaseCategory, PhaseName

_YEARS = range(2000, 3000)


def open_round(draft: Round, now: datetime) -> tuple[Round, list[RoundOpened]]:
    """Open a round whose calendar, quotas and themes are in order (R1).

    Raises:
        Refusal: `CALENDAR_NOT_MONOTONIC`, `CALENDAR_OUTSIDE_YEAR`, `ROUND_INCOMPLETE` or `INVALID_ROUND`.
    """
    _check_calendar(draft.phases, draft.year)
    if missing := _missing(draft):
        raise incomplete(missing)
    if wrong := _wrong(draft):
        raise _invalid(wrong)
    opened = replace(draft, opened_at=now)
    return opened, [RoundOpened(year=opened.year, title=opened.title, calendar=calendar_of(opened))]


def extend_phase(
    current: Round, phase: PhaseName, closes: date, *, reason: str, by: str, now: datetime
) -> tuple[Round, list[PhaseExtended]]:
    """Give a phase a later last day, reopening it if it is over; what follows is never shifted (R1).

    A phase ends no later than the next, which is extended first; the bases' decisions (R23) end no later than training
    opens, and that day stays. Training ends in the round's year or the one after.

    Raises:
        Refusal: `CALENDAR_NOT_MONOTONIC`: not later than it is, or past what follows; `CALENDAR_OUTSIDE_YEAR`;
            `INVALID_EXTENSION`: over before it is given; `REASON_MISSING`.
    """
    require_reason(reason, "R1")
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
    phases = tuple(replace(known, closes=closes) if known.name is phase else known for known in current.phases)
    _check_calendar(phases, current.year)
    override = PhaseOverride(phase, closes, reason, now, before, by)
    extended = replace(current, phases=phases, overrides=(*current.overrides, override))
    event = PhaseExtended(year=current.year, phase=phase, closes=closes, reason=reason, calendar=calendar_of(extended))
    return extended, [event]


def calendar_of(current: Round) -> dict[str, PhaseWindow]:
    """The phases as events carry them: first and last day by phase name."""
    return {phase.name.value: PhaseWindow(opens=phase.opens, closes=phase.closes) for phase in current.phases}


def incomplete(missing: Sequence[str]) -> Refusal:
    """The refusal of a round that lacks something, by the graph's names; `quotas.PRINCIPAL` is one category's."""
    return ROUND_INCOMPLETE(detail=_called(missing), missing=list(missing))


def _check_calendar(phases: tuple[Phase, ...], year: int) -> None:
    names = tuple(phase.name for phase in phases)
    if missing := [name for name in PhaseName if name not in names]:
        raise incomplete([f"phases.{name}" for name in missing])
    if names != tuple(PhaseName):
        raise _invalid(["phases"])
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


def _missing(draft: Round) -> list[str]:
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


def _wrong(draft: Round) -> list[str]:
    """The parts whose values cannot be right (R1, R8, R9, R11, R14, R15, R43)."""
    dimensions, themes = ([(one.code, one.name) for one in these] for these in (draft.review_dimensions, draft.themes))
    right = {
        "year": draft.year in _YEARS,
        "phases": draft.phases[0].opens.year in _YEARS,
        "quotas": _distinct(one.category for one in draft.quotas) and all(one.limit >= 0 for one in draft.quotas),
        "durationNorms": _distinct(one.kind for one in draft.duration_norms)
        and all(_is_norm(one) for one in draft.duration_norms),
        "themes": _named(themes),
        "reviewDimensions": _named(dimensions),
        "expertsPerProject": draft.experts_per_project >= 1,
        "contacts": all(one.department.strip() and "".join(one.phones).strip() for one in draft.contacts),
    }
    return [name for name, holds in right.items() if not holds]


def _is_norm(norm: DurationNorm) -> bool:
    return norm.kind in KINDS[norm.category] and 1 <= norm.least <= norm.days <= norm.most


def _named(rows: Sequence[tuple[str, str]]) -> bool:
    """Whether every code and name says something, and each code is there once."""
    return all(code.strip() and name.strip() for code, name in rows) and _distinct(code for code, _ in rows)


def _distinct(values: Iterable[str]) -> bool:
    found = list(values)
    return len(found) == len(set(found))


def _called(names: Sequence[str]) -> tuple[str, str]:
    return listed(map(_word, names))


def _word(name: str) -> tuple[str, str]:
    field, _, part = name.partition(".")
    zh, en = ROUND_FIELDS[field]
    if not part:
        return zh, en
    part_zh, part_en = PHASES[PhaseName(part)] if field == "phases" else CATEGORIES[BaseCategory(part)]
    return f"{zh}（{part_zh}）", f"{en} ({part_en})"


def _invalid(wrong: list[str]) -> Refusal:
    return INVALID_ROUND(detail=_called(wrong), fields=wrong)


def _past_the_next(name: PhaseName, following: PhaseName, limit: date) -> Refusal:
    zh, en = PHASES[following]
    if following is PhaseName.TRAIN and name is not following:
        why = (
            f"须在{zh}开始（{limit}）前截止，该日期不能变更",
            f"it ends by {limit}, when {en} opens, and that day stays",
        )
    else:
        why = (f"不得晚于{zh}的日期（{limit}），可先延长后者", f"it ends by {limit}, as {en} does: extend that first")
    return _not_monotonic(name, *why, following=following.value, limit=limit.isoformat())


def _not_monotonic(phase: PhaseName, zh: str, en: str, **details: Any) -> Refusal:
    name_zh, name_en = PHASES[phase]
    return CALENDAR_NOT_MONOTONIC(detail=(f"{name_zh}{zh}", f"{name_en}: {en}"), phase=phase.value, **details)
