"""The ministry's table of a year (R42)."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from services.assessment.domain.vocabulary import FindingState, InstrumentKind, ProjectPhase, Severity
from services.assessment.domain.year_table import (
    Found,
    Mean,
    Outcomes,
    ProjectFacts,
    Published,
    Row,
    YearFacts,
    table_of,
)

HELD = ProjectFacts("p1", "PRINCIPAL", "44", ProjectPhase.COMPLETED, "b1")
RUNS = ProjectFacts("p2", "PRINCIPAL", "44", ProjectPhase.RUNNING, "b1")
ELSEWHERE = ProjectFacts("p3", "ENTERPRISE_PRACTICE", "51", ProjectPhase.CANCELLED, "b2")
FACTS = YearFacts(
    projects=(ELSEWHERE, HELD, RUNS),
    outcomes={"p1": Outcomes(attendees=10, passed=7, failed=1, incomplete=1, credited=6), "p2": Outcomes(attendees=5)},
    evaluations=(
        Published("p1", InstrumentKind.SATISFACTION, 8, 450),
        Published("p2", InstrumentKind.SATISFACTION, 2, 400),
        Published("p1", InstrumentKind.TEACHING, 9, None),
        Published("of-another-year", InstrumentKind.TEACHING, 9, 500),
    ),
    inspected=frozenset({"p1", "p3"}),
    findings=(
        Found("p1", Severity.MINOR, FindingState.CLOSED),
        Found("p1", Severity.MAJOR, FindingState.OPEN),
        Found("of-another-year", Severity.GRAVE, FindingState.OPEN),
    ),
)
PROJECTS = some.lists(
    some.builds(
        ProjectFacts,
        some.integers(0, 10_000).map(str),
        some.sampled_from([None, "PRINCIPAL", "ENTERPRISE_PRACTICE"]),
        some.sampled_from(["00", "11", "44"]),
        some.sampled_from(ProjectPhase),
        some.sampled_from(["b1", "b2", "b3"]),
    ),
    unique_by=lambda project: project.id,
)


def test_r42_projects_and_their_attendees_are_counted_by_category_and_province() -> None:
    other, own = table_of(FACTS)
    assert (own.category, own.province) == ("PRINCIPAL", "44")
    assert (own.published, own.held, own.running, own.cancelled) == (2, 1, 1, 0)
    assert (own.attendees, own.assessed, own.passed, own.credited) == (15, 9, 7, 6)
    assert (other.category, other.province, other.published, other.cancelled) == ("ENTERPRISE_PRACTICE", "51", 1, 1)


def test_r42_the_pass_rate_is_of_those_with_a_published_result() -> None:
    other, own = table_of(FACTS)
    assert own.pass_rate == 0.7778
    assert other.pass_rate is None


def test_r42_satisfaction_is_the_mean_over_the_sheets_that_are_shown() -> None:
    """Eight sheets of 4.50 and two of 4.00; what is not shown does not count (R36), nor what is of another year."""
    _, own = table_of(FACTS)
    assert (own.satisfaction.hundredths, own.satisfaction.sheets) == (440, 10)
    assert (own.teaching.hundredths, own.teaching.sheets) == (None, 0)


def test_r42_inspections_are_counted_with_what_they_found() -> None:
    other, own = table_of(FACTS)
    assert (own.inspected, other.inspected) == (1, 1)
    assert own.findings == {Severity.NONE: 0, Severity.MINOR: 1, Severity.MAJOR: 1, Severity.GRAVE: 0}
    assert own.open_findings == 1


def test_r39_r42_the_quota_of_a_row_is_of_each_base_once_and_as_the_ministry_has_adjusted_it() -> None:
    """What is published is used for good, cancelled or not (R11); an unknown limit leaves the sum unknown."""
    further = replace(FACTS, projects=(*FACTS.projects, replace(RUNS, id="p4", base="b3")))
    assert [(row.quota.bases, row.quota.limit) for row in table_of(further)] == [(1, None), (2, None)]
    known = replace(further, quotas={"PRINCIPAL": 3}, limits={"b3": 5})
    assert [(row.quota.bases, row.quota.limit, row.published) for row in table_of(known)] == [(1, None, 1), (2, 8, 3)]


@given(PROJECTS)
def test_r42_every_project_is_in_exactly_one_row(projects: list[ProjectFacts]) -> None:
    table = table_of(YearFacts(projects, {}, (), frozenset(), ()))
    assert sum(row.published for row in table) == len(projects)
    places = [(row.category, row.province) for row in table]
    assert len(set(places)) == len(places)
    assert all(row.published >= row.held + row.running + row.cancelled for row in table)


@given(some.lists(some.tuples(some.integers(5, 500), some.integers(100, 500)), min_size=1))
def test_r42_a_mean_lies_between_its_parts_and_no_order_changes_it(parts: list[tuple[int, int]]) -> None:
    def mean_of(rows: Sequence[tuple[int, int]]) -> int | None:
        mean = Mean()
        for counted, hundredths in rows:
            mean.add(Published("p1", InstrumentKind.SATISFACTION, counted, hundredths))
        return mean.hundredths

    found = mean_of(parts)
    assert found is not None
    assert min(hundredths for _, hundredths in parts) <= found <= max(hundredths for _, hundredths in parts)
    assert mean_of(parts[::-1]) == found


def test_r42_a_row_of_nobody_says_nothing_of_rates() -> None:
    empty = Row(None, "00")
    assert (empty.pass_rate, empty.satisfaction.hundredths) == (None, None)
