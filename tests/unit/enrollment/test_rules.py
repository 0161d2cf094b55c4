"""R1, R5, R23, R24, R27: deadlines, designated persons, seats, deliveries and who reads what in the feed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.clock import SHANGHAI
from chassis.errors import Refusal
from chassis.events import Envelope
from chassis.reference import provinces
from services.enrollment.domain.delivery import NoticeKind, feedback, notice_of
from services.enrollment.domain.project import (
    ADMIT,
    ENROL,
    require_not_started,
    require_open,
    require_phase,
)
from services.enrollment.domain.school import DesignatedPerson, School, designate, require_designated
from services.enrollment.domain.seats import Seats
from services.enrollment.domain.vocabulary import DeliveryRecipient, DeliveryState, EnrollmentStatus, ProjectState
from services.enrollment.messaging.feed import FOR_EVERY_PROVINCE, NOT_FOR_PROVINCES, readers_of
from tests.unit.enrollment.examples import CALENDAR, NOW, a_project, an_enrollment


@given(st.sampled_from([(ENROL, 21), (ADMIT, 25)]), st.integers(-3 * 86_400, 3 * 86_400))
def test_a_phase_is_open_until_midnight_after_its_last_day(phase: tuple[str, int], seconds: int) -> None:
    name, day = phase
    now = datetime(2024, 5, day, tzinfo=SHANGHAI) + timedelta(seconds=seconds)
    if seconds < 0:
        require_phase(CALENDAR, name, now, "R22")
        return
    with pytest.raises(Refusal) as refused:
        require_phase(CALENDAR, name, now, "R22")
    assert refused.value.code == "PHASE_CLOSED"


def test_without_a_calendar_every_phase_is_closed() -> None:
    with pytest.raises(Refusal) as refused:
        require_phase(None, ENROL, NOW, "R19")
    assert refused.value.code == "PHASE_CLOSED"


@pytest.mark.parametrize("state", list(ProjectState))
def test_only_a_published_project_takes_sign_ups_and_a_begun_one_lets_nobody_go(state: ProjectState) -> None:
    project = a_project(state=state)
    for require, allowed in (
        (require_open, {ProjectState.PUBLISHED}),
        (require_not_started, {ProjectState.PUBLISHED, ProjectState.SUSPENDED}),
    ):
        if state in allowed:
            require(project, "R19")
            continue
        with pytest.raises(Refusal) as refused:
            require(project, "R19")
        assert refused.value.extensions()["status"] == state.value


def test_a_school_acts_under_its_designated_person() -> None:
    school = School("4144100001", 1, "某校", "44")
    with pytest.raises(Refusal) as refused:
        require_designated(school)
    assert refused.value.code == "DESIGNATED_PERSON_MISSING"
    named, (first,) = designate(school, DesignatedPerson("赵主任", "k1:x", "139****0000"))
    replaced, (second,) = designate(named, DesignatedPerson("钱主任", "k1:y", "138****0000"))
    assert (require_designated(replaced), first.replaced, second.replaced) == ("钱主任", False, True)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_an_open_offer_holds_a_seat(capacity: int, accepted: int, offered: int) -> None:
    assert Seats("p1", capacity, accepted, offered).left == max(0, capacity - accepted - offered)


def test_a_decision_makes_two_deliveries_that_end_in_two_boxes() -> None:
    made = feedback(an_enrollment(EnrollmentStatus.ACCEPTED), NoticeKind.DECISION, NOW)
    assert {(one.recipient, one.to, one.state) for one in made} == {
        (DeliveryRecipient.TRAINEE, "teacher:t1", DeliveryState.PENDING),
        (DeliveryRecipient.SCHOOL, "school:4144100001", DeliveryState.PENDING),
    }
    notice = notice_of(made[0], NOW)
    assert (notice.id, notice.to, notice.at) == (made[0].id, made[0].to, NOW)


@given(st.sampled_from(["00", "44", "99", *provinces()]), st.sampled_from(["enrollment.accepted", "catalog.x"]))
def test_an_event_of_a_province_is_for_it_and_the_ministry(province: str, kind: str) -> None:
    expected = (province,) if province in provinces() else ()
    assert readers_of(_event(kind, province)) == expected


def test_public_matters_are_for_all_and_unpublished_ones_for_none() -> None:
    for kind in FOR_EVERY_PROVINCE:
        assert readers_of(_event(kind, "44")) == tuple(provinces())
    for kind in NOT_FOR_PROVINCES:
        assert readers_of(_event(kind, "44")) == ()


def _event(kind: str, province: str) -> Envelope:
    producer, _, name = kind.partition(".")
    return Envelope(
        id="x",
        producer=producer,
        name=name,
        subject="s",
        version=1,
        at=datetime.now(UTC),
        province=province,
        data={},
    )
