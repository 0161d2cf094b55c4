"""R19, R21, R25, R26: which ends are taken back, to which state, by whom and until when."""

from dataclasses import replace
from datetime import datetime

import pytest

from kernel.dates import SHANGHAI
from kernel.errors import Refusal, Unblock
from kernel.free_text import Reason
from services.enrollment.domain.enrollment import RESTORED, Change, Enrollment
from services.enrollment.domain.events import Accepted, Ranked, Restored, SignedUp, Submitted, Waitlisted
from services.enrollment.domain.project import Project
from services.enrollment.domain.restoration import former_state, require_restorer, restore
from services.enrollment.domain.vocabulary import EnrollmentStatus, ProjectState, ReasonCode
from services.enrollment.domain.withdrawal import grant_withdrawal, request_withdrawal
from tests.unit.enrollment.examples import CALENDAR, NOW, a_project, an_enrollment

S = EnrollmentStatus
SCHOOL, BASE, MINISTRY = Unblock.SCHOOL, Unblock.BASE, Unblock.MINISTRY
DECIDED = datetime(2024, 5, 25, tzinfo=SHANGHAI)
WHY = Reason("误操作")
CAME_BACK = [
    (S.WITHDRAWN, S.SIGNED_UP, S.SIGNED_UP, SignedUp),
    (S.WITHDRAWN, S.SUBMITTED, S.SUBMITTED, Submitted),
    (S.WITHDRAWN, S.WAITLISTED, S.WAITLISTED, Waitlisted),
    (S.WITHDRAWN, S.OFFERED, S.WAITLISTED, Waitlisted),
    (S.WITHDRAWN, S.ACCEPTED, S.ACCEPTED, Accepted),
    (S.DECLINED, S.SIGNED_UP, S.SIGNED_UP, SignedUp),
    (S.EXPIRED, S.OFFERED, S.WAITLISTED, Waitlisted),
]


def ended(status: EnrollmentStatus, before: EnrollmentStatus = S.ACCEPTED) -> Enrollment:
    """An enrollment that ended in `status`, and was in `before` until then."""
    code = ReasonCode.OFFER_EXPIRED if status is S.EXPIRED else ReasonCode.BY_SCHOOL
    history = (Change(before, NOW, "base"), Change(status, NOW, "赵主任", "误点"))
    return replace(an_enrollment(status), history=history, reason_code=code, offer_expires_at=NOW, rank=2)


def refused_restorer(
    enrollment: Enrollment, by: Unblock, now: datetime = NOW, project: Project | None = None
) -> Refusal:
    with pytest.raises(Refusal) as caught:
        require_restorer(enrollment, project or a_project(), CALENDAR, now, by=by)
    return caught.value


@pytest.mark.parametrize(("status", "before", "to", "event"), CAME_BACK)
def test_r21_r25_r26_it_comes_back_to_where_it_was_and_the_history_keeps_both(
    status: EnrollmentStatus, before: EnrollmentStatus, to: EnrollmentStatus, event: type
) -> None:
    mistaken = ended(status, before)
    assert former_state(mistaken) is to
    restored, events = restore(mistaken, to, WHY, "赵主任", DECIDED, rank=2, waiting_rank=1)
    assert (restored.status, restored.live, restored.reason, restored.reason_code) == (to, True, "误操作", None)
    assert restored.history == (*mistaken.history, Change(to, DECIDED, "赵主任", "误操作"))
    assert (restored.offer_expires_at, restored.rank, restored.waiting_rank) == (None, 2, 1)
    assert [type(told) for told in events] == [event, Restored]
    marker = events[-1]
    assert isinstance(marker, Restored)
    assert (marker.ended, marker.status, marker.reason) == (status, to, "误操作")


def test_r21_another_rank_is_told() -> None:
    _, events = restore(ended(S.DECLINED), S.SIGNED_UP, WHY, "赵主任", NOW, rank=3, waiting_rank=None)
    assert [type(told) for told in events] == [SignedUp, Ranked, Restored]


@pytest.mark.parametrize("status", sorted(set(S) - set(RESTORED)))
def test_r26_nothing_else_is_taken_back(status: EnrollmentStatus) -> None:
    with pytest.raises(Refusal) as caught:
        former_state(ended(status))
    assert (caught.value.code, caught.value.rule) == ("WRONG_STATE", "R26")
    with pytest.raises(Refusal):
        restore(ended(status), S.WAITLISTED, WHY, "base", NOW, rank=None, waiting_rank=None)


def test_r26_what_the_teacher_has_left_is_the_teachers_whichever_way() -> None:
    own = replace(ended(S.WITHDRAWN, S.SIGNED_UP), reason_code=ReasonCode.BY_TEACHER)
    asked, _ = request_withdrawal(an_enrollment(S.ACCEPTED), WHY, NOW)
    granted, _ = grant_withdrawal(asked, "赵主任", NOW)
    unasked = replace(granted, reason_code=ReasonCode.BY_SCHOOL)
    for left in (own, granted, unasked):
        with pytest.raises(Refusal) as caught:
            former_state(left)
        assert (caught.value.code, caught.value.rule, caught.value.unblock) == (
            "LEFT_BY_TEACHER",
            "R26",
            Unblock.TEACHER,
        )


@pytest.mark.parametrize(("status", "rule"), [(S.WITHDRAWN, "R26"), (S.DECLINED, "R21")])
def test_r21_r26_what_the_school_has_ended_is_its_own_until_admission_closes_and_then_the_ministrys(
    status: EnrollmentStatus, rule: str
) -> None:
    mistaken, project = ended(status), a_project()
    require_restorer(mistaken, project, CALENDAR, NOW, by=SCHOOL)
    for other in (BASE, MINISTRY):
        refusal = refused_restorer(mistaken, other)
        assert (refusal.code, refusal.rule, refusal.unblock) == ("RESTORED_BY_ANOTHER", rule, SCHOOL)
    require_restorer(mistaken, project, CALENDAR, DECIDED, by=MINISTRY)
    refusal = refused_restorer(mistaken, SCHOOL, DECIDED)
    assert (refusal.code, refusal.rule, refusal.unblock) == ("PHASE_CLOSED", rule, MINISTRY)
    assert (refused_restorer(mistaken, BASE, DECIDED)).unblock is MINISTRY


@pytest.mark.parametrize("now", [NOW, DECIDED])
def test_r25_an_expired_offer_is_the_bases_and_the_ministrys(now: datetime) -> None:
    expired = ended(S.EXPIRED, S.OFFERED)
    for by in (BASE, MINISTRY):
        require_restorer(expired, a_project(), CALENDAR, now, by=by)
    refusal = refused_restorer(expired, SCHOOL, now)
    assert (refusal.code, refusal.rule, refusal.unblock) == ("RESTORED_BY_ANOTHER", "R25", BASE)


@pytest.mark.parametrize(("status", "rule"), [(S.WITHDRAWN, "R26"), (S.DECLINED, "R21"), (S.EXPIRED, "R25")])
def test_r21_r25_r26_nothing_comes_back_to_a_class_that_has_begun_or_is_called_off(
    status: EnrollmentStatus, rule: str
) -> None:
    first_day = datetime(2024, 7, 8, tzinfo=SHANGHAI)
    for now, project in (
        (first_day, a_project()),
        (NOW, a_project(state=ProjectState.RUNNING)),
        (NOW, a_project(state=ProjectState.CANCELLED)),
    ):
        for by in (SCHOOL, BASE, MINISTRY):
            refusal = refused_restorer(ended(status), by, now, project)
            assert (refusal.code, refusal.rule) == ("PROJECT_NOT_OPEN", rule)
