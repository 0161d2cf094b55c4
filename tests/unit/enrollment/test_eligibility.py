"""R22, R23: the decisions of 参训资格审核 and 学员资格复核 (ADR 33)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from kernel.free_text import Reason
from services.enrollment.domain import eligibility
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.events import EligibilityConfirmed, Returned
from services.enrollment.domain.project import ELIGIBILITY, RECHECK, Phase, Round
from services.enrollment.domain.vocabulary import EnrollmentStatus
from tests.unit.enrollment.examples import CALENDAR, NOW, a_project, a_teacher

WITH_STEPS = replace(
    CALENDAR,
    steps={
        ELIGIBILITY: Phase(datetime(2024, 4, 1, tzinfo=SHANGHAI), datetime(2024, 5, 19, tzinfo=SHANGHAI)),
        RECHECK: Phase(datetime(2024, 5, 6, tzinfo=SHANGHAI), datetime(2024, 5, 27, tzinfo=SHANGHAI)),
    },
)
WHY = Reason.of("任教专业不符", "R23")


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect a refusal with that code."""
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code == code


def signed_up() -> Enrollment:
    return enrollments.sign_up("e1", a_teacher(), a_project(), NOW)[0]


def confirmed() -> Enrollment:
    return eligibility.confirm(signed_up(), WITH_STEPS, "赵主任", NOW)[0]


def submitted() -> Enrollment:
    return enrollments.submit(confirmed(), "赵主任", NOW, calendar=WITH_STEPS)[0]


def returned(at: datetime = NOW) -> Enrollment:
    return eligibility.send_back(submitted(), WITH_STEPS, WHY, at)[0]


def test_r22_only_a_round_with_the_step_asks_for_the_confirmation() -> None:
    with refused("ELIGIBILITY_UNCONFIRMED"):
        enrollments.submit(signed_up(), "赵主任", NOW, calendar=WITH_STEPS)
    for calendar in (CALENDAR, None):
        after, _ = enrollments.submit(signed_up(), "赵主任", NOW, calendar=calendar)
        assert after.status is EnrollmentStatus.SUBMITTED
    assert submitted().status is EnrollmentStatus.SUBMITTED


def test_r22_a_confirmation_keeps_who_and_when() -> None:
    after, events = eligibility.confirm(signed_up(), WITH_STEPS, "赵主任", NOW)
    assert after.eligibility == enrollments.Eligibility(confirmed_at=NOW, by="赵主任")
    assert [type(event) for event in events] == [EligibilityConfirmed]
    assert eligibility.confirm(after, WITH_STEPS, "钱主任", NOW) == (after, [])


@pytest.mark.parametrize("calendar", [CALENDAR, None])
def test_r22_r23_a_round_without_the_steps_has_neither_command(calendar: Round | None) -> None:
    with refused("STEP_NOT_IN_ROUND"):
        eligibility.confirm(signed_up(), calendar, "赵主任", NOW)
    with refused("STEP_NOT_IN_ROUND"):
        eligibility.send_back(submitted(), calendar, WHY, NOW)
    assert eligibility.confirm_by_entry(signed_up(), calendar, "赵主任", NOW) == (signed_up(), [])


def test_r22_confirmations_are_held_within_the_days_of_the_step() -> None:
    late = datetime(2024, 5, 19, tzinfo=SHANGHAI)
    assert eligibility.confirm(signed_up(), WITH_STEPS, "赵主任", late - timedelta(seconds=1))[0].eligibility
    for attempt in (eligibility.confirm, eligibility.confirm_by_entry):
        with refused("PHASE_CLOSED"):
            attempt(signed_up(), WITH_STEPS, "赵主任", late)
    with refused("PHASE_CLOSED"):
        eligibility.require_entry_open(None, WITH_STEPS, late)
    eligibility.require_entry_open(confirmed(), WITH_STEPS, late)
    eligibility.require_entry_open(None, CALENDAR, late)


def test_r23_a_return_takes_confirmation_and_escalation_back_and_leaves_its_reason() -> None:
    escalated = replace(submitted(), escalated_at=NOW)
    after, (event,) = eligibility.send_back(escalated, WITH_STEPS, WHY, NOW)
    assert (after.status, after.eligibility, after.escalated_at) == (EnrollmentStatus.SIGNED_UP, None, None)
    assert (after.returned_at, after.submitted_at, after.live) == (NOW, NOW, True)
    assert (after.history[-1].by, after.history[-1].reason) == ("base", WHY.text)
    assert isinstance(event, Returned)
    assert event.reason == WHY.text


@pytest.mark.parametrize("status", [status for status in EnrollmentStatus if status is not EnrollmentStatus.SUBMITTED])
def test_r23_only_what_is_submitted_and_undecided_is_returned(status: EnrollmentStatus) -> None:
    with refused("WRONG_STATE"):
        eligibility.send_back(replace(submitted(), status=status), WITH_STEPS, WHY, NOW)


def test_r23_what_was_returned_is_corrected_until_the_steps_last_day_and_nothing_else_is() -> None:
    closed, last = datetime(2024, 5, 21, tzinfo=SHANGHAI), datetime(2024, 5, 27, tzinfo=SHANGHAI)
    for at in (closed, last - timedelta(seconds=1)):
        eligibility.require_submission_open(returned(), WITH_STEPS, at)
        eligibility.require_entry_open(returned(), WITH_STEPS, at)
        again, _ = eligibility.confirm(returned(), WITH_STEPS, "赵主任", at)
        after, _ = enrollments.submit(again, "赵主任", at, calendar=WITH_STEPS)
        assert (after.submitted_at, after.returned_at, after.reason) == (at, None, None)
        for other in (None, signed_up()):
            with refused("PHASE_CLOSED"):
                eligibility.require_submission_open(other, WITH_STEPS, at)
    with refused("PHASE_CLOSED"):
        eligibility.require_submission_open(returned(), WITH_STEPS, last)
    with refused("PHASE_CLOSED"):
        eligibility.send_back(submitted(), WITH_STEPS, WHY, last)
