"""R1: one calendar, inclusive dates, half-open instants, extensions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.graph import SubgraphContext
from chassis.principal import Principal, Scope
from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from services.catalog.commands import Deps
from services.catalog.domain.opening import extend_phase, open_round
from services.catalog.domain.round import Contact, Phase, ReviewDimension, Theme
from services.catalog.domain.vocabulary import BaseCategory, PhaseName
from services.catalog.graph.context import Context
from services.catalog.graph.rounds import Round as ShownRound
from tests.unit.catalog.examples import DECLARING, round_2024, why

QUOTAS = round_2024().quotas
NORM = round_2024().duration_norms[0]


def read_at(now: datetime) -> Context:
    """The context of a request at `now`; nothing but the clock is asked for."""
    deps = SimpleNamespace(clock=SimpleNamespace(now=lambda: now))
    return SubgraphContext(cast("Deps", deps), Principal(subject="anybody", scope=Scope.PUBLIC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2024-03-27T23:59:59.999999", False),
        ("2024-03-28T00:00:00", True),
        ("2024-05-06T23:59:59.999999", True),
        ("2024-05-07T00:00:00", False),
    ],
)
def test_the_last_day_is_included_to_its_last_microsecond(now: str, is_open: bool) -> None:
    """R1: a deadline is the half-open instant before the next midnight in Shanghai."""
    assert round_2024().is_open(PhaseName.DECLARE, at(now)) is is_open


def test_the_phases_open_in_mid_may_are_enrollment_and_the_bases_decisions() -> None:
    assert round_2024().open_phases(at("2024-05-15T12:00")) == (PhaseName.ENROL, PhaseName.ADMIT)


def test_quotas_and_norms_are_the_notices() -> None:
    """R9, R11: three, twenty and fifteen projects, and 30 % about each duration."""
    current = round_2024()
    assert [current.quota_of(category) for category in BaseCategory] == [3, 20, 15]
    assert {norm.kind.value: (norm.least, norm.days, norm.most) for norm in current.duration_norms} == {
        "LEADERSHIP": (4, 5, 6),
        "TEACHING": (5, 7, 9),
        "SKILL_TRAINING": (7, 10, 13),
        "JOB_PRACTICE": (11, 15, 19),
    }


def test_r43_the_help_lines_are_the_notices_numbers_and_name_no_official() -> None:
    contacts = {contact.department: (contact.phones, contact.note) for contact in round_2024().contacts}
    assert contacts == {
        "教育部教师工作司": (("010-66096194", "010-66097715"), None),
        "系统管理平台": (("4008757650",), "语音提示后拨数字2"),
    }
    assert set(Contact.__slots__) == {"department", "phones", "note"}


def test_opening_tells_the_calendar() -> None:
    _, (event,) = open_round(round_2024(), DECLARING)
    assert event.calendar["DECLARE"].closes == date(2024, 5, 6)
    assert event.province == "00"


@given(phase=st.sampled_from(list(PhaseName)), days=st.integers(1, 400))
def test_a_phase_that_closes_before_it_opens_is_refused(phase: PhaseName, days: int) -> None:
    current = round_2024()
    phases = tuple(
        replace(each, closes=each.opens - timedelta(days=days)) if each.name is phase else each
        for each in current.phases
    )
    with pytest.raises(Refusal) as refused:
        open_round(replace(current, phases=phases), DECLARING)
    assert refused.value.code == "CALENDAR_NOT_MONOTONIC"
    assert refused.value.rule == "R1"


@pytest.mark.parametrize(
    ("phase", "closes"),
    [
        (PhaseName.DECLARE, date(2024, 5, 11)),
        (PhaseName.ENROL, date(2024, 5, 25)),
        (PhaseName.ADMIT, date(2024, 5, 31)),
    ],
)
def test_a_deadline_after_the_one_that_follows_it_is_refused(phase: PhaseName, closes: date) -> None:
    """R1: dates that are not monotonic are refused."""
    current = round_2024()
    phases = tuple(replace(each, closes=closes) if each.name is phase else each for each in current.phases)
    with pytest.raises(Refusal, match="阶段日期"):
        open_round(replace(current, phases=phases), DECLARING)


def test_a_round_without_a_categorys_themes_and_quota_says_both() -> None:
    current = round_2024()
    partial = replace(
        current,
        quotas=tuple(part for part in current.quotas if part.category is not BaseCategory.PRINCIPAL),
        themes=tuple(part for part in current.themes if part.category is not BaseCategory.PRINCIPAL),
    )
    with pytest.raises(Refusal) as refused:
        open_round(partial, DECLARING)
    assert refused.value.details["missing"] == ["quotas.PRINCIPAL", "themes.PRINCIPAL"]


def test_a_phase_missing_from_the_calendar_is_refused() -> None:
    current = round_2024()
    with pytest.raises(Refusal) as refused:
        open_round(replace(current, phases=current.phases[:-1]), DECLARING)
    assert refused.value.code == "ROUND_INCOMPLETE"


def test_an_extension_reopens_a_phase_and_is_remembered_with_its_reason() -> None:
    late = at("2024-05-08T10:00")
    extended, (event,) = extend_phase(
        round_2024(), PhaseName.DECLARE, date(2024, 5, 9), reason=why("系统故障"), actor="张处", now=late
    )
    assert extended.is_open(PhaseName.DECLARE, late)
    assert extended.overrides[0].reason == event.reason == "系统故障"
    assert event.calendar["DECLARE"].closes == date(2024, 5, 9)


def test_a_phase_extended_twice_keeps_both_with_what_was_before_and_who_did_it() -> None:
    current = round_2024()
    for closes, by in ((date(2024, 5, 8), "张处"), (date(2024, 5, 10), "李处")):
        current, _ = extend_phase(
            current, PhaseName.DECLARE, closes, reason=why("系统故障"), actor=by, now=at("2024-05-08T10:00")
        )
    assert [
        (override.before, override.closes, override.by) for override in current.overrides_of(PhaseName.DECLARE)
    ] == [
        (date(2024, 5, 6), date(2024, 5, 8), "张处"),
        (date(2024, 5, 8), date(2024, 5, 10), "李处"),
    ]
    assert current.overrides_of(PhaseName.ENROL) == ()
    with pytest.raises(Refusal, match="阶段日期"):
        extend_phase(current, PhaseName.DECLARE, date(2024, 5, 9), reason=why(), actor="张处", now=DECLARING)


def test_an_extension_that_is_over_before_it_is_given_is_refused_and_one_until_today_is_not() -> None:
    late = at("2024-05-09T00:00")
    with pytest.raises(Refusal) as refused:
        extend_phase(round_2024(), PhaseName.DECLARE, date(2024, 5, 8), reason=why(), actor="张处", now=late)
    assert (refused.value.code, refused.value.rule) == ("INVALID_EXTENSION", "R1")
    today, _ = extend_phase(round_2024(), PhaseName.DECLARE, date(2024, 5, 9), reason=why(), actor="张处", now=late)
    assert today.is_open(PhaseName.DECLARE, late)


def test_what_follows_is_not_shifted_but_named_and_makes_room_when_it_is_extended_first() -> None:
    current, extend = round_2024(), date(2024, 5, 22)
    with pytest.raises(Refusal) as refused:
        extend_phase(current, PhaseName.REVIEW, extend, reason=why(), actor="张处", now=DECLARING)
    assert refused.value.details == {"phase": "REVIEW", "following": "ENROL", "limit": "2024-05-20"}
    wider, _ = extend_phase(current, PhaseName.ENROL, extend, reason=why(), actor="张处", now=DECLARING)
    moved, _ = extend_phase(wider, PhaseName.REVIEW, extend, reason=why(), actor="张处", now=DECLARING)
    assert [phase.closes.day for phase in moved.phases] == [6, 22, 22, 24, 30]
    with pytest.raises(Refusal) as refused:
        extend_phase(moved, PhaseName.ADMIT, date(2024, 5, 31), reason=why(), actor="张处", now=DECLARING)
    assert refused.value.details == {"phase": "ADMIT", "following": "TRAIN", "limit": "2024-05-30"}


@pytest.mark.parametrize(
    ("now", "phases", "opening", "closing"),
    [
        ("2024-03-27T23:59:59.999", [], 1, 40 * 86_400 + 1),
        ("2024-03-28T00:00", ["DECLARE", "REVIEW"], 0, 40 * 86_400),
        ("2024-05-06T00:00", ["DECLARE", "REVIEW", "ENROL", "ADMIT"], 0, 86_400),
        ("2024-05-06T23:59:59.999", ["DECLARE", "REVIEW", "ENROL", "ADMIT"], 0, 1),
        ("2024-05-07T00:00", ["REVIEW", "ENROL", "ADMIT"], 0, 0),
    ],
)
def test_what_is_open_and_the_countdowns_are_right_at_the_edges(
    now: str, phases: list[str], opening: int, closing: int
) -> None:
    for zone in (SHANGHAI, UTC):
        shown = ShownRound.of(round_2024(), read_at(at(now).astimezone(zone)))
        declare = shown.phases[0]
        assert shown.open_phases == [PhaseName(name) for name in phases]
        assert declare.open is ("DECLARE" in phases)
        assert (declare.seconds_to_opening, declare.seconds_to_closing) == (opening, closing)


@pytest.mark.parametrize(
    "closes", [date(2024, 5, 6), date(2024, 5, 11)], ids=["extends nothing", "passes the next deadline"]
)
def test_an_extension_that_extends_nothing_or_passes_the_next_deadline_is_refused(closes: date) -> None:
    with pytest.raises(Refusal) as refused:
        extend_phase(round_2024(), PhaseName.DECLARE, closes, reason=why(), actor="张处", now=DECLARING)
    assert refused.value.code == "CALENDAR_NOT_MONOTONIC"


@given(opens=st.dates(date(2020, 1, 1), date(2030, 1, 1)), length=st.integers(0, 200), moment=st.datetimes())
def test_a_phase_is_open_exactly_on_its_days(opens: date, length: int, moment: datetime) -> None:
    phase = Phase(PhaseName.TRAIN, opens, opens + timedelta(days=length))
    assert phase.is_open(moment.replace(tzinfo=SHANGHAI)) == (phase.opens <= moment.date() <= phase.closes)


@pytest.mark.parametrize("closes", [date(2026, 1, 1), date.max])
def test_no_phase_goes_beyond_the_next_year(closes: date) -> None:
    """R1: what nobody can add a day to would make the round unreadable."""
    current = round_2024()
    far = tuple(replace(each, closes=closes) if each.name is PhaseName.TRAIN else each for each in current.phases)
    with pytest.raises(Refusal) as opening:
        open_round(replace(current, phases=far), DECLARING)
    with pytest.raises(Refusal) as extending:
        extend_phase(current, PhaseName.TRAIN, closes, reason=why(), actor="张处", now=DECLARING)
    assert {opening.value.code, extending.value.code} == {"CALENDAR_OUTSIDE_YEAR"}
    longer, _ = extend_phase(current, PhaseName.TRAIN, date(2025, 12, 31), reason=why(), actor="张处", now=DECLARING)
    assert longer.phase(PhaseName.TRAIN).until_instant == at("2026-01-01T00:00")


def test_training_ends_in_the_rounds_year_or_the_next() -> None:
    with pytest.raises(Refusal, match="2026年或2027年"):
        open_round(replace(round_2024(), year=2026), DECLARING)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quotas": (*QUOTAS[1:], replace(QUOTAS[0], limit=-1))}, "quotas"),
        ({"quotas": (*QUOTAS, QUOTAS[0])}, "quotas"),
        ({"duration_norms": (replace(NORM, least=9),)}, "durationNorms"),
        ({"duration_norms": (replace(NORM, most=4),)}, "durationNorms"),
        ({"duration_norms": (replace(NORM, least=0),)}, "durationNorms"),
        ({"duration_norms": (replace(NORM, category=BaseCategory.ENTERPRISE_PRACTICE),)}, "durationNorms"),
        ({"duration_norms": (NORM, replace(NORM, days=4))}, "durationNorms"),
        ({"themes": (*round_2024().themes, Theme(" ", BaseCategory.PRINCIPAL, "主题"))}, "themes"),
        ({"themes": (*round_2024().themes, round_2024().themes[0])}, "themes"),
        ({"review_dimensions": (ReviewDimension("FEE", " "),)}, "reviewDimensions"),
        ({"review_dimensions": (ReviewDimension("FEE", "收费"),) * 2}, "reviewDimensions"),
        ({"experts_per_project": 0}, "expertsPerProject"),
        ({"experts_per_project": 1}, "expertsPerProject"),
        ({"experts_per_project": 16}, "expertsPerProject"),
        ({"experts_per_project": 99}, "expertsPerProject"),
        ({"quotas": (*QUOTAS[1:], replace(QUOTAS[0], limit=201))}, "quotas"),
        ({"duration_norms": (replace(NORM, days=366, most=366),)}, "durationNorms"),
        ({"duration_norms": (replace(NORM, most=11),)}, "durationNorms"),
        ({"completion_days": 0}, "completionDays"),
        ({"completion_days": 731}, "completionDays"),
        ({"contacts": (Contact("教师工作司", (" ",)),)}, "contacts"),
        ({"contacts": (Contact("教师工作司", ("张三 110101196101010107",)),)}, "contacts"),
        ({"contacts": (Contact("教师工作司", ("110101196101010107",)),)}, "contacts"),
        ({"phases": (replace(round_2024().phases[0], opens=date.min), *round_2024().phases[1:])}, "phases"),
        (
            {"year": 1999, "phases": tuple(Phase(name, date(2000, 1, 1), date(2000, 1, 1)) for name in PhaseName)},
            "year",
        ),
    ],
)
def test_data_that_cannot_be_right_is_refused_with_its_part(changes: dict[str, Any], field: str) -> None:
    """R1, R8, R9, R11, R14, R15, R43: each part of the round."""
    with pytest.raises(Refusal) as refused:
        open_round(replace(round_2024(), **changes), DECLARING)
    assert (refused.value.code, refused.value.details["fields"]) == ("INVALID_ROUND", [field])
    assert not any(letter.isascii() for letter in refused.value.zh)


def test_the_bases_decisions_end_no_later_than_training_opens_and_the_refusal_says_when_that_moves() -> None:
    """R1, R23: an extension cannot make room there."""
    with pytest.raises(Refusal, match="基地核准须在培训实施开始（2024-05-30）前截止，该日期仅可在其开始前更正"):
        extend_phase(round_2024(), PhaseName.ADMIT, date(2024, 5, 31), reason=why(), actor="张处", now=DECLARING)
    with pytest.raises(Refusal, match="可先延长后者"):
        extend_phase(round_2024(), PhaseName.ENROL, date(2024, 5, 25), reason=why(), actor="张处", now=DECLARING)
