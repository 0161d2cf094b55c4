"""R6, R11–R13: team, deadline, quota, classes, lapse, withdrawal."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from services.catalog.domain import declaration
from services.catalog.domain.base import Team
from services.catalog.domain.declaration import ClassPlan
from services.catalog.domain.events import ProjectLapsed, ProjectSubmitted
from services.catalog.domain.labels import REVIEW_CLOSED
from services.catalog.domain.project import Extension
from services.catalog.domain.vocabulary import DecisionOutcome, ProjectStatus
from tests.unit.catalog.examples import (
    DECLARING,
    LATE,
    MEMBER,
    REVIEWING,
    a_base,
    a_decided,
    a_draft,
    a_published,
    a_submitted,
    round_2024,
    why,
)


def test_a_complete_plan_is_submitted_and_told() -> None:
    """R7, R11: a whole plan goes in and takes quota."""
    project, events = declaration.submit(a_draft(), a_base(), round_2024(), DECLARING)
    assert project.status is ProjectStatus.SUBMITTED
    assert events == [
        ProjectSubmitted(
            project="p1",
            code="2024-DQT-007-01",
            base="base-1",
            organization="4144010001",
            year=2024,
            province="44",
            cycle=1,
        )
    ]


@pytest.mark.parametrize("missing", ["design", "declaration", "delivery"])
def test_each_duty_needs_a_contact_before_submission(missing: str) -> None:
    """R6: design, declaration and delivery."""
    duties = {duty: (MEMBER,) for duty in ("design", "declaration", "delivery") if duty != missing}
    with pytest.raises(Refusal) as refused:
        declaration.submit(a_draft(), a_base(team=Team(**duties)), round_2024(), DECLARING)
    assert (refused.value.code, refused.value.rule) == ("TEAM_MISSING", "R6")
    assert refused.value.details["missing"] == [missing]


def test_the_last_moment_of_the_sixth_of_may_is_in_time_and_the_next_is_not() -> None:
    """R13: submission only while the declare phase is open."""
    midnight = datetime(2024, 5, 7, tzinfo=SHANGHAI)
    declaration.submit(a_draft(), a_base(), round_2024(), midnight - timedelta(microseconds=1))
    with pytest.raises(Refusal) as refused:
        declaration.submit(a_draft(), a_base(), round_2024(), midnight)
    assert (refused.value.code, refused.value.rule) == ("PHASE_CLOSED", "R13")
    assert refused.value.details["closes"] == "2024-05-06"


def test_a_base_past_its_validity_may_not_submit() -> None:
    """R2: a base has a validity period."""
    with pytest.raises(Refusal) as refused:
        declaration.submit(a_draft(), a_base(valid_until=date(2024, 4, 1)), round_2024(), DECLARING)
    assert refused.value.code == "BASE_NOT_VALID"


@pytest.mark.parametrize(
    "dates",
    [
        {"starts_on": date(2024, 5, 29), "ends_on": date(2024, 6, 4)},
        {"starts_on": date(2024, 11, 25), "ends_on": date(2024, 12, 1)},
    ],
)
def test_training_stays_in_its_window(dates: dict[str, Any]) -> None:
    """R28: from 05-30 to 11-30."""
    with pytest.raises(Refusal) as refused:
        declaration.submit(
            a_draft(timetable=(a_session(dates["starts_on"]),), class_hours=8, **dates),
            a_base(),
            round_2024(),
            DECLARING,
        )
    assert (refused.value.code, refused.value.rule) == ("OUTSIDE_WINDOW", "R28")


def test_an_extension_lets_a_plan_end_later() -> None:
    starts = date(2024, 11, 25)
    draft = a_draft(timetable=(a_session(starts),), class_hours=8, starts_on=starts, ends_on=date(2024, 12, 1))
    extended = replace(draft, extension=Extension(date(2024, 12, 5), "天气", DECLARING))
    assert declaration.submit(extended, a_base(), round_2024(), DECLARING)[0].status is ProjectStatus.SUBMITTED


def test_a_returned_plan_comes_back_after_the_deadline_while_review_is_open() -> None:
    """R13: a returned plan has until review closes."""
    returned = a_decided(DecisionOutcome.RETURN)
    again, _ = declaration.submit(returned, a_base(), round_2024(), REVIEWING)
    assert (again.status, again.cycle, again.experts, again.decision) == (ProjectStatus.SUBMITTED, 2, (), None)


def test_a_returned_plan_lapses_when_review_has_closed() -> None:
    """R13: not resubmitted in time, it lapses."""
    returned = a_decided(DecisionOutcome.RETURN)
    with pytest.raises(Refusal, match="开放时间"):
        declaration.submit(returned, a_base(), round_2024(), LATE)
    assert declaration.is_overdue(returned, round_2024(), LATE)
    lapsed, (event,) = declaration.lapse(returned, round_2024(), LATE)
    assert lapsed.status is ProjectStatus.LAPSED
    assert isinstance(event, ProjectLapsed)
    assert lapsed.history[-1].reason == REVIEW_CLOSED


def test_a_returned_plan_does_not_lapse_before() -> None:
    with pytest.raises(Refusal, match="不允许"):
        declaration.lapse(a_decided(DecisionOutcome.RETURN), round_2024(), LATE - timedelta(microseconds=1))


def test_a_submitted_plan_cannot_be_written() -> None:
    submitted = a_submitted()
    with pytest.raises(Refusal) as refused:
        declaration.update(submitted, a_base(), round_2024(), kind=None, plan=submitted.plan, now=DECLARING)
    assert refused.value.code == "WRONG_STATE"


def test_withdrawal_says_whether_quota_is_free_again() -> None:
    """R11: withdrawal before publication frees quota."""
    _, (from_draft,) = declaration.withdraw(a_draft(), why("重复"), DECLARING)
    _, (from_submitted,) = declaration.withdraw(a_submitted(), why("重复"), DECLARING)
    assert (from_draft.released, from_submitted.released) == (False, True)


def test_a_published_project_cannot_be_withdrawn() -> None:
    """R11: what is published keeps its quota."""
    with pytest.raises(Refusal):
        declaration.withdraw(a_published(), why("重复"), DECLARING)


def test_a_further_class_is_a_project_of_the_same_series_with_its_timetable_moved() -> None:
    """R12: several classes of one design are several projects of one series."""
    first = a_submitted()
    further = ClassPlan(starts_on=date(2024, 8, 5), ends_on=date(2024, 8, 11), capacity=30)
    second, (event,) = declaration.add_class(
        first, a_base(), round_2024(), key="p2", code="2024-DQT-007-02", class_plan=further, now=DECLARING
    )
    assert (second.series, second.status, second.plan.capacity) == (first.series, ProjectStatus.DRAFT, 30)
    assert [session.date for session in second.plan.timetable] == [date(2024, 8, 5), date(2024, 8, 6)]
    assert second.plan.objectives == first.plan.objectives
    assert event.series == first.id


def test_a_further_class_does_not_move_its_timetable_beyond_the_calendar() -> None:
    """R12: refused, like any session outside the class's dates."""
    far = ClassPlan(starts_on=date.max, ends_on=date.max)
    with pytest.raises(Refusal) as refused:
        declaration.add_class(
            a_draft(), a_base(), round_2024(), key="p2", code="2024-DQT-007-02", class_plan=far, now=DECLARING
        )
    assert (refused.value.code, refused.value.details["fields"]) == ("INVALID_PLAN", ["timetable"])


def test_a_base_outside_its_validity_is_told_its_dates() -> None:
    """R2: who reads the refusal sees why."""
    expired = a_base(valid_until=date(2024, 4, 19))
    with pytest.raises(Refusal) as refused:
        declaration.submit(a_draft(), expired, round_2024(), DECLARING)
    assert (refused.value.code, refused.value.rule) == ("BASE_NOT_VALID", "R2")
    assert refused.value.details == {"validFrom": "2023-01-01", "validUntil": "2024-04-19"}
    assert declaration.submit(a_draft(), replace(expired, valid_until=date(2024, 7, 14)), round_2024(), DECLARING)


def a_session(day: date) -> object:
    return replace(a_draft().plan.timetable[0], date=day)
