"""What the catalog's tests begin with: the 2024 round, a base of each category, a complete plan."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import msgspec

from kernel.dates import SHANGHAI
from kernel.free_text import Reason
from kernel.reference import round_data
from services.catalog.domain import decision, declaration, review
from services.catalog.domain.base import Base, Organization, Team, TeamMember
from services.catalog.domain.plan import FacultyMember, Plan, Session, Venue
from services.catalog.domain.project import Project
from services.catalog.domain.review import DimensionVerdict, Expert, Review
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import Audience, BaseCategory, DecisionOutcome, Mode, ProjectKind, Verdict

MEMBER = TeamMember("李老师", "k1:sealed", "010****0000")
TEAM = Team((MEMBER,), (MEMBER,), (MEMBER,))
DECLARING = datetime(2024, 4, 20, 9, tzinfo=SHANGHAI)
REVIEWING = datetime(2024, 5, 8, 9, tzinfo=SHANGHAI)
LATE = datetime(2024, 5, 11, 0, tzinfo=SHANGHAI)
EXPERTS = tuple(
    Expert(id=f"e{number}", version=1, name=f"专家{number}", organization=Organization(f"school-{number}", "某校"))
    for number in range(3)
)


def why(text: str = "理由") -> Reason:
    """A reason as a command makes it."""
    return Reason.of(text, "R1")


def round_2024() -> Round:
    """The round of the notice."""
    data = round_data(2024)
    return msgspec.convert(data | {"id": "2024", "version": 1}, Round)


def a_base(category: BaseCategory = BaseCategory.DUAL_QUALIFIED_TEACHER, **changes: Any) -> Base:
    """A base with its team on file."""
    base = Base(
        id="base-1",
        version=1,
        name="示范大学职教基地",
        number=7,
        category=category,
        organization=Organization("4144010001", "示范大学"),
        province="44",
        major_categories=(6, 11),
        valid_from=date(2023, 1, 1),
        team=TEAM,
    )
    return replace(base, **changes)


def a_plan(**changes: Any) -> Plan:
    """A complete plan for a dual-qualified base, nothing about it unusual."""
    plan = Plan(
        title="智能制造专业教师数字化能力提升",
        themes=("D3", "D5"),
        objectives="提升数字化教学能力",
        content_design="理论与实训结合",
        mode=Mode.OFFLINE,
        starts_on=date(2024, 7, 8),
        ends_on=date(2024, 7, 14),
        days=7,
        class_hours=16,
        fee=280_000,
        fee_includes="培训费、资料费",
        major_category=6,
        audience=(Audience.TEACHER,),
        capacity=40,
        venue=Venue("44", "广州市示范路1号"),
        timetable=(
            Session("s1", "数字化教学设计", "王教授", date(2024, 7, 8), 8),
            Session("s2", "产线实训", "陈工", date(2024, 7, 9), 8),
        ),
        faculty=(FacultyMember("王教授", "教授", "示范大学"), FacultyMember("陈工")),
        assessment_method="过程性考核与成果汇报",
        needs_evidence="调研问卷320份",
    )
    return replace(plan, **changes)


def a_draft(base: Base | None = None, *, kind: ProjectKind | None = None, **changes: Any) -> Project:
    """A draft with a complete plan, changed as asked."""
    project, _ = declaration.draft(
        base or a_base(),
        round_2024(),
        key="p1",
        code="2024-DQT-007-01",
        kind=kind,
        plan=a_plan(**changes),
        now=DECLARING,
    )
    return project


def a_submitted() -> Project:
    """A submitted project."""
    return declaration.submit(a_draft(), a_base(), round_2024(), DECLARING)[0]


def an_assigned() -> Project:
    """A project under review by two experts."""
    return review.assign_experts(a_submitted(), EXPERTS[:2], round_2024(), DECLARING)[0]


def verdicts(*, without: str | None = None) -> list[DimensionVerdict]:
    """A verdict on every dimension."""
    codes = [dimension.code for dimension in round_2024().review_dimensions if dimension.code != without]
    return [DimensionVerdict(code, Verdict.PASS, "可行") for code in codes]


def reviews_of(project: Project, *, submitted: int = 2) -> list[Review]:
    """The reviews of a project's experts, the first ones handed in."""
    blank = [review.blank_review(project, expert, DECLARING) for expert in project.experts]
    return [
        review.submit_review(empty, project, round_2024(), verdicts(), DECLARING)[0] if place < submitted else empty
        for place, empty in enumerate(blank)
    ]


def a_decided(outcome: DecisionOutcome) -> Project:
    """A project that the ministry decided on."""
    project = an_assigned()
    return decision.decide(
        project, round_2024(), reviews_of(project), outcome=outcome, reason=why("按评审意见"), now=REVIEWING
    )[0]


def a_published() -> Project:
    """A published project."""
    return decision.publish(a_decided(DecisionOutcome.APPROVE), round_2024(), override=None, now=REVIEWING)[0]
