"""Correcting an open round: freely what nothing depends on yet, what is in use only forward (R1)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from kernel.dates import today
from kernel.free_text import Reason
from services.catalog.domain.events import RoundAmended
from services.catalog.domain.labels import PHASES, listed
from services.catalog.domain.opening import (
    calendar_of,
    check_calendar,
    incomplete,
    invalid_round,
    missing_parts,
    steps_of,
    with_checked_texts,
    with_settled_steps,
    wrong_parts,
)
from services.catalog.domain.refusals import NOTHING_CHANGED, ROUND_IN_USE
from services.catalog.domain.round import Phase, PhaseOverride, Round, RoundAmendment
from services.catalog.domain.vocabulary import BaseCategory, PhaseName

PARTS: Mapping[str, str] = {
    "title": "title",
    "quotas": "quotas",
    "duration_norms": "durationNorms",
    "themes": "themes",
    "review_dimensions": "reviewDimensions",
    "experts_per_project": "expertsPerProject",
    "contacts": "contacts",
    "completion_days": "completionDays",
    "steps": "steps",
    "phases": "phases",
    "plan_limits": "planLimits",
}
"""What may be amended, by the domain's and the graph's names."""

OF_PLANS = frozenset({"duration_norms", "themes", "phases", "plan_limits"})
"""The parts by which plans are written and checked (R7, R8, R9, R28): the bases are told of a change."""


@dataclass(frozen=True, slots=True)
class Use:
    """What depends on a round.

    Attributes:
        categories: Of bases that have projects in it, however far.
        themes: Codes of the themes that its projects name.
        reviewed: Whether a review has begun, or ever did.
        under_review: Whether a project is under review now.
        handed_in: Whether a plan was ever handed in.
        first_day: The earliest first day of the trainings that are planned and not withdrawn.
        last_day: The latest last day of those that have no extension of their own (R28).
        bases: Ids of the bases that stand.
    """

    categories: frozenset[BaseCategory] = frozenset()
    themes: frozenset[str] = frozenset()
    reviewed: bool = False
    under_review: bool = False
    handed_in: bool = False
    first_day: date | None = None
    last_day: date | None = None
    bases: tuple[str, ...] = ()


def amend_round(
    current: Round, amended: Round, use: Use, *, reason: Reason, actor: str, now: datetime
) -> tuple[Round, list[RoundAmended]]:
    """Correct parts of an open round.

    Freely: title, contacts, the days to completion, steps that open no phase; whatever nothing depends on; duration
    norms, which plans that were handed in before keep as they were (R9). Only forward: more quota (R11), further themes
    (R8), wider limits of plans once some are handed in (R7). Phases: the days of one that has not begun, and the end of
    one that was extended, which may be taken back to a day that is still to come, around the planned trainings (R28);
    a later end is an extension. Not any more: the review's dimensions once a review has begun (R15), the number of
    experts while a project is under review (R14).

    Args:
        current: The round.
        amended: The round with the new parts, as they were typed.
        use: What depends on it.
        reason: Why.
        actor: Who acts, as the audit names them.
        now: Domain time, aware.

    Raises:
        Refusal: `INVALID_TEXT`, `NOTHING_CHANGED`, `ROUND_INCOMPLETE`, `INVALID_ROUND`, `ROUND_IN_USE`,
            `CALENDAR_NOT_MONOTONIC` or `CALENDAR_OUTSIDE_YEAR`.
    """
    amended = with_checked_texts(amended)
    if amended.phases != current.phases:
        check_calendar(amended.phases, amended.year)
    amended = with_settled_steps(amended)
    changed = [field for field in PARTS if getattr(current, field) != getattr(amended, field)]
    names = [PARTS[field] for field in changed]
    if not changed:
        raise NOTHING_CHANGED(rule="R1")
    if missing := missing_parts(amended):
        raise incomplete(missing)
    # A part that is not touched may be older than its bounds.
    if wrong := [name for name in wrong_parts(amended) if name in names]:
        raise invalid_round(wrong)
    if stuck := [(PARTS[field], why) for field in changed if (why := _stuck(field, current, amended, use, today(now)))]:
        raise ROUND_IN_USE(detail=listed(why for _, why in stuck), fields=[name for name, _ in stuck])
    norms = current.duration_norms if "duration_norms" in changed else None
    amendment = RoundAmendment(tuple(names), reason.text, now, actor, norms)
    result = replace(amended, amendments=(*current.amendments, amendment))
    event = RoundAmended(
        year=result.year,
        title=result.title,
        changed=tuple(names),
        reason=reason.text,
        parts_before=_texts(current, changed),
        parts_after=_texts(result, changed),
        calendar=calendar_of(result),
        steps=steps_of(result),
        bases=use.bases if OF_PLANS.intersection(changed) else (),
        quotas=result.quotas_by_category,
    )
    return result, [event]


def _stuck(field: str, current: Round, amended: Round, use: Use, day: date) -> tuple[str, str] | None:
    """Why a part cannot change in this way; None where it can."""
    if field == "phases":
        return _phases(current, amended, use, day)
    rule = _RULES.get(field)
    return rule(current, amended, use) if rule else None


def _quotas(current: Round, amended: Round, use: Use) -> tuple[str, str] | None:
    if any(amended.quota_of(category) < current.quota_of(category) for category in use.categories):
        return "项目数量已有基地使用，只能增加", "the quota of a category that has projects only rises"
    return None


def _themes(current: Round, amended: Round, use: Use) -> tuple[str, str] | None:
    kept = set(amended.themes)
    if any(theme.code in use.themes and theme not in kept for theme in current.themes):
        return "已有项目选用的主题不能删除或修改，只能另行增加", "a theme that a project names stays as it is"
    return None


def _dimensions(_: Round, __: Round, use: Use) -> tuple[str, str] | None:
    return ("评审已开始，评审维度不能变更", "review has begun: its dimensions stay") if use.reviewed else None


def _experts(_: Round, __: Round, use: Use) -> tuple[str, str] | None:
    if use.under_review:
        return "有项目正在评审，每个项目的专家数暂不能变更", "while a project is under review its experts stay"
    return None


def _limits(current: Round, amended: Round, use: Use) -> tuple[str, str] | None:
    before, after = asdict(current.plan_limits), asdict(amended.plan_limits)
    if use.handed_in and any(after[name] < before[name] for name in before):
        return "已有提交的方案，方案限值只能放宽", "once a plan is handed in, the limits of plans only widen"
    return None


def _phases(current: Round, amended: Round, use: Use, day: date) -> tuple[str, str] | None:
    for before, after in zip(current.phases, amended.phases, strict=True):
        zh, en = PHASES[before.name]
        if before != after and not _may_move(before, after, current.overrides_of(before.name), day):
            return (
                f"{zh}：未开始的阶段可更正为今日及以后，已开始的只能将延期缩短至今日之后；延后截止请用延长",
                f"{en}: it moves before it begins, and then only an extension is shortened, to a day after today",
            )
    train = amended.phase(PhaseName.TRAIN)
    if use.first_day and train.opens > use.first_day:
        return f"已有培训自{use.first_day}开始", f"a training is planned from {use.first_day} on"
    if use.last_day and train.closes < use.last_day:
        return f"已有培训安排至{use.last_day}", f"a training is planned until {use.last_day}"
    return None


def _may_move(before: Phase, after: Phase, extensions: tuple[PhaseOverride, ...], day: date) -> bool:
    """Whether a phase may have other days: before it has begun, or to take an extension back."""
    if before.opens > day:
        return after.opens >= day
    least = min((extension.before or date.min for extension in extensions), default=before.closes)
    return after.opens == before.opens and max(least, day + timedelta(days=1)) <= after.closes < before.closes


_RULES: Mapping[str, Callable[[Round, Round, Use], tuple[str, str] | None]] = {
    "quotas": _quotas,
    "themes": _themes,
    "review_dimensions": _dimensions,
    "experts_per_project": _experts,
    "plan_limits": _limits,
}


def _texts(current: Round, changed: list[str]) -> dict[str, str]:
    """The changed parts as JSON, by the graph's names, for the audit (R40)."""
    return {PARTS[field]: _json(getattr(current, field)) for field in changed}


def _json(part: Any) -> str:
    return json.dumps(part, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else asdict(value)
