"""R1, R7, R8, R9, R11, R14, R15, R28: an open round is corrected, freely where nothing depends on it, else forward."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kernel.errors import Refusal
from services.catalog.domain import declaration
from services.catalog.domain.opening import extend_phase
from services.catalog.domain.quota import Quota, adjust, follow_round
from services.catalog.domain.round import CategoryQuota, Contact, ReviewDimension, Round, Theme
from services.catalog.domain.round_amendment import Use, amend_round
from services.catalog.domain.vocabulary import BaseCategory, PhaseName
from tests.unit.catalog.examples import DECLARING, a_base, a_draft, a_submitted, round_2024, why

CURRENT = round_2024()
NOBODY = Use()
BUSY = Use(frozenset(BaseCategory), frozenset({"D3"}), reviewed=True, under_review=True)
DQT = BaseCategory.DUAL_QUALIFIED_TEACHER
FEWER = tuple(replace(quota, limit=quota.limit - 1) for quota in CURRENT.quotas)
MORE = tuple(replace(quota, limit=quota.limit + 1) for quota in CURRENT.quotas)
FURTHER = (*CURRENT.themes, Theme("D99", DQT, "人工智能素养"))
WITHOUT_D3 = tuple(theme for theme in CURRENT.themes if theme.code != "D3")
RENAMED = tuple(replace(theme, name="另一名称") if theme.code == "D3" else theme for theme in CURRENT.themes)
DIMENSIONS = (ReviewDimension("FEE", "收费标准"),)
LINE = (Contact("教育部教师工作司", ("010-66090000",)),)
NORMS = tuple(replace(norm, most=norm.days * 2) for norm in CURRENT.duration_norms)


def amended(use: Use, **changes: Any) -> Any:
    return amend_round(CURRENT, replace(CURRENT, **changes), use, reason=why("更正"), actor="张处", now=DECLARING)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"quotas": FEWER}, "quotas"),
        ({"themes": WITHOUT_D3}, "themes"),
        ({"themes": RENAMED}, "themes"),
        ({"review_dimensions": DIMENSIONS}, "reviewDimensions"),
        ({"experts_per_project": 3}, "expertsPerProject"),
    ],
)
def test_r1_what_is_in_use_changes_only_forward(changes: dict[str, Any], part: str) -> None:
    with pytest.raises(Refusal) as refused:
        amended(BUSY, **changes)
    assert (refused.value.code, refused.value.details["fields"]) == ("ROUND_IN_USE", [part])
    result, (event,) = amended(NOBODY, **changes)
    assert event.changed == (part,)
    assert event.parts_before[part] != event.parts_after[part]
    assert result.amendments[-1].reason == event.reason == "更正"
    assert result.amendments[-1].by == "张处"


@pytest.mark.parametrize(
    "changes",
    [
        {"quotas": MORE},
        {"themes": FURTHER},
        {"contacts": LINE},
        {"title": "2024年国培"},
        {"completion_days": 30},
        {"duration_norms": NORMS},
    ],
)
def test_r1_more_quota_new_themes_contacts_and_norms_of_drafts_may_be_amended_at_any_time(
    changes: dict[str, Any],
) -> None:
    result, (event,) = amended(BUSY, **changes)
    assert {field: getattr(result, field) for field in changes} == changes
    assert event.calendar.keys() == {phase.name.value for phase in CURRENT.phases}


def test_r1_an_amendment_keeps_the_bounds_of_opening_and_changes_something() -> None:
    with pytest.raises(Refusal) as out_of_bounds:
        amended(NOBODY, experts_per_project=99)
    assert (out_of_bounds.value.code, out_of_bounds.value.details["fields"]) == ("INVALID_ROUND", ["expertsPerProject"])
    with pytest.raises(Refusal) as nothing:
        amended(NOBODY)
    assert (nothing.value.code, nothing.value.rule) == ("NOTHING_CHANGED", "R1")
    with pytest.raises(Refusal) as lacking:
        amended(NOBODY, themes=tuple(theme for theme in CURRENT.themes if theme.category is not DQT))
    assert lacking.value.code == "ROUND_INCOMPLETE"


def test_r14_a_round_opened_with_99_experts_before_the_bounds_can_be_mended() -> None:
    stuck = replace(CURRENT, experts_per_project=99)
    others = replace(stuck, title="2024年国培")
    assert amend_round(stuck, others, BUSY, reason=why(), actor="张处", now=DECLARING)[0].title == "2024年国培"
    mended = replace(stuck, experts_per_project=3)
    assert amend_round(stuck, mended, NOBODY, reason=why(), actor="张处", now=DECLARING)[0].experts_per_project == 3


def test_r9_amended_norms_are_for_drafts_and_a_plan_handed_in_before_keeps_its_own() -> None:
    narrow = tuple(replace(norm, least=norm.days + 1, days=norm.days + 1) for norm in CURRENT.duration_norms)
    later = DECLARING + timedelta(hours=1)
    result, _ = amend_round(
        CURRENT, replace(CURRENT, duration_norms=narrow), BUSY, reason=why(), actor="张处", now=later
    )
    draft, before = a_draft(), a_submitted()
    again = replace(before, status=type(before.status).RETURNED)
    assert [advice.rule for advice in _updated(draft, result).warnings] == ["R9"]
    assert _updated(again, result).warnings == ()


def _updated(project: Any, current: Any) -> Any:
    plan = replace(project.plan, title="修订稿")
    return declaration.update(project, a_base(), current, kind=None, plan=plan, now=DECLARING)[0]


def test_r11_a_quota_that_follows_names_its_base_falls_too_and_stays_where_its_base_has_ended() -> None:
    granted = Quota(id="b:2024", version=1, base="b", year=2024, province="44", limit=20)
    moved = follow_round(granted, limit=15, reason=why(), now=DECLARING, base_name="甲基地")
    assert moved
    quota, (event,) = moved
    assert (quota.limit, event.before, event.limit, event.base_name) == (15, 20, 15, "甲基地")
    assert event.follows_round
    ended = replace(granted, frozen=True)
    assert follow_round(ended, limit=25, reason=why(), now=DECLARING, base_name="甲基地") is None


def test_r11_r39_a_quota_rises_with_the_round_and_an_adjusted_one_stays() -> None:
    granted = Quota(id="b:2024", version=1, base="b", year=2024, province="44", limit=20, used=3)
    raised = follow_round(granted, limit=25, reason=why("扩容"), now=DECLARING)
    assert raised
    quota, (event,) = raised
    assert (quota.limit_on(DECLARING.date()), event.before, event.limit, event.used) == (25, 20, 25, 3)
    adjusted, (other,) = adjust(granted, limit=9, reason=why(), effective_from=None, now=DECLARING)
    assert not other.follows_round
    kept = follow_round(adjusted, limit=25, reason=why("扩容"), now=DECLARING)
    assert kept
    assert (kept[0].limit_on(DECLARING.date()), kept[1]) == (9, [])
    assert follow_round(granted, limit=20, reason=why(), now=DECLARING) is None
    assert CategoryQuota(DQT, 20) in CURRENT.quotas


def moved(current: Round, name: PhaseName, **days: Any) -> Any:
    """The phases with other days of one of them."""
    return tuple(replace(phase, **days) if phase.name is name else phase for phase in current.phases)


def refused(current: Round, use: Use = NOBODY, *, at: Any = DECLARING, **changes: Any) -> tuple[str, Any]:
    """Code and fields of the refusal of an amendment."""
    with pytest.raises(Refusal) as why_not:
        amend_round(current, replace(current, **changes), use, reason=why(), actor="张处", now=at)
    return why_not.value.code, why_not.value.details.get("fields")


def test_r1_a_phase_that_has_not_begun_moves_and_one_that_has_keeps_its_days() -> None:
    """Declaring, only training is to come."""
    later = moved(CURRENT, PhaseName.TRAIN, opens=date(2024, 6, 3), closes=date(2024, 12, 10))
    result, (event,) = amended(BUSY, phases=later)
    assert (result.phases, event.changed) == (later, ("phases",))
    assert event.calendar["TRAIN"].opens == date(2024, 6, 3)
    assert result.amendments[-1].reason == "更正"
    before_all = DECLARING.replace(month=3, day=1)
    earlier = moved(CURRENT, PhaseName.DECLARE, opens=date(2024, 3, 1), closes=date(2024, 4, 30))
    assert amend_round(CURRENT, replace(CURRENT, phases=earlier), NOBODY, reason=why(), actor="张处", now=before_all)
    past = moved(CURRENT, PhaseName.DECLARE, opens=date(2024, 2, 28))
    assert refused(CURRENT, at=before_all, phases=past) == ("ROUND_IN_USE", ["phases"])
    for days in ({"opens": date(2024, 3, 20)}, {"closes": date(2024, 4, 30)}, {"closes": date(2024, 5, 8)}):
        begun = moved(CURRENT, PhaseName.DECLARE, **days)
        assert refused(CURRENT, phases=begun) == ("ROUND_IN_USE", ["phases"]), days


def test_r1_the_order_of_the_calendar_holds_for_an_amended_one_too() -> None:
    early = moved(CURRENT, PhaseName.TRAIN, opens=date(2024, 5, 23))
    assert refused(CURRENT, phases=early)[0] == "CALENDAR_NOT_MONOTONIC"
    wrong_year = moved(CURRENT, PhaseName.TRAIN, closes=date(2026, 1, 1))
    assert refused(CURRENT, phases=wrong_year)[0] == "CALENDAR_OUTSIDE_YEAR"
    assert refused(CURRENT, phases=CURRENT.phases[:-1])[0] == "ROUND_INCOMPLETE"


def test_r1_a_mistyped_extension_is_taken_back_to_a_day_that_is_still_to_come() -> None:
    at: dict[str, Any] = {"reason": why("故障"), "actor": "张处", "now": DECLARING}
    extended, _ = extend_phase(CURRENT, PhaseName.TRAIN, date(2025, 11, 30), **at)
    summer = DECLARING.replace(month=7)
    short = moved(extended, PhaseName.TRAIN, closes=date(2024, 12, 10))
    result, _ = amend_round(extended, replace(extended, phases=short), NOBODY, reason=why(), actor="张处", now=summer)
    assert result.phase(PhaseName.TRAIN).closes == date(2024, 12, 10)
    assert result.overrides == extended.overrides
    too_short = moved(extended, PhaseName.TRAIN, closes=date(2024, 11, 29))
    assert refused(extended, at=summer, phases=too_short) == ("ROUND_IN_USE", ["phases"])
    december = DECLARING.replace(month=12, day=10)
    assert refused(extended, at=december, phases=short) == ("ROUND_IN_USE", ["phases"])


def test_r28_training_is_not_moved_away_from_the_trainings_that_are_planned() -> None:
    planned = Use(first_day=date(2024, 6, 3), last_day=date(2024, 11, 20))
    for days in ({"opens": date(2024, 6, 4)}, {"closes": date(2024, 11, 19)}):
        assert refused(CURRENT, planned, phases=moved(CURRENT, PhaseName.TRAIN, **days)) == ("ROUND_IN_USE", ["phases"])
    around = moved(CURRENT, PhaseName.TRAIN, opens=date(2024, 6, 3), closes=date(2024, 11, 20))
    assert amended(planned, phases=around)


def test_r7_limits_of_plans_change_freely_until_one_is_handed_in_and_then_they_widen() -> None:
    narrow, wide = (replace(CURRENT.plan_limits, most_seats=seats) for seats in (500, 2000))
    handed_in = replace(NOBODY, handed_in=True)
    assert amended(NOBODY, plan_limits=narrow)[0].plan_limits == narrow
    assert amended(handed_in, plan_limits=wide)[1][0].changed == ("planLimits",)
    assert refused(CURRENT, handed_in, plan_limits=narrow) == ("ROUND_IN_USE", ["planLimits"])
    senseless = replace(CURRENT.plan_limits, usual_seats=5000)
    assert refused(CURRENT, plan_limits=senseless) == ("INVALID_ROUND", ["planLimits"])
