"""R1, R5, R23, R24, R27: deadlines, designated persons, seats, deliveries and who reads what in the feed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.events import Envelope, event_name
from contracts.registry import events
from kernel.dates import SHANGHAI
from kernel.errors import Refusal, Unblock
from kernel.free_text import PersonName
from kernel.reference import provinces
from services.enrollment.domain.notifications import NoticeKind, feedback, notice_of
from services.enrollment.domain.project import (
    ADMIT,
    ENROL,
    Project,
    moved,
    require_not_started,
    require_open,
    require_phase,
)
from services.enrollment.domain.school import (
    DesignatedPerson,
    Phone,
    School,
    designate,
    require_designated,
    require_person,
)
from services.enrollment.domain.seats import Seats
from services.enrollment.domain.vocabulary import DeliveryRecipient, DeliveryState, EnrollmentStatus, ProjectState
from services.enrollment.messaging.feed_publisher import FOR_EVERY_PROVINCE, NOT_FOR_PROVINCES, readers_of
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
    assert refused.value.details["closesAt"] == f"2024-05-{day}T00:00:00+08:00"


def test_without_a_calendar_every_phase_is_closed() -> None:
    with pytest.raises(Refusal) as refused:
        require_phase(None, ENROL, NOW, "R19")
    assert refused.value.code == "PHASE_CLOSED"


@pytest.mark.parametrize("state", list(ProjectState))
def test_only_a_published_project_takes_sign_ups_and_a_begun_one_lets_nobody_go(state: ProjectState) -> None:
    project = a_project(state=state)
    for require, allowed in (
        (require_open, {ProjectState.PUBLISHED}),
        (_not_started, {ProjectState.PUBLISHED, ProjectState.SUSPENDED}),
    ):
        if state in allowed:
            require(project, "R19")
            continue
        with pytest.raises(Refusal) as refused:
            require(project, "R19")
        assert refused.value.extensions()["status"] == state.value
        assert refused.value.unblock is (Unblock.MINISTRY if state is ProjectState.SUSPENDED else Unblock.SELF)


def _not_started(project: Project, rule: str) -> None:
    require_not_started(project, NOW, rule)


@pytest.mark.parametrize("state", [ProjectState.RUNNING, ProjectState.FINISHED])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "of a release before"])
def test_r26_a_project_that_is_suspended_while_it_runs_has_begun(state: ProjectState, *, kept: bool) -> None:
    running = moved(a_project(), 2, state, None) if kept else a_project(state=state)
    suspended = moved(running, 3, ProjectState.SUSPENDED, "抽检")
    with pytest.raises(Refusal) as refused:
        require_not_started(suspended, NOW, "R26")
    assert (refused.value.code, refused.value.rule) == ("PROJECT_NOT_OPEN", "R26")
    require_not_started(moved(a_project(), 2, ProjectState.SUSPENDED, "抽检"), NOW, "R26")


@given(st.integers(-86_400, 86_400))
def test_r26_on_its_first_day_a_training_has_begun_whether_its_base_has_said_so_or_not(seconds: int) -> None:
    project = a_project(starts_on=date(2024, 7, 8))
    now = datetime(2024, 7, 8, tzinfo=SHANGHAI) + timedelta(seconds=seconds)
    if seconds < 0:
        require_not_started(project, now.astimezone(UTC), "R26")
        return
    with pytest.raises(Refusal) as refused:
        require_not_started(project, now.astimezone(UTC), "R26")
    assert refused.value.details["startsOn"] == "2024-07-08"


def test_a_school_acts_under_its_designated_person() -> None:
    school = School("4144100001", 1, "某校", "44")
    with pytest.raises(Refusal) as refused:
        require_designated(school)
    assert refused.value.code == "DESIGNATED_PERSON_MISSING"
    named, (first,) = designate(school, PersonName("赵主任"), Phone("k1:x", "139****0000"), person="d1")
    replaced, (second,) = designate(named, PersonName("钱主任"), Phone("k1:y", "138****0000"), person="d2")
    assert (require_designated(replaced), first.replaced, second.replaced) == ("钱主任", False, True)
    assert [(event.person, event.name) for event in (first, second)] == [("d1", "赵主任"), ("d2", "钱主任")]


def test_r5_who_is_named_again_is_the_same_person_and_who_was_replaced_acts_no_more() -> None:
    school = School("4144100001", 1, "某校", "44", DesignatedPerson("赵主任", "k1:x", "139****0000"))
    named, (first,) = designate(school, PersonName("赵主任"), Phone("k1:x", "139****0000"), person="d1")
    again, (second,) = designate(named, PersonName("赵主任"), Phone("k1:y", "138****0000"), person="d2")
    assert [(event.person, event.replaced) for event in (first, second)] == [("d1", False), ("d1", False)]
    for person in (None, "d1"):
        require_person(again, person)
    replaced, _ = designate(again, PersonName("钱主任"), Phone("k1:y", "138****0000"), person="d3")
    with pytest.raises(Refusal) as refused:
        require_person(replaced, "d1")
    assert (refused.value.code, refused.value.rule) == ("NO_LONGER_DESIGNATED", "R5")


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


def test_r37_every_provinces_log_witnesses_the_order_of_a_draw() -> None:
    """All 32 have the announcement before the beacons are out, and the draw; of a finding only the base's own has."""
    for kind in ("announced", "drawn", "voided"):
        assert readers_of(_event(f"assessment.inspection-{kind}", "00")) == tuple(provinces())
    assert len(provinces()) == 32
    assert readers_of(_event("assessment.finding-recorded", "44")) == ("44",)
    assert readers_of(_event("assessment.rectification-due", "44")) == ()


def test_r38_a_province_follows_a_grade_when_it_is_final_and_everybody_when_it_is_published() -> None:
    assert readers_of(_event("assessment.annual-finalized", "44")) == ("44",)
    for step in ("comments-opened", "commented", "item-adjusted", "appealed", "appeal-decided"):
        assert readers_of(_event(f"assessment.annual-{step}", "44")) == ()
    assert readers_of(_event("assessment.grades-published", "00")) == tuple(provinces())


def test_r20_r27_no_event_of_a_person_but_the_released_one_reaches_a_province() -> None:
    """They name a school of another province, or say what is on file of a person."""
    kinds = {event_name(kind) for producer, kind in events() if producer == "enrollment"}
    persons = {kind for kind in kinds if kind.startswith("teacher-")}
    assert {"teacher-requested", "teacher-joined", "teacher-left"} < persons
    reaching = {kind for kind in persons if readers_of(_event(f"enrollment.{kind}", "44"))}
    assert reaching == {"teacher-added"}


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
