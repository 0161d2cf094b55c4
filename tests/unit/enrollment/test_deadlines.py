"""R21, R23: a school's own last day, and what a missed deadline of decisions makes of the undecided."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernel.dates import SHANGHAI
from kernel.errors import Refusal, Unblock
from kernel.free_text import Reason
from services.enrollment.domain.cut_off import CutOffs, key_of, require_before, set_cut_off
from services.enrollment.domain.enrollment import decide, escalate, missed_deadline, require_missed
from services.enrollment.domain.project import ADMIT, Phase
from services.enrollment.domain.vocabulary import EnrollmentDecision, EnrollmentStatus, ReasonCode
from tests.unit.enrollment.examples import CALENDAR, NOW, an_enrollment

NONE = CutOffs(id=key_of("4144100001", 2024), version=1, school="4144100001", year=2024, province="44")
DEADLINE = CALENDAR.calendar[ADMIT].closes_at
SUBMITTED = an_enrollment(EnrollmentStatus.SUBMITTED)


@given(st.dates(date(2024, 5, 12), date(2024, 5, 19)), st.integers(-86_400, 86_400))
def test_a_last_day_is_included_to_its_last_second(day: date, seconds: int) -> None:
    known, (event,) = set_cut_off(NONE, "p1", day, CALENDAR, NOW)
    assert (event.project, event.closes_on, event.province) == ("p1", day, "44")
    over = datetime.combine(day, time(), SHANGHAI) + timedelta(days=1)
    now = over + timedelta(seconds=seconds)
    require_before(known, "p2", now)
    if now < over:
        require_before(known, "p1", now)
        return
    with pytest.raises(Refusal) as refused:
        require_before(known, "p1", now)
    assert (refused.value.code, refused.value.rule, refused.value.unblock) == (
        "INNER_CUT_OFF_PASSED",
        "R21",
        Unblock.SCHOOL,
    )


@given(st.one_of(st.dates(), st.dates(date(2024, 5, 1), date(2024, 6, 9))))
@example(date.min)
@example(date.max)
def test_r21_a_cut_off_lies_between_today_and_the_national_deadline_or_is_refused(day: date) -> None:
    if date(2024, 5, 12) <= day < date(2024, 5, 20):
        assert set_cut_off(NONE, None, day, CALENDAR, NOW)[0].of("any") == day
        return
    with pytest.raises(Refusal) as refused:
        set_cut_off(NONE, None, day, CALENDAR, NOW)
    assert refused.value.code == ("CUT_OFF_PAST" if day < date(2024, 5, 12) else "CUT_OFF_NOT_EARLIER")
    assert refused.value.details == {"earliest": "2024-05-12", "latest": "2024-05-19"}
    assert "2024-05-12" in refused.value.zh
    assert "2024-05-19" in refused.value.zh


def test_r21_before_enrollment_opens_a_cut_off_lies_no_earlier_than_that() -> None:
    early = datetime(2024, 3, 1, 9, tzinfo=SHANGHAI)
    with pytest.raises(Refusal) as refused:
        set_cut_off(NONE, None, date(2024, 3, 31), CALENDAR, early)
    assert (refused.value.code, refused.value.details["earliest"]) == ("CUT_OFF_PAST", "2024-04-01")
    assert set_cut_off(NONE, None, date(2024, 4, 1), CALENDAR, early)[0].closes_on == date(2024, 4, 1)


def test_without_a_cut_off_the_national_deadline_is_the_only_one() -> None:
    require_before(None, "p1", DEADLINE)
    require_before(NONE, "p1", DEADLINE)


@given(st.sampled_from(EnrollmentStatus), st.integers(0, 10**6), st.integers(0, 10**6))
def test_only_the_undecided_are_escalated_and_once_a_deadline(status: EnrollmentStatus, late: int, later: int) -> None:
    step = escalate(an_enrollment(status), DEADLINE, DEADLINE + timedelta(seconds=late))
    if status is not EnrollmentStatus.SUBMITTED:
        assert step is None
        return
    assert step
    escalated, events = step
    assert (escalated.status, len(events)) == (EnrollmentStatus.SUBMITTED, 1)
    assert escalate(escalated, DEADLINE, DEADLINE + timedelta(seconds=late + later)) is None
    extended = DEADLINE + timedelta(seconds=late + 1)
    assert escalate(escalated, extended, extended)


def test_the_ministry_may_decide_from_the_deadline_on_unless_it_is_extended() -> None:
    assert missed_deadline(None, DEADLINE) is None
    require_missed(CALENDAR, DEADLINE)
    phase = Phase(CALENDAR.calendar[ADMIT].opens_at, DEADLINE + timedelta(days=3))
    for calendar, now in (
        (CALENDAR, DEADLINE - timedelta(seconds=1)),
        (replace(CALENDAR, calendar={ADMIT: phase}), DEADLINE),
    ):
        with pytest.raises(Refusal) as refused:
            require_missed(calendar, now)
        assert (refused.value.code, refused.value.unblock) == ("NOT_ESCALATED", Unblock.BASE)


@pytest.mark.parametrize("decision", EnrollmentDecision)
def test_the_ministrys_decision_has_a_reason_and_says_in_whose_place_it_was_made(decision: EnrollmentDecision) -> None:
    with pytest.raises(Refusal) as refused:
        decide(SUBMITTED, decision, None, NOW, overrides=True)
    assert refused.value.code == "REASON_MISSING"
    after, (event,) = decide(SUBMITTED, decision, Reason("基地逾期未决"), NOW, overrides=True)
    assert (after.history[-1].by, after.history[-1].reason) == ("ministry", "基地逾期未决")
    assert getattr(event, "override") == "基地逾期未决"  # noqa: B009 - three events, one attribute
    rejected = decision is EnrollmentDecision.REJECT
    assert after.reason_code is (ReasonCode.BY_MINISTRY if rejected else None)
    _, (own,) = decide(SUBMITTED, decision, Reason("条件不符"), NOW)
    assert getattr(own, "override") is None  # noqa: B009 - likewise
