"""R7: what a plan cannot be is refused by field, what is unusual is justified, and both by limits of the round."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from services.catalog.domain import declaration, lifecycle
from services.catalog.domain.impossible import faults_of
from services.catalog.domain.lifecycle import Amendment
from services.catalog.domain.opening import open_round
from services.catalog.domain.plan import Advice, FacultyMember, Justification, Plan, Session
from services.catalog.domain.round import PlanLimits
from services.catalog.domain.unusual import advice_on
from services.catalog.domain.vocabulary import ProjectKind
from tests.unit.catalog.examples import DECLARING, REVIEWING, a_base, a_draft, a_plan, a_published, round_2024

FIRST = date(2024, 7, 8)
LIMITS = PlanLimits()


def lesson(number: int, *, hours: int = 8, teacher: str = "王教授", day: date = FIRST, title: str = "") -> Session:
    return Session(f"s{number}", title or f"第{number}讲", teacher, day, hours)


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"capacity": 10**9}, "capacity"),
    ({"fee": 10**9}, "feeFen"),
    ({"class_hours": 1000}, "classHours"),
    ({"class_hours": 2**31 - 1, "days": None, "starts_on": None}, "classHours"),
    ({"class_hours": 366 * LIMITS.most_hours_a_day + 1, "days": None, "starts_on": None}, "classHours"),
    ({"days": 2**31 - 1, "starts_on": None}, "days"),
    ({"days": 367, "starts_on": None}, "days"),
    ({"timetable": (lesson(1, hours=25),)}, "timetable"),
    ({"timetable": tuple(map(lesson, (1, 2, 3)))}, "timetable"),
    ({"timetable": (lesson(1), replace(lesson(1), id="s2"))}, "timetable"),
    ({"days": 1}, "timetable"),
    ({"starts_on": date(1, 1, 1)}, "startsOn"),
    ({"ends_on": date(2026, 1, 1)}, "endsOn"),
    ({"justifications": (Justification(f"R{99}", "没有这条规则"),)}, "justifications"),
    ({"justifications": (Justification("R9", "一"), Justification("R9", "二"))}, "justifications"),
    ({"faculty": (FacultyMember("王教授"), FacultyMember("王教授"))}, "faculty"),
    ({"themes": ("D3", "D3")}, "themes"),
]


@pytest.mark.parametrize(("changes", "field"), IMPOSSIBLE)
def test_r7_what_no_plan_can_be_is_refused_in_a_draft_with_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        a_draft(**changes)
    assert (refused.value.code, refused.value.rule) == ("INVALID_PLAN", "R7")
    assert field in refused.value.details["fields"]


def test_r7_a_wrong_number_of_days_is_all_that_is_said_of_it() -> None:
    with pytest.raises(Refusal) as refused:
        a_draft(days=-(2**31), class_hours=8)
    assert refused.value.details["fields"] == ["days"]


def test_r7_a_title_of_three_thousand_characters_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        a_draft(title="题" * 3000)
    assert (refused.value.code, refused.value.details["field"]) == ("INVALID_TEXT", "title")


def test_r7_whoever_teaches_a_session_is_named_in_a_draft_too() -> None:
    """ADR 34: a session waits outside the timetable until its teacher is known."""
    with pytest.raises(Refusal) as refused:
        a_draft(timetable=(lesson(1, teacher="待定"),))
    assert (refused.value.code, refused.value.details["field"]) == ("INVALID_NAME", "timetable.teacher")


def test_r7_no_training_is_planned_outside_the_validity_of_its_base() -> None:
    with pytest.raises(Refusal) as refused:
        declaration.draft(
            a_base(valid_until=date(2024, 7, 10)),
            round_2024(),
            key="p1",
            code="c",
            kind=None,
            plan=a_plan(),
            now=DECLARING,
        )
    assert (refused.value.code, refused.value.details["fields"]) == ("INVALID_PLAN", ["endsOn"])
    assert "2024-07-10" in refused.value.zh


def test_r7_every_impossible_field_is_named_at_once() -> None:
    with pytest.raises(Refusal) as refused:
        a_draft(capacity=10**9, class_hours=1000, fee=-1, timetable=(lesson(1, hours=25),))
    assert refused.value.details["fields"] == ["classHours", "feeFen", "capacity", "timetable"]


UNUSUAL: list[tuple[dict[str, Any], str, str]] = [
    ({"capacity": 300}, "LARGE_CLASS", "capacity"),
    ({"class_hours": 60, "timetable": (lesson(1, hours=8),)}, "HOURS_DIFFER", "classHours"),
    ({"class_hours": 70}, "MANY_HOURS_A_DAY", "classHours"),
    ({"timetable": (lesson(1, hours=5), lesson(2, hours=5))}, "MANY_HOURS_A_DAY", "timetable"),
    ({"ends_on": date(2024, 11, 29)}, "DATES_FAR_APART", "endsOn"),
    ({"faculty": (FacultyMember("陈工"),)}, "TEACHER_NOT_IN_FACULTY", "faculty"),
]


@pytest.mark.parametrize(("changes", "code", "field"), UNUSUAL)
def test_r7_what_is_unusual_warns_in_the_draft_and_goes_in_with_a_justification(
    changes: dict[str, Any], code: str, field: str
) -> None:
    draft = a_draft(**changes)
    (warning,) = [warning for warning in draft.warnings if warning.code == code]
    assert (warning.rule, field in warning.fields) == ("R7", True)
    with pytest.raises(Refusal) as refused:
        declaration.submit(draft, a_base(), round_2024(), DECLARING)
    assert (refused.value.code, refused.value.rule) == ("JUSTIFICATION_MISSING", "R7")
    assert code in refused.value.details["warnings"]
    assert field in refused.value.details["fields"]
    justified = a_draft(**changes, justifications=(Justification("R7", "分段实施，自主研修不入课表"),))
    submitted, _ = declaration.submit(justified, a_base(), round_2024(), DECLARING)
    assert submitted.warnings == draft.warnings


def test_r7_sixty_class_hours_against_a_timetable_of_a_hundred_and_twenty_warn() -> None:
    days = [FIRST + timedelta(days=offset) for offset in range(7)]
    halves = [lesson(2 * place, hours=9, day=day) for place, day in enumerate(days)]
    halves += [lesson(2 * place + 1, hours=9, day=day, teacher="陈工") for place, day in enumerate(days)]
    codes = {warning.code for warning in a_draft(class_hours=60, timetable=tuple(halves)).warnings}
    assert {"HOURS_DIFFER", "MANY_HOURS_A_DAY"} <= codes


def test_r7_two_teachers_of_a_session_that_was_stored_are_both_looked_for_in_the_faculty() -> None:
    """A session names one teacher; one that is older than that rule may name several."""

    def advice(teacher: str) -> tuple[Advice, ...]:
        plan = a_plan(timetable=(lesson(1, teacher=teacher),), class_hours=8)
        return advice_on(plan, ProjectKind.TEACHING, a_base(), round_2024())

    assert advice("王教授、陈工") == ()
    (warning,) = advice("王教授、赵工")
    assert "赵工" in warning.zh
    assert "王教授" not in warning.zh


def test_r7_a_submission_says_everything_at_once_by_field() -> None:
    draft = a_draft(days=4, capacity=300, major_category=13)
    draft = replace(draft, plan=replace(draft.plan, objectives=None, fee=-1, ends_on=date(2024, 12, 1), days=4))
    problems = declaration.plan_problems(draft, a_base(), round_2024())
    with pytest.raises(Refusal) as refused:
        declaration.submit(draft, a_base(), round_2024(), DECLARING)
    told = {problem["code"]: problem["fields"] for problem in refused.value.details["problems"]}
    assert [problem.code for problem in problems] == list(told)
    assert told["PLAN_INCOMPLETE"] == ["objectives"]
    assert told["INVALID_PLAN"] == ["feeFen"]
    assert {"days", "majorCategory", "capacity", "startsOn"} <= set(told["JUSTIFICATION_MISSING"])
    assert told["OUTSIDE_WINDOW"] == ["endsOn"]
    assert all(problem.zh in refused.value.zh for problem in problems)


def test_r7_the_round_says_where_the_unusual_begins() -> None:
    large = replace(round_2024(), plan_limits=replace(LIMITS, usual_seats=300))
    assert advice_on(a_plan(capacity=300), ProjectKind.TEACHING, a_base(), large) == ()
    assert (
        faults_of(a_plan(capacity=1200), a_base(), replace(large, plan_limits=replace(LIMITS, most_seats=2000))) == []
    )


@pytest.mark.parametrize(
    "limits",
    [
        {"usual_seats": 2000},
        {"most_seats": 10**6},
        {"usual_hours_a_day": 13},
        {"most_hours_a_day": 25},
        {"usual_idle_days": -1},
        {"usual_gap_percent": 101},
        {"most_fee": -1},
    ],
)
def test_r1_a_round_does_not_open_with_limits_that_make_no_sense(limits: dict[str, int]) -> None:
    with pytest.raises(Refusal) as refused:
        open_round(replace(round_2024(), plan_limits=replace(LIMITS, **limits)), DECLARING)
    assert (refused.value.code, refused.value.details["fields"]) == ("INVALID_ROUND", ["planLimits"])


def test_r18_an_amendment_obeys_the_same_limits() -> None:
    ends = a_base(valid_until=date(2024, 7, 20))
    for base, change, field in (
        (ends, Amendment(reason="改期", starts_on=date(2024, 8, 5)), "startsOn"),
        (a_base(), Amendment(reason="换人", faculty=(FacultyMember("赵工"), FacultyMember("赵工"))), "faculty"),
        (a_base(), Amendment(reason="改期", ends_on=date(2024, 7, 9)), "days"),
    ):
        with pytest.raises(Refusal) as refused:
            lifecycle.amend(a_published(), base, round_2024(), change, REVIEWING)
        assert (refused.value.code, refused.value.rule) == ("INVALID_PLAN", "R18")
        assert field in refused.value.details["fields"]


def test_r18_an_amendment_is_not_asked_for_what_was_published_before_there_was_a_limit() -> None:
    old = replace(a_published(), plan=a_plan(capacity=5000, class_hours=1000))
    later = Amendment(reason="改期", starts_on=FIRST + timedelta(7))
    amended, _ = lifecycle.amend(old, a_base(), round_2024(), later, REVIEWING)
    assert amended.plan.starts_on == FIRST + timedelta(7)


def test_r18_a_teacher_in_two_places_from_before_the_limit_may_be_moved_but_not_doubled() -> None:
    """The fault names its day, and is the same fault on another day; a second one is new."""
    crowded = tuple(lesson(number, day=FIRST) for number in (1, 2))
    others = tuple(lesson(number, day=FIRST + timedelta(number)) for number in (3, 4))
    old = replace(a_published(), plan=a_plan(timetable=(*crowded, *others)))
    later = Amendment(reason="改期", starts_on=FIRST + timedelta(7))
    amended, _ = lifecycle.amend(old, a_base(), round_2024(), later, REVIEWING)
    assert {session.date for session in amended.plan.timetable[:2]} == {FIRST + timedelta(7)}
    doubled = Amendment(reason="并课", session_dates={"s4": FIRST + timedelta(3)})
    with pytest.raises(Refusal) as refused:
        lifecycle.amend(old, a_base(), round_2024(), doubled, REVIEWING)
    assert (refused.value.code, refused.value.rule) == ("INVALID_PLAN", "R18")


def test_r18_a_new_faculty_without_the_teachers_of_the_timetable_warns() -> None:
    given = Amendment(reason="换人", faculty=(FacultyMember("赵工"),))
    amended, _ = lifecycle.amend(a_published(), a_base(), round_2024(), given, REVIEWING)
    assert [warning.code for warning in amended.warnings] == ["TEACHER_NOT_IN_FACULTY"]


SESSIONS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["王教授", "陈工", "王教授、陈工"]), st.integers(1, 30)), max_size=8
)


@given(drawn=SESSIONS, most=st.integers(1, 24))
def test_r7_a_teacher_is_in_one_place_and_no_session_outlasts_a_day(
    drawn: list[tuple[int, str, int]], most: int
) -> None:
    """The timetable is refused exactly when somebody would have to teach more than a day holds."""
    sessions = tuple(
        lesson(number, day=FIRST + timedelta(days=day), teacher=teacher, hours=hours)
        for number, (day, teacher, hours) in enumerate(drawn)
    )
    limits = replace(LIMITS, most_hours_a_day=most)
    found = faults_of(Plan(timetable=sessions), a_base(), replace(round_2024(), plan_limits=limits))
    loads: dict[tuple[int, str], int] = {}
    for day, teachers, hours in drawn:
        for teacher in teachers.split("、"):
            loads[day, teacher] = loads.get((day, teacher), 0) + hours
    assert bool(found) == any(load > most for load in loads.values())
    assert {fault.field for fault in found} <= {"timetable"}


@given(days=st.integers(1, 60), length=st.integers(1, 150), hours=st.integers(1, 2000), seats=st.integers(-5, 3000))
def test_r7_the_arithmetic_of_days_hours_and_seats(days: int, length: int, hours: int, seats: int) -> None:
    plan = Plan(
        starts_on=FIRST, ends_on=FIRST + timedelta(days=length - 1), days=days, class_hours=hours, capacity=seats
    )
    wrong = {fault.field for fault in faults_of(plan, a_base(), round_2024())}
    assert ("days" in wrong) == (days > length)
    assert ("classHours" in wrong) == (hours > days * LIMITS.most_hours_a_day)
    assert ("capacity" in wrong) == (not 1 <= seats <= LIMITS.most_seats)
    codes = {warning.code for warning in advice_on(plan, ProjectKind.RESEARCH_DEVELOPMENT, a_base(), round_2024())}
    assert ("LARGE_CLASS" in codes) == (seats > LIMITS.usual_seats)
    assert ("MANY_HOURS_A_DAY" in codes) == (hours > days * LIMITS.usual_hours_a_day)
    assert ("DATES_FAR_APART" in codes) == (length - days > LIMITS.usual_idle_days)


@given(hours=st.integers(1, 400), stated=st.integers(1, 400))
def test_r7_the_timetable_and_the_class_hours_may_differ_by_a_tenth(hours: int, stated: int) -> None:
    plan = Plan(class_hours=stated, timetable=(lesson(1, hours=hours),))
    codes = {warning.code for warning in advice_on(plan, ProjectKind.TEACHING, a_base(), round_2024())}
    assert ("HOURS_DIFFER" in codes) == (abs(hours - stated) * 10 > stated)
