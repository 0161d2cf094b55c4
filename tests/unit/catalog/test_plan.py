"""R7–R10: completeness, themes, durations, matching majors."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strawberry import ID

from kernel.errors import Refusal
from services.catalog.domain import declaration
from services.catalog.domain.impossible import check_given
from services.catalog.domain.labels import FIELDS
from services.catalog.domain.plan import (
    FacultyMember,
    Justification,
    Plan,
    Session,
    Venue,
    missing_fields,
    require_complete,
)
from services.catalog.domain.search import terms_of, terms_wanted
from services.catalog.domain.unusual import advice_on
from services.catalog.domain.vocabulary import BaseCategory, Mode, ProjectKind
from services.catalog.graph.project_inputs import (
    ProjectAmendmentInput,
    ProjectInput,
    ProjectSessionDateInput,
    ProjectSessionInput,
)
from tests.unit.catalog.examples import DECLARING, a_base, a_draft, a_plan, round_2024

LESSON = a_plan().timetable[0]

ALL_FIELDS = [
    "title", "themes", "objectives", "contentDesign", "mode", "startsOn", "endsOn", "days", "classHours", "feeFen",
    "feeIncludes", "majorCategory", "audience", "capacity", "venue", "timetable", "faculty", "assessmentMethod",
    "needsEvidence",
]  # fmt: skip


def test_an_empty_plan_says_every_missing_field_at_once() -> None:
    """R7: submission must be complete."""
    with pytest.raises(Refusal) as refused:
        require_complete(Plan())
    assert refused.value.code == "PLAN_INCOMPLETE"
    assert refused.value.rule == "R7"
    assert refused.value.details["missing"] == ALL_FIELDS
    assert refused.value.zh.startswith("培训方案不完整，缺少：项目名称、主题、目标定位、")
    assert refused.value.en.endswith("faculty, assessment method, needs-research evidence")


@given(blank=st.sets(st.sampled_from(["title", "objectives", "content_design", "fee_includes", "needs_evidence"])))
def test_blank_text_is_missing(blank: set[str]) -> None:
    assert len(missing_fields(a_plan(**dict.fromkeys(blank, "  ")))) == len(blank)


def test_a_fee_of_nothing_is_a_statement() -> None:
    """R7: a fee of 0 is allowed, and must be stated."""
    assert missing_fields(a_plan(fee=0)) == []
    assert missing_fields(a_plan(fee=None)) == ["feeFen"]


def test_a_project_held_online_needs_no_venue() -> None:
    assert missing_fields(a_plan(venue=None, mode=Mode.ONLINE)) == []
    assert missing_fields(a_plan(venue=None, mode=Mode.BLENDED)) == ["venue"]


def test_a_draft_may_be_empty() -> None:
    """R7: drafts may be partial."""
    project, _ = declaration.draft(a_base(), round_2024(), key="p", code="c", kind=None, plan=Plan(), now=DECLARING)
    assert project.kind is ProjectKind.TEACHING
    assert project.version == 1


def test_a_theme_of_another_category_is_unknown() -> None:
    """R8: themes are from the category's list of the round."""
    with pytest.raises(Refusal) as refused:
        a_draft(themes=("D1", "P1", "X"))
    assert refused.value.code == "UNKNOWN_THEME"
    assert refused.value.rule == "R8"
    assert refused.value.details["unknown"] == ["P1", "X"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"fee": -1, "days": 0, "capacity": 0}, ["days", "feeFen", "capacity"]),
        ({"ends_on": date(2024, 7, 7)}, ["endsOn"]),
        ({"days": 8}, ["days"]),
        ({"ends_on": date(2024, 7, 8), "days": 1, "class_hours": 8}, ["timetable"]),
        ({"major_category": 20}, ["majorCategory"]),
    ],
)
def test_what_cannot_be_right_is_refused_even_in_a_draft(changes: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Refusal) as refused:
        a_draft(**changes)
    assert refused.value.code == "INVALID_PLAN"
    assert refused.value.details["fields"] == fields


@pytest.mark.parametrize(
    ("category", "kind", "least", "most"),
    [
        (BaseCategory.PRINCIPAL, ProjectKind.LEADERSHIP, 4, 6),
        (BaseCategory.DUAL_QUALIFIED_TEACHER, ProjectKind.TEACHING, 5, 9),
        (BaseCategory.ENTERPRISE_PRACTICE, ProjectKind.SKILL_TRAINING, 7, 13),
        (BaseCategory.ENTERPRISE_PRACTICE, ProjectKind.JOB_PRACTICE, 11, 19),
    ],
)
def test_about_so_many_days_is_thirty_per_cent_up_and_down(
    category: BaseCategory, kind: ProjectKind, least: int, most: int
) -> None:
    """R9: 左右 is ±30 %."""

    def unusual(days: int) -> bool:
        return bool(advice_on(Plan(days=days), kind, a_base(category), round_2024()))

    assert [unusual(days) for days in (least - 1, least, most, most + 1)] == [True, False, False, True]


def test_research_and_development_has_no_norm() -> None:
    """R9: nor a warning."""
    enterprise = a_base(BaseCategory.ENTERPRISE_PRACTICE)
    advice = advice_on(Plan(days=90), ProjectKind.RESEARCH_DEVELOPMENT, enterprise, round_2024())
    assert advice == ()


def test_an_unusual_length_and_a_foreign_major_each_want_a_word() -> None:
    """R9, R10: both warn, and neither goes in without a justification."""
    project = a_draft(days=4, major_category=13)
    assert [warning.rule for warning in project.warnings] == ["R9", "R10"]
    with pytest.raises(Refusal) as refused:
        declaration.submit(project, a_base(), round_2024(), DECLARING)
    assert refused.value.code == "JUSTIFICATION_MISSING"
    assert refused.value.details["rules"] == ["R9", "R10"]


def test_a_justified_plan_goes_in_and_keeps_its_warnings() -> None:
    project = a_draft(
        days=4, major_category=13, justifications=(Justification("R9", "集中授课"), Justification("R10", "跨专业"))
    )
    submitted, _ = declaration.submit(project, a_base(), round_2024(), DECLARING)
    assert [warning.code for warning in submitted.warnings] == ["DURATION_OUTSIDE_NORM", "MAJOR_MISMATCH"]


def test_a_foreign_major_is_no_matter_for_enterprises() -> None:
    """R10: only the dual-qualified bases match majors."""
    plan, enterprise = Plan(days=10, major_category=13), a_base(BaseCategory.ENTERPRISE_PRACTICE)
    advice = advice_on(plan, ProjectKind.SKILL_TRAINING, enterprise, round_2024())
    assert advice == ()


def test_an_enterprise_says_which_kind_it_means() -> None:
    with pytest.raises(Refusal) as refused:
        a_draft(a_base(BaseCategory.ENTERPRISE_PRACTICE), themes=("E1",))
    assert (refused.value.code, refused.value.extensions()["field"]) == ("INVALID_KIND", "kind")


@given(text=st.text(alphabet="数字化素养提升Python3 ，", min_size=1), start=st.integers(0, 30), size=st.integers(1, 8))
def test_a_text_is_found_by_any_run_of_its_characters(text: str, start: int, size: int) -> None:
    piece = "".join(char for char in text if not char.isascii())[start : start + size]
    joined = "".join(char for char in text if not char.isascii())
    assert set(terms_wanted(piece)) <= set(terms_of(joined))


def test_search_is_case_blind_and_does_not_find_what_is_not_there() -> None:
    terms = set(terms_of("Python 数据分析"))
    assert set(terms_wanted("PYTHON数据")) <= terms
    assert not set(terms_wanted("据数")) <= terms


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"venue": Venue("44", " ")}, "venue"),
        ({"timetable": (replace(LESSON, teacher=" "),)}, "timetable"),
        ({"timetable": (replace(LESSON, title=""),)}, "timetable"),
        ({"timetable": (replace(LESSON, hours=0),)}, "timetable"),
        ({"timetable": (replace(LESSON, id=" "),)}, "timetable"),
        ({"timetable": (LESSON, replace(LESSON, title="又一课次"))}, "timetable"),
        ({"faculty": (FacultyMember(" "),)}, "faculty"),
        ({"major_category": 20}, "majorCategory"),
        ({"days": 8}, "days"),
        ({"ends_on": date(2024, 7, 7)}, "endsOn"),
    ],
)
def test_what_is_given_and_cannot_be_right_is_refused_with_its_field_and_why(
    changes: dict[str, Any], field: str
) -> None:
    """R7, R29: attendance refers to a session by its id, so each has its own."""
    with pytest.raises(Refusal) as refused:
        check_given(a_plan(**changes), a_base(), round_2024())
    assert (refused.value.code, refused.value.details["fields"]) == ("INVALID_PLAN", [field])
    label = next(each for each in FIELDS.values() if each.name == field)
    assert label.zh in refused.value.zh
    assert not refused.value.zh.endswith(label.zh)


def test_a_default_id_that_meets_a_stated_one_is_refused() -> None:
    """R29: ids are given by position unless stated."""
    day = date(2024, 7, 8)
    stated = ProjectSessionInput(title="课", teacher="师", date=day, hours=8, id=ID("s2"))
    given = ProjectInput(timetable=[stated, ProjectSessionInput(title="课", teacher="师", date=day, hours=8)]).changes()
    with pytest.raises(Refusal, match="编号"):
        check_given(a_plan(**given), a_base(), round_2024())


def test_two_new_dates_for_one_session_are_refused() -> None:
    dates = [ProjectSessionDateInput(id=ID("s1"), date=date(2024, 7, day)) for day in (9, 10)]
    with pytest.raises(Refusal) as refused:
        ProjectAmendmentInput(reason="调课", session_dates=dates).amendment()
    assert (refused.value.code, refused.value.rule) == ("INVALID_PLAN", "R18")


NUMBER = "请致电 138 0013 8000"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": NUMBER}, "title"),
        ({"objectives": NUMBER}, "objectives"),
        ({"content_design": NUMBER}, "contentDesign"),
        ({"fee_includes": NUMBER}, "feeIncludes"),
        ({"assessment_method": NUMBER}, "assessmentMethod"),
        ({"needs_evidence": NUMBER}, "needsEvidence"),
        ({"themes": (NUMBER,)}, "themes"),
        ({"venue": Venue("44", NUMBER)}, "venue.address"),
        ({"timetable": (Session("s1", NUMBER, "王教授", date(2024, 7, 8), 8),)}, "timetable.title"),
        ({"timetable": (Session("s1", "实训", NUMBER, date(2024, 7, 8), 8),)}, "timetable.teacher"),
        ({"timetable": (Session(NUMBER, "实训", "王教授", date(2024, 7, 8), 8),)}, "timetable.id"),
        ({"faculty": (FacultyMember(NUMBER),)}, "faculty.name"),
        ({"faculty": (FacultyMember("王教授", NUMBER),)}, "faculty.title"),
        ({"faculty": (FacultyMember("王教授", None, NUMBER),)}, "faculty.organization"),
        ({"justifications": (Justification("R9", NUMBER),)}, "justifications.text"),
    ],
)
def test_r41_no_text_of_a_plan_holds_a_number(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        a_draft(**changes)
    assert (refused.value.code, refused.value.details["field"]) == ("INVALID_TEXT", field)


def test_r41_a_stored_text_does_not_stop_a_change_of_another_field() -> None:
    stored = replace(a_draft(), plan=a_plan(objectives=NUMBER))
    updated, _ = declaration.update(
        stored, a_base(), round_2024(), kind=None, plan=replace(stored.plan, capacity=30), now=DECLARING
    )
    assert (updated.plan.capacity, updated.plan.objectives) == (30, NUMBER)
    with pytest.raises(Refusal) as refused:
        declaration.submit(updated, a_base(), round_2024(), DECLARING)
    assert (refused.value.code, refused.value.details["field"]) == ("INVALID_TEXT", "objectives")
