"""Correcting an open round: freely what nothing depends on yet, what is in use only forward (R1)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from kernel.free_text import Reason
from services.catalog.domain.events import RoundAmended
from services.catalog.domain.labels import listed
from services.catalog.domain.opening import (
    calendar_of,
    incomplete,
    invalid_round,
    missing_parts,
    steps_of,
    with_checked_texts,
    with_settled_steps,
    wrong_parts,
)
from services.catalog.domain.refusals import NOTHING_CHANGED, ROUND_IN_USE
from services.catalog.domain.round import Round, RoundAmendment
from services.catalog.domain.vocabulary import BaseCategory

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
}
"""What may be amended, by the domain's and the graph's names; phases move by an extension only."""

OF_PLANS = frozenset({"duration_norms", "themes"})
"""The parts by which plans are written and checked (R8, R9): the bases are told of a change."""


@dataclass(frozen=True, slots=True)
class Use:
    """What depends on a round.

    Attributes:
        categories: Of bases that have projects in it, however far.
        themes: Codes of the themes that its projects name.
        reviewed: Whether a review has begun, or ever did.
        under_review: Whether a project is under review now.
        bases: Ids of the bases that stand.
    """

    categories: frozenset[BaseCategory] = frozenset()
    themes: frozenset[str] = frozenset()
    reviewed: bool = False
    under_review: bool = False
    bases: tuple[str, ...] = ()


def amend_round(
    current: Round, amended: Round, use: Use, *, reason: Reason, actor: str, now: datetime
) -> tuple[Round, list[RoundAmended]]:
    """Correct parts of an open round.

    Freely: title, contacts, the days to completion, steps that open no phase; whatever nothing depends on; duration
    norms, which plans that were handed in before keep as they were (R9). Only forward: more quota (R11) and further
    themes (R8). Not any more: the review's dimensions once a review has begun (R15), the number of experts while a
    project is under review (R14).

    Args:
        current: The round.
        amended: The round with the new parts, as they were typed.
        use: What depends on it.
        reason: Why.
        actor: Who acts, as the audit names them.
        now: Domain time, aware.

    Raises:
        Refusal: `INVALID_TEXT`, `NOTHING_CHANGED`, `ROUND_INCOMPLETE`, `INVALID_ROUND` or `ROUND_IN_USE`.
    """
    amended = with_settled_steps(with_checked_texts(amended))
    changed = [field for field in PARTS if getattr(current, field) != getattr(amended, field)]
    names = [PARTS[field] for field in changed]
    if not changed:
        raise NOTHING_CHANGED(rule="R1")
    if missing := missing_parts(amended):
        raise incomplete(missing)
    # A part that is not touched may be older than its bounds.
    if wrong := [name for name in wrong_parts(amended) if name in names]:
        raise invalid_round(wrong)
    if stuck := [(PARTS[field], why) for field in changed if (why := _stuck(field, current, amended, use))]:
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


def _stuck(field: str, current: Round, amended: Round, use: Use) -> tuple[str, str] | None:
    """Why a part cannot change in this way; None where it can."""
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


_RULES: Mapping[str, Callable[[Round, Round, Use], tuple[str, str] | None]] = {
    "quotas": _quotas,
    "themes": _themes,
    "review_dimensions": _dimensions,
    "experts_per_project": _experts,
}


def _texts(current: Round, changed: list[str]) -> dict[str, str]:
    """The changed parts as JSON, by the graph's names, for the audit (R40)."""
    return {PARTS[field]: _json(getattr(current, field)) for field in changed}


def _json(part: Any) -> str:
    return json.dumps(part, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else asdict(value)
