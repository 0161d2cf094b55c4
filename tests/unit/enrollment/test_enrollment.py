"""The state machine of docs/state-machines.md, walked by every step that the domain offers."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.enrollment.domain import enrollment as enrollments
from services.enrollment.domain import results as following
from services.enrollment.domain import waitlist as waiting
from services.enrollment.domain.enrollment import FOLLOWED, TRANSITIONS, Enrollment, Step
from services.enrollment.domain.seats import HOLDS, Counter, Seats, moved, moves_seats
from services.enrollment.domain.vocabulary import LIVE, Audience, EnrollmentDecision, EnrollmentStatus, Outcome
from tests.unit.enrollment.examples import NOW, a_project, a_teacher, an_enrollment

S = EnrollmentStatus
STEPS: dict[str, tuple[Callable[[Enrollment], Step], set[EnrollmentStatus], EnrollmentStatus]] = {
    "withdraw_sign_up": (lambda one: enrollments.withdraw_sign_up(one, NOW), {S.SIGNED_UP}, S.WITHDRAWN),
    "decline": (lambda one: enrollments.decline(one, Reason("不同意"), "赵主任", NOW), {S.SIGNED_UP}, S.DECLINED),
    "submit": (lambda one: enrollments.submit(one, "赵主任", NOW, calendar=None), {S.SIGNED_UP}, S.SUBMITTED),
    "accept": (
        lambda one: enrollments.decide(one, EnrollmentDecision.ACCEPT, None, NOW),
        {S.SUBMITTED, S.WAITLISTED},
        S.ACCEPTED,
    ),
    "reject": (
        lambda one: enrollments.decide(one, EnrollmentDecision.REJECT, Reason("条件不符"), NOW),
        {S.SUBMITTED, S.WAITLISTED},
        S.REJECTED,
    ),
    "waitlist": (
        lambda one: enrollments.decide(one, EnrollmentDecision.WAITLIST, None, NOW),
        {S.SUBMITTED},
        S.WAITLISTED,
    ),
    "withdraw": (
        lambda one: enrollments.withdraw(one, Reason("工作冲突"), "赵主任", NOW),
        {S.SUBMITTED, S.WAITLISTED, S.OFFERED, S.ACCEPTED},
        S.WITHDRAWN,
    ),
    "end by school": (
        lambda one: enrollments.end_by_school(one, Reason("工作调动"), "赵主任", NOW),
        {S.SIGNED_UP, S.SUBMITTED, S.WAITLISTED, S.OFFERED, S.ACCEPTED},
        S.WITHDRAWN,
    ),
    "offer": (lambda one: waiting.offer(one, NOW, NOW), {S.WAITLISTED}, S.OFFERED),
    "take the offer": (lambda one: waiting.take_offer(one, "赵主任", NOW), {S.OFFERED}, S.ACCEPTED),
    "expire": (lambda one: waiting.expire(one, NOW), {S.OFFERED}, S.EXPIRED),
    "substitute": (
        lambda one: waiting.substitute(one, Reason("工作调动"), "赵主任", NOW, successor="e2"),
        {S.ACCEPTED},
        S.SUBSTITUTED,
    ),
    "cancel": (lambda one: enrollments.cancel(one, "场地停用", NOW), set(LIVE), S.CANCELLED),
    "lapse": (lambda one: enrollments.lapse(one, NOW), {S.SIGNED_UP, S.SUBMITTED, S.WAITLISTED}, S.LAPSED),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("status", list(S))
def test_a_step_leads_from_its_states_only_and_tells_one_event(name: str, status: EnrollmentStatus) -> None:
    step, sources, target = STEPS[name]
    before = an_enrollment(status)
    if status not in sources:
        with pytest.raises(Refusal) as refused:
            step(before)
        too_late = (name, status) == ("take the offer", S.EXPIRED)
        assert refused.value.code == ("OFFER_EXPIRED" if too_late else "WRONG_STATE")
        assert refused.value.rule
        return
    after, events = step(before)
    assert (after.status, after.live) == (target, target in LIVE)
    assert after.history[-1].status is target
    assert (events[0].enrollment, events[0].province, len(events)) == ("e1", "44", 1)


def test_every_live_state_can_be_cancelled_and_no_other() -> None:
    assert {status for status, targets in TRANSITIONS.items() if S.CANCELLED in targets} == set(LIVE)


def test_every_terminal_step_of_a_person_carries_a_reason_code() -> None:
    for step, sources, target in STEPS.values():
        after, _ = step(an_enrollment(min(sources)))
        if target not in TRANSITIONS:
            assert after.reason_code is not None


def test_r23_a_rejection_needs_a_reason() -> None:
    with pytest.raises(Refusal) as refused:
        enrollments.decide(an_enrollment(S.SUBMITTED), EnrollmentDecision.REJECT, None, NOW)
    assert (refused.value.code, refused.value.rule) == ("REASON_MISSING", "R23")


@given(st.sampled_from(Audience), st.sets(st.sampled_from(Audience), min_size=1))
def test_a_post_outside_the_audience_warns_and_never_blocks(post: Audience, audience: set[Audience]) -> None:
    """R20: leaders and middle managers are another audience than teachers."""
    project = a_project(audience=tuple(audience))
    assert enrollments.meant_for(post, project) == (post in audience)
    assert enrollments.sign_up("e1", a_teacher(post=post), project, NOW)[0].status is S.SIGNED_UP


SIGNALS = st.sampled_from(["present", "absent", "missed", *Outcome, "credit", "revoke"])


def _follow(one: Enrollment, signal: str) -> following.Followed:
    match signal:
        case "present" | "absent":
            return following.attend(one, NOW, present=signal == "present")
        case "missed":
            return following.miss(one, NOW)
        case "credit":
            return following.credit(one, NOW)
        case "revoke":
            return following.revoke(one, "材料不实", NOW)
        case _:
            return following.assess(one, Outcome(signal), NOW)


@given(st.sampled_from(S), st.lists(SIGNALS, max_size=12))
def test_assessments_events_never_break_an_enrollment_and_twice_is_once(
    status: EnrollmentStatus, signals: list[str]
) -> None:
    one = an_enrollment(status)
    for signal in signals:
        followed = _follow(one, signal)
        if followed is None:
            continue
        after, (event,) = followed
        assert one.status in FOLLOWED[after.status]
        assert not moves_seats(one.status, after.status)
        assert event.enrollment == one.id
        assert _follow(after, signal) is None
        one = after
    if status not in {*FOLLOWED, S.ACCEPTED}:
        assert one.status is status


@given(st.lists(st.sampled_from(list(STEPS)), max_size=12))
def test_what_a_walk_adds_to_the_counters_is_what_its_end_holds(walk: list[str]) -> None:
    one = an_enrollment()
    seats = Seats("p1", 10)
    for name in walk:
        try:
            after, _ = STEPS[name][0](one)
        except Refusal:
            continue
        if moves_seats(one.status, after.status):
            seats = moved(seats, one.status, after.status)
        one = after
    counted = {counter: getattr(seats, counter.value) for counter in Counter}
    assert counted == {counter: int(HOLDS.get(one.status) is counter) for counter in Counter}
