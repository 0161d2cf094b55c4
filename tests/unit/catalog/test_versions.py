"""R13, R18: every accepted change of a plan is a version, and two versions differ in words."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from services.catalog.domain import decision, declaration, lifecycle, review
from services.catalog.domain.labels import FIELDS
from services.catalog.domain.lifecycle import Amendment
from services.catalog.domain.plan import FacultyMember, Justification, Plan, Session, Venue, differing
from services.catalog.domain.project import Design, Project
from services.catalog.domain.versions import between, public_versions_of, versions_of
from services.catalog.domain.vocabulary import Audience, BaseCategory, DecisionOutcome, Mode, ProjectKind
from services.catalog.graph.wording import FieldChange, Wording
from tests.unit.catalog.examples import (
    DECLARING,
    EXPERTS,
    a_base,
    a_draft,
    a_plan,
    a_submitted,
    reviews_of,
    round_2024,
    why,
)

ROUND = round_2024()
THEMES = {theme.code: theme.name for theme in ROUND.themes}


def moments() -> Iterator[datetime]:
    """One minute after the other."""
    now = DECLARING
    while True:
        yield (now := now + timedelta(minutes=1))


def saved(step: tuple[Project, Any]) -> Project:
    """The project as the store gives it back."""
    return replace(step[0], version=step[0].version + 1)


def rewritten(project: Project, now: datetime, **changes: Any) -> Project:
    plan = replace(project.plan, **changes)
    return saved(declaration.update(project, a_base(), ROUND, kind=None, plan=plan, now=now))


def reviewed(project: Project, outcome: DecisionOutcome, now: datetime) -> Project:
    assigned = saved(review.assign_experts(project, EXPERTS[:2], ROUND, now))
    return saved(decision.decide(assigned, ROUND, reviews_of(assigned), outcome=outcome, reason=why("意见"), now=now))


def a_seasoned() -> Project:
    """Handed in, returned, rewritten twice, handed in again, published, amended twice."""
    now = moments()
    project = rewritten(a_draft(title="初稿"), next(now), title="一稿")
    project = saved(declaration.submit(project, a_base(), ROUND, next(now)))
    project = reviewed(project, DecisionOutcome.RETURN, next(now))
    project = rewritten(project, next(now), title="二稿", fee=0)
    project = rewritten(project, next(now), title="三稿")
    project = saved(declaration.submit(project, a_base(), ROUND, next(now)))
    project = reviewed(project, DecisionOutcome.APPROVE, next(now))
    project = saved(decision.publish(project, ROUND, override=None, now=next(now)))
    moved = Amendment(reason="台风", starts_on=date(2024, 7, 15))
    project = saved(lifecycle.amend(project, a_base(), ROUND, moved, next(now)))
    staffed = Amendment(reason="换人", faculty=(FacultyMember("赵工"),))
    return saved(lifecycle.amend(project, a_base(), ROUND, staffed, next(now)))


def worded(before: Design, after: Design, language: str = "zh") -> dict[str, FieldChange]:
    wording = Wording(lambda zh, en: zh if language == "zh" else en, THEMES)
    return {change.name: change for change in wording.differences(before, after)}


def test_a_draft_has_no_versions_however_often_it_is_written() -> None:
    assert versions_of(rewritten(a_draft(), DECLARING, title="二稿")) == ()


def test_each_submission_rewriting_and_amendment_is_a_version_with_the_plan_of_its_time() -> None:
    project = a_seasoned()
    versions = versions_of(project)
    assert [version.design.plan.title for version in versions] == ["一稿", "三稿", "三稿", "三稿", "三稿"]
    assert [version.change.status for version in versions] == ["SUBMITTED", "RETURNED", "SUBMITTED", *["PUBLISHED"] * 2]
    assert [version.design.plan.starts_on for version in versions][-3:] == [
        date(2024, 7, 8),
        date(2024, 7, 15),
        date(2024, 7, 15),
    ]
    assert [version.change.reason for version in versions][-2:] == ["台风", "换人"]
    assert versions[-1].design == project.design
    numbers = [version.change.version for version in versions]
    assert numbers == sorted(set(numbers))


def test_the_public_sees_what_was_published_and_its_amendments_and_nothing_before() -> None:
    project = a_seasoned()
    assert public_versions_of(project) == versions_of(project)[-3:]
    assert public_versions_of(a_submitted()) == ()


def test_a_returned_plan_that_is_written_as_it_was_is_no_new_version() -> None:
    returned = reviewed(saved((a_submitted(), None)), DecisionOutcome.RETURN, DECLARING)
    assert len(versions_of(rewritten(returned, DECLARING))) == 1


def test_the_kind_of_a_project_is_part_of_its_versions() -> None:
    enterprise = {"themes": ("E1",), "days": 12, "ends_on": date(2024, 7, 22)}
    base = a_base(BaseCategory.ENTERPRISE_PRACTICE)
    project = a_draft(base, kind=ProjectKind.SKILL_TRAINING, **enterprise)
    project = saved(declaration.submit(project, base, ROUND, DECLARING))
    project = reviewed(project, DecisionOutcome.RETURN, DECLARING)
    kind = ProjectKind.JOB_PRACTICE
    project = saved(declaration.update(project, base, ROUND, kind=kind, plan=project.plan, now=DECLARING))
    before, after = versions_of(project)
    change = worded(before.design, after.design)["kind"]
    assert (change.label, change.before, change.after) == ("项目类型", "企业技能培训", "企业岗位实践")


def test_two_versions_are_compared_by_number_and_an_unknown_one_is_not_found() -> None:
    versions = versions_of(a_seasoned())
    first, last = versions[0].change.version, versions[-1].change.version
    before, after = between(versions, first, last)
    assert set(worded(before.design, after.design)) == {"title", "feeFen", "startsOn", "endsOn", "timetable", "faculty"}
    with pytest.raises(Refusal) as refused:
        between(versions, first, 999)
    assert refused.value.code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("field", "value", "zh", "en"),
    [
        ("title", "新题", ("智能制造专业教师数字化能力提升", "新题"), ("智能制造专业教师数字化能力提升", "新题")),
        ("objectives", None, ("提升数字化教学能力", "（无）"), ("提升数字化教学能力", "(none)")),
        ("mode", Mode.BLENDED, ("线下", "线上线下结合"), ("offline", "blended")),
        ("starts_on", date(2024, 7, 1), ("2024年7月8日", "2024年7月1日"), ("2024-07-08", "2024-07-01")),
        ("days", 6, ("7天", "6天"), ("7 days", "6 days")),
        ("class_hours", 48, ("16学时", "48学时"), ("16 class hours", "48 class hours")),
        ("fee", 0, ("2800.00元", "0.00元"), ("CNY 2800.00", "CNY 0.00")),
        ("major_category", 13, ("装备制造", "财经商贸"), ("装备制造", "财经商贸")),
        ("capacity", 50, ("40人", "50人"), ("40 places", "50 places")),
        ("venue", Venue("45", "南宁市"), ("广东省 广州市示范路1号", "广西壮族自治区 南宁市"), None),
        ("audience", (Audience.TEACHER, Audience.LEADER), ("（无）", "学校领导"), ("(none)", "school leaders")),
        ("faculty", (FacultyMember("王教授", "教授", "示范大学"),), ("陈工", "（无）"), ("陈工", "(none)")),
        ("justifications", (Justification("R9", "集中授课"),), ("（无）", "R9 集中授课"), ("(none)", "R9 集中授课")),
    ],
)
def test_each_field_reads_well_before_and_after(
    field: str, value: Any, zh: tuple[str, str], en: tuple[str, str] | None
) -> None:
    before = Design(ProjectKind.TEACHING, a_plan())
    after = Design(ProjectKind.TEACHING, a_plan(**{field: value}))
    for language, wanted in (("zh", zh), ("en", en)):
        (change,) = worded(before, after, language).values()
        assert wanted in {None, (change.before, change.after)}
        assert (change.name, change.label) == (FIELDS[field].name, getattr(FIELDS[field], language))


def test_of_a_list_only_what_is_gone_and_what_is_new_is_told_unless_its_order_is_all() -> None:
    plan = a_plan(themes=("D3", "D5"))
    before = Design(ProjectKind.TEACHING, plan)
    swapped = worded(before, Design(ProjectKind.TEACHING, replace(plan, themes=("D5", "D3"))))["themes"]
    assert swapped.before == f"{THEMES['D3']}；{THEMES['D5']}"
    other = replace(plan.timetable[1], hours=4, mode=Mode.ONLINE)
    timetable = (plan.timetable[0], other, Session("s3", "汇报", "陈工", date(2024, 7, 10), 2))
    change = worded(before, Design(ProjectKind.TEACHING, replace(plan, timetable=timetable)))["timetable"]
    assert change.before == "2024年7月9日 产线实训 陈工 8学时"
    assert change.after == "2024年7月9日 产线实训 陈工 4学时 线上；2024年7月10日 汇报 陈工 2学时"


@given(blank=st.sets(st.sampled_from([name for name in FIELDS if name != "kind"])))
def test_exactly_the_fields_that_differ_are_told(blank: set[str]) -> None:
    full = a_plan(justifications=(Justification("R9", "集中授课"),))
    other = replace(full, **{name: getattr(Plan(), name) for name in blank})
    assert set(differing(full, other)) == blank
    changes = worded(Design(ProjectKind.TEACHING, full), Design(ProjectKind.TEACHING, other))
    assert set(changes) == {FIELDS[name].name for name in blank}


def test_a_returned_plan_that_is_saved_all_the_time_keeps_what_was_handed_in_and_no_more() -> None:
    """R13: a document does not grow with every save."""
    returned = reviewed(a_submitted(), DecisionOutcome.RETURN, DECLARING)
    once = rewritten(returned, DECLARING, title="第0稿")
    often = once
    for number in range(1, 9):
        often = rewritten(often, DECLARING + timedelta(minutes=number), title=f"第{number}稿")
    assert len(often.history) == len(once.history) == len(returned.history) + 1
    entry = often.history[-1]
    assert (entry.replaced, entry.version, entry.at) == (
        returned.design, often.version, DECLARING + timedelta(minutes=8),
    )  # fmt: skip
    assert [version.design for version in versions_of(often)] == [returned.design, often.design]
