"""What a base's year is measured by, and that every number is the sum of its rows (R38)."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.domain.book import Book
from services.assessment.domain.indicators import Application, Attendee, Facts, measure, national_mean
from services.assessment.domain.rubric import ItemKind, Rubric, points
from services.assessment.domain.vocabulary import (
    EvidenceKind,
    FindingState,
    InstrumentKind,
    InstrumentState,
    ProjectPhase,
    ResultOutcome,
    Severity,
)
from tests.unit.assessment.annual_facts import (
    DAY,
    ENDED,
    FAILED,
    INCOMPLETE,
    NATIONAL,
    PUBLISHED,
    SICHUAN,
    attendee,
    drafted,
    facts,
    finding,
    measured,
    project,
    questionnaire,
)

TEACHING, SATISFACTION = InstrumentKind.TEACHING, InstrumentKind.SATISFACTION


def ids(code: str, of: Facts, rubric: Rubric = NATIONAL) -> list[str]:
    return [row.id for row in measured(code, of, rubric).rows]


def test_r38_the_delivery_rate_counts_projects_that_ended_in_time_among_those_published() -> None:
    year = facts(
        projects=[project("in-time"), project("late", overrun=True), project("running", ProjectPhase.RUNNING)],
    )
    assert measured("A1", year).inputs == {"done": 1, "of": 3}
    assert ids("A1", year) == ["in-time", "late", "running"]


def test_r38_cancelled_projects_are_deducted_and_counted_nowhere_else() -> None:
    """Nothing is counted twice; what the ministry has called off or suspended is not the base's doing."""
    called_off = [
        project("by-base", ProjectPhase.CANCELLED, cancelled_by="base"),
        project("by-ministry", ProjectPhase.CANCELLED, cancelled_by="ministry"),
        project("before-it-was-told", ProjectPhase.CANCELLED),
        project("suspended", ProjectPhase.SUSPENDED),
    ]
    year = facts(projects=[project(), *called_off], attendees=[attendee("x", project="by-base")])
    assert measured("F1", year).inputs == {"CANCELLED_BY_BASE": 1}
    assert ids("F1", year) == ["by-base"]
    every = measure(NATIONAL, year, DAY)
    elsewhere = {row.id for code, found in every.items() if code != "F1" for row in found.rows}
    assert not elsewhere & {"by-base", "by-ministry", "before-it-was-told", "suspended", "x"}


def test_r38_timeliness_of_decisions_counts_applications_left_undecided_when_admission_closed() -> None:
    applications = [
        Application("decided", "p1", submitted=True, decided=True),
        Application("escalated", "p1", submitted=True, decided=True, escalated=True),
        Application("withdrawn", "p1", submitted=True),
        Application("substitute", "p1", decided=True),
        Application("of-another-project", "p9", submitted=True, decided=True),
    ]
    year = facts(applications=applications)
    assert measured("B1", year).inputs == {"done": 1, "of": 2}
    assert ids("B1", year) == ["decided", "escalated"]


def test_r38_the_pass_rate_is_of_those_who_passed_or_failed() -> None:
    year = facts(attendees=[attendee("a"), attendee("b", FAILED), attendee("c", INCOMPLETE), attendee("d", None)])
    assert measured("C1", year).inputs == {"done": 1, "of": 2}


def test_r38_a_no_show_is_not_the_bases_doing() -> None:
    year = facts(attendees=[attendee("a"), attendee("left", INCOMPLETE, hours=4), attendee("n", INCOMPLETE, hours=0)])
    assert measured("C2", year).inputs == {"done": 1, "of": 2}
    assert measured("A3", year).inputs == {"done": 12, "of": 16}


def test_r38_satisfaction_is_the_mean_of_published_questionnaires_and_of_no_other() -> None:
    """A suppressed one is nowhere, not even in a sum; one that is open is left out and named (R36)."""
    hidden = questionnaire("suppressed", SATISFACTION, 500, 3, InstrumentState.SUPPRESSED)
    still_open = questionnaire("open", SATISFACTION, 500, 3, InstrumentState.OPEN)
    year = facts(
        questionnaires=[questionnaire("i2", SATISFACTION, 450, 10), hidden, still_open],
        national={TEACHING: 480, SATISFACTION: 455},
    )
    found = measured("D2", year)
    assert found.inputs == {"count": 10, "total_hundredths": 4500, "national_mean_hundredths": 455}
    assert [row.id for row in found.rows] == ["i2"]
    assert found.left_out == ("open",)
    assert measured("D1", year).inputs == {}


def test_r38_the_national_mean_weighs_answers_and_rounds_half_up() -> None:
    year = [
        questionnaire("a", TEACHING, 400, 1),
        questionnaire("b", TEACHING, 401, 1),
        questionnaire("c", SATISFACTION, 100, 99),
        questionnaire("d", TEACHING, 100, 99, InstrumentState.SUPPRESSED),
    ]
    assert national_mean(year, TEACHING) == 401
    assert national_mean([], TEACHING) == 0


@pytest.mark.parametrize(
    ("severity", "rectified", "counted"),
    [
        (Severity.NONE, None, {}),
        (Severity.MINOR, None, {"MINOR": 1}),
        (Severity.MINOR, True, {"MINOR_RECTIFIED": 1}),
        (Severity.MAJOR, False, {"MAJOR": 1}),
        (Severity.MAJOR, True, {"MAJOR_RECTIFIED": 1}),
        (Severity.GRAVE, True, {"GRAVE": 1}),
    ],
)
def test_r38_findings_of_inspections_cost_points_and_less_when_rectified_in_time(
    severity: Severity, rectified: bool | None, counted: dict[str, int]
) -> None:
    assert measured("E1", facts(findings=[finding("f1", severity, rectified=rectified)])).inputs == counted


def test_r37_r38_a_withdrawn_finding_costs_nothing() -> None:
    withdrawn = replace(finding("f1", Severity.GRAVE), state=FindingState.WITHDRAWN)
    assert measured("E1", facts(findings=[withdrawn])).inputs == {}


def test_r38_a_base_that_was_not_inspected_keeps_full_marks() -> None:
    inputs = {code: found.inputs for code, found in measure(NATIONAL, facts(), DAY).items()}
    assert points(NATIONAL, inputs).items["E1"] == 1500


def test_seats_are_filled_by_whoever_attends_a_training_that_has_begun() -> None:
    year = facts(
        projects=[
            project(capacity=30),
            project("p2", ProjectPhase.PUBLISHED, capacity=50),
            project("p3", capacity=None),
        ],
        attendees=[attendee("e1"), attendee("e2", None), attendee("e3", project="p2"), attendee("e4", project="p3")],
    )
    assert measured("A2", year).inputs == {"done": 2, "of": 30}
    assert ids("A2", year) == ["e1", "e2", "p1"]


def test_a_plan_is_kept_with_two_amendments_after_the_start_and_not_with_three() -> None:
    year = facts(
        projects=[
            project("kept", started=3, amendments=(1, 2, 4, 5)),
            project("changed", started=3, amendments=(4, 5, 6)),
            project("overrun", overrun=True),
            project("running", ProjectPhase.RUNNING),
        ]
    )
    assert measured("A4", year).inputs == {"done": 1, "of": 3}


@pytest.mark.parametrize(
    ("published_on", "late", "day", "counted"),
    [
        (ENDED + timedelta(days=15), False, DAY, {"done": 1, "of": 1}),
        (ENDED + timedelta(days=16), False, DAY, {"done": 0, "of": 1}),
        (ENDED + timedelta(days=15), True, DAY, {"done": 0, "of": 1}),
        (None, False, DAY, {"done": 0, "of": 1}),
        (None, False, ENDED + timedelta(days=15), {}),
    ],
)
def test_results_are_in_time_within_fifteen_days(
    published_on: date | None, late: bool, day: date, counted: dict[str, int]
) -> None:
    at = datetime.combine(published_on, time(4), UTC) if published_on else None
    year = facts(books={"p1": Book("p1", 1, "b1", published_at=at, late=late)})
    assert measure(NATIONAL, year, day)["B2"].inputs == counted


def test_certificates_are_in_time_within_thirty_days_of_the_publication() -> None:
    due = PUBLISHED.date() + timedelta(days=30)
    year = facts(
        attendees=[attendee(key) for key in ("in-time", "late", "none")] + [attendee("failed", FAILED)],
        certified={"in-time": due, "late": due + timedelta(days=1)},
    )
    assert measured("C3", year).inputs == {"done": 1, "of": 3}
    assert measure(NATIONAL, year, due)["C3"].inputs == {"done": 1, "of": 2}, "who has time yet is not counted"


def test_results_of_earlier_releases_without_hours_are_left_out_of_the_attendance() -> None:
    old = attendee("old")
    assert old.result
    old = Attendee("old", "p1", (replace(old.result, attended_hours=None, due_hours=None),))
    year = facts(attendees=[old, attendee("new", hours=4)])
    assert measured("A3", year).inputs == {"done": 4, "of": 8}
    assert measured("C2", year).inputs["of"] == 2, "that somebody came is known by the rate"


def test_r38_another_rubric_measures_without_code() -> None:
    assert {code: found.inputs for code, found in measure(SICHUAN, facts(), DAY).items()} == {
        "P1": {},
        "S1": {"count": 20, "total_hundredths": 9600, "national_mean_hundredths": 480},
        "T1": {"done": 2, "of": 2},
        "T2": {"done": 16, "of": 16},
        "T3": {"done": 1, "of": 1},
    }


@st.composite
def years(draw: st.DrawFn) -> Facts:
    """Whatever a base's year may be."""
    phases = st.sampled_from(ProjectPhase)
    keys = [f"p{number}" for number in range(draw(st.integers(0, 4)))]
    projects = [
        project(
            key,
            draw(phases),
            overrun=draw(st.booleans()),
            cancelled_by=draw(st.sampled_from([None, "base", "ministry"])),
            capacity=draw(st.one_of(st.none(), st.integers(1, 50))),
            started=draw(st.one_of(st.none(), st.just(3))),
            amendments=tuple(draw(st.lists(st.integers(1, 9), max_size=4))),
        )
        for key in keys
    ]
    somewhere = st.sampled_from([*keys, "p-elsewhere"])
    outcomes = st.sampled_from([None, *ResultOutcome])
    attendees = [
        attendee(f"e{number}", draw(outcomes), hours=draw(st.integers(0, 8)), project=draw(somewhere))
        for number in range(draw(st.integers(0, 8)))
    ]
    return facts(
        projects=projects,
        attendees=attendees,
        books={key: Book(key, 1, "b1", published_at=draw(st.sampled_from([None, PUBLISHED]))) for key in keys},
        applications=[
            Application(each.id, each.project, draw(st.booleans()), draw(st.booleans()), draw(st.booleans()))
            for each in attendees
        ],
        findings=[finding(f"f{n}", draw(st.sampled_from(Severity))) for n in range(draw(st.integers(0, 3)))],
        certified={each.id: date(2024, 8, 1) for each in attendees if draw(st.booleans())},
    )


@given(years(), st.sampled_from([NATIONAL, SICHUAN]))
def test_r38_no_number_is_without_its_rows_and_no_row_counts_twice(year: Facts, rubric: Rubric) -> None:
    for item in rubric.items:
        found = measure(rubric, year, DAY)[item.code]
        sums = Counter[str]()
        for row in found.rows:
            assert row.counts
            assert all(number >= 0 for number in row.counts.values())
            sums.update(row.counts)
        told = {name: number for name, number in found.inputs.items() if name != "national_mean_hundredths"}
        assert told == dict(sums)
        assert len({(row.kind, row.id) for row in found.rows}) == len(found.rows)
        if item.kind is ItemKind.RATIO and found.inputs and item.code != "A2":
            assert found.inputs["done"] <= found.inputs["of"]


@given(years())
def test_r38_what_is_measured_does_not_depend_on_the_order_of_facts(year: Facts) -> None:
    shuffled = replace(
        year,
        projects=year.projects[::-1],
        attendees=year.attendees[::-1],
        applications=year.applications[::-1],
        findings=year.findings[::-1],
    )
    before, after = measure(NATIONAL, year, DAY), measure(NATIONAL, shuffled, DAY)
    assert before == after
    assert {code: each.sha256 for code, each in before.items()} == {code: each.sha256 for code, each in after.items()}


def test_every_row_says_of_what_it_is() -> None:
    kinds = {row.kind for found in measure(NATIONAL, facts(), DAY).values() for row in found.rows}
    assert kinds == {EvidenceKind.PROJECT, EvidenceKind.ENROLLMENT, EvidenceKind.INSTRUMENT}


def test_r38_each_complaint_that_was_upheld_takes_its_points_once_and_opens_to_itself() -> None:
    year = facts(complaints=["c1", "c2"])
    found = measured("F1", year)
    assert found.inputs == {"COMPLAINT_UPHELD": 2}
    assert [(row.kind, row.id) for row in found.rows] == [
        (EvidenceKind.COMPLAINT, "c1"),
        (EvidenceKind.COMPLAINT, "c2"),
    ]
    item = next(item for item in drafted(year).items if item.code == "F1")
    assert item.hundredths == -600
    many = drafted(facts(complaints=[f"c{number}" for number in range(9)]))
    assert next(item for item in many.items if item.code == "F1").hundredths == -1000, (
        "the item takes ten points at most"
    )
    assert drafted(year, SICHUAN).score_hundredths == drafted(facts(), SICHUAN).score_hundredths, (
        "it knows no deduction"
    )
