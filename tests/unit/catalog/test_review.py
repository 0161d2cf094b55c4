"""R14–R17: experts, blind review, decision, publication."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from services.catalog.domain import decision, declaration, review
from services.catalog.domain.base import Organization
from services.catalog.domain.events import ProjectApproved
from services.catalog.domain.project import Project
from services.catalog.domain.quota import delta
from services.catalog.domain.round import ReviewDimension
from services.catalog.domain.vocabulary import DecisionOutcome, ProjectStatus, Verdict
from tests.unit.catalog.examples import (
    DECLARING,
    EXPERTS,
    LATE,
    REVIEWING,
    a_base,
    a_decided,
    a_draft,
    a_published,
    a_submitted,
    an_assigned,
    reviews_of,
    round_2024,
    verdicts,
    why,
)


def test_two_experts_start_the_review() -> None:
    project, (event,) = review.assign_experts(a_submitted(), EXPERTS[:2], round_2024(), DECLARING)
    assert project.status is ProjectStatus.UNDER_REVIEW
    assert event.experts == ("e0", "e1")


def test_one_expert_twice_is_one_too_few() -> None:
    """R14: at least two experts."""
    with pytest.raises(Refusal) as refused:
        review.assign_experts(a_submitted(), [EXPERTS[0], EXPERTS[0]], round_2024(), DECLARING)
    assert (refused.value.code, refused.value.rule) == ("EXPERTS_TOO_FEW", "R14")


def test_nobody_reviews_for_the_own_organisation() -> None:
    """R14: no expert is of the base's organisation."""
    own = replace(EXPERTS[2], organization=Organization("4144010001", "示范大学"))
    with pytest.raises(Refusal) as refused:
        review.assign_experts(a_submitted(), [*EXPERTS[:2], own], round_2024(), DECLARING)
    assert refused.value.code == "EXPERT_CONFLICT"
    assert refused.value.details["experts"] == ["e2"]


def test_an_organisation_is_the_same_by_its_name_under_its_other_code() -> None:
    """R3, R14: on file by its school code as a base, by its credit code as who sends an expert."""
    own = replace(EXPERTS[2], organization=Organization("91440000MA5GP00010", " 示范 大学"))
    with pytest.raises(Refusal) as refused:
        review.assign_experts(a_submitted(), [*EXPERTS[:2], own], round_2024(), DECLARING)
    assert (refused.value.code, refused.value.details["experts"]) == ("EXPERT_CONFLICT", ["e2"])
    assert own not in review.choose_experts(a_submitted(), [own, *EXPERTS[:2]], {}, round_2024())
    nameless = replace(a_submitted(), organization_name="")
    unnamed = replace(EXPERTS[2], organization=Organization("school-7", ""))
    assert review.assign_experts(nameless, [*EXPERTS[:1], unnamed], round_2024(), DECLARING)[0].experts == ("e0", "e2")


def test_experts_may_be_exchanged_under_review_but_a_draft_has_none() -> None:
    other, _ = review.assign_experts(an_assigned(), EXPERTS[1:], round_2024(), DECLARING)
    assert other.experts == ("e1", "e2")
    with pytest.raises(Refusal, match="不允许"):
        review.assign_experts(a_draft(), EXPERTS[:2], round_2024(), DECLARING)


def an_expert(name: str, field: int = 1, organization: str = "school-9") -> review.Expert:
    return review.Expert(
        id=name, version=1, name=name, organization=Organization(organization, "某校"), fields=(field,)
    )


def test_chosen_are_those_of_the_field_then_the_least_loaded_then_the_first_registered() -> None:
    pool = [an_expert("e5"), an_expert("e4"), an_expert("e3", field=6), an_expert("e2"), an_expert("e1", field=6)]
    loads = {"e1": 7, "e3": 3, "e4": 1, "e5": 1}
    wanted = replace(round_2024(), experts_per_project=5)
    chosen = review.choose_experts(a_submitted(), pool, loads, wanted)
    assert [expert.id for expert in chosen] == ["e3", "e1", "e2", "e4", "e5"]
    assert review.choose_experts(a_submitted(), pool[::-1], loads, wanted) == chosen
    assert len(review.choose_experts(a_submitted(), pool, loads, round_2024())) == 2


def test_nobody_of_the_own_organisation_is_chosen_even_if_nobody_else_is_left() -> None:
    pool = [an_expert("own", field=6, organization="4144010001"), an_expert("other")]
    chosen = review.choose_experts(a_submitted(), pool, {}, round_2024())
    assert [expert.id for expert in chosen] == ["other"]
    with pytest.raises(Refusal) as refused:
        review.assign_experts(a_submitted(), chosen, round_2024(), DECLARING)
    assert (refused.value.code, refused.value.rule) == ("EXPERTS_TOO_FEW", "R14")


def test_experts_are_chosen_for_what_is_submitted_only() -> None:
    for project in (a_draft(), an_assigned()):
        with pytest.raises(Refusal, match="不允许"):
            review.choose_experts(project, EXPERTS, {}, round_2024())


@given(majors=st.lists(st.sampled_from([6, 11]), max_size=30), fields=st.lists(st.sampled_from([6, 11]), min_size=4))
def test_however_many_plans_of_a_field_its_experts_differ_by_one_at_most(majors: list[int], fields: list[int]) -> None:
    pool = [an_expert(f"e{number:02d}", field) for number, field in enumerate(fields)]
    loads: Counter[str] = Counter()
    for major in majors:
        submitted = a_submitted()
        project = replace(submitted, plan=replace(submitted.plan, major_category=major))
        loads.update(expert.id for expert in review.choose_experts(project, pool, loads, round_2024()))
    for field in (6, 11):
        own = [loads[expert.id] for expert in pool if expert.fields == (field,)]
        enough = len(own) >= 2 and fields.count(17 - field) >= 2
        assert not enough or max(own) - min(own) <= 1


def test_what_experts_judge_is_the_rounds_data() -> None:
    project = an_assigned()
    blank = review.blank_review(project, "e0", DECLARING)
    longer = replace(
        round_2024(), review_dimensions=(*round_2024().review_dimensions, ReviewDimension("SAFETY", "安全保障"))
    )
    with pytest.raises(Refusal) as refused:
        review.submit_review(blank, project, longer, verdicts(), DECLARING)
    assert refused.value.details["missing"] == ["SAFETY"]
    complete = [*verdicts(), review.DimensionVerdict("SAFETY", Verdict.PASS, "可行")]
    assert review.submit_review(blank, project, longer, complete, DECLARING)[0].submitted_at == DECLARING


@pytest.mark.parametrize(
    "judged",
    [
        verdicts(without="FEE"),
        [*verdicts(), verdicts()[0]],
        [*verdicts(without="FEE"), replace(verdicts()[0], dimension="TASTE")],
        [*verdicts(without="FEE"), review.DimensionVerdict("FEE", Verdict.FAIL, " ")],
    ],
)
def test_a_review_has_one_verdict_and_comment_on_every_dimension(judged: list[review.DimensionVerdict]) -> None:
    """R15: the round's dimensions, each once."""
    project = an_assigned()
    blank = review.blank_review(project, "e0", DECLARING)
    with pytest.raises(Refusal) as refused:
        review.submit_review(blank, project, round_2024(), judged, DECLARING)
    assert (refused.value.code, refused.value.rule) == ("REVIEW_INCOMPLETE", "R15")


def test_a_review_is_submitted_once_and_by_the_assigned() -> None:
    project = an_assigned()
    done = reviews_of(project)[0]
    with pytest.raises(Refusal) as again:
        review.submit_review(done, project, round_2024(), verdicts(), DECLARING)
    assert again.value.code == "REVIEW_SUBMITTED"
    with pytest.raises(Refusal) as stranger:
        review.submit_review(
            review.blank_review(project, "e2", DECLARING), project, round_2024(), verdicts(), DECLARING
        )
    assert stranger.value.code == "NOT_ASSIGNED"


def test_review_is_blind_until_ones_own_is_in() -> None:
    """R15: experts see each other's reviews only after their own."""
    project = an_assigned()
    submitted, blank = reviews_of(project, submitted=1)
    assert review.readable_by("e1", [submitted, blank]) == [blank]
    assert review.readable_by("e0", [submitted, blank]) == [submitted]
    both = reviews_of(project)
    assert review.readable_by("e1", both) == both


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (DecisionOutcome.APPROVE, ProjectStatus.APPROVED),
        (DecisionOutcome.RETURN, ProjectStatus.RETURNED),
        (DecisionOutcome.REJECT, ProjectStatus.REJECTED),
    ],
)
def test_the_ministry_approves_returns_or_rejects(outcome: DecisionOutcome, status: ProjectStatus) -> None:
    """R16: the ministry decides."""
    decided = a_decided(outcome)
    assert decided.status is status
    assert decided.decision is not None
    assert decided.history[-1].reason == "按评审意见"


def test_a_decision_waits_for_two_reviews() -> None:
    """R14: the experts advise first."""
    project = an_assigned()
    with pytest.raises(Refusal) as early:
        decision.decide(
            project,
            round_2024(),
            reviews_of(project, submitted=1),
            outcome=DecisionOutcome.APPROVE,
            reason=why("好"),
            now=DECLARING,
        )
    assert early.value.code == "REVIEWS_MISSING"


def test_reviews_of_an_earlier_submission_do_not_count() -> None:
    project = replace(an_assigned(), cycle=2)
    with pytest.raises(Refusal, match="评审意见不足"):
        decision.decide(
            project,
            round_2024(),
            reviews_of(an_assigned()),
            outcome=DecisionOutcome.APPROVE,
            reason=why("好"),
            now=DECLARING,
        )


def test_after_review_closes_nothing_is_returned_any_more() -> None:
    project = an_assigned()
    with pytest.raises(Refusal) as refused:
        decision.decide(
            project, round_2024(), reviews_of(project), outcome=DecisionOutcome.RETURN, reason=why("改"), now=LATE
        )
    assert refused.value.code == "PHASE_CLOSED"
    approved, (event,) = decision.decide(
        project, round_2024(), reviews_of(project), outcome=DecisionOutcome.APPROVE, reason=why("好"), now=LATE
    )
    assert approved.status is ProjectStatus.APPROVED
    assert isinstance(event, ProjectApproved)


def test_publication_tells_what_the_others_need() -> None:
    project, (event,) = decision.publish(
        a_decided(DecisionOutcome.APPROVE), round_2024(), override=None, now=LATE - timedelta(microseconds=1)
    )
    assert project.published_at is not None
    assert (event.title, event.capacity, event.days, event.late) == (project.plan.title, 40, 7, False)
    assert [session.id for session in event.sessions] == ["s1", "s2"]
    assert event.base_name == "示范大学职教基地"


def test_late_publication_is_an_override_with_a_reason() -> None:
    """R17: after the publication date."""
    approved = a_decided(DecisionOutcome.APPROVE)
    with pytest.raises(Refusal) as refused:
        decision.publish(approved, round_2024(), override=None, now=LATE)
    assert (refused.value.code, refused.value.rule) == ("PUBLICATION_LATE", "R17")
    project, (event,) = decision.publish(
        approved, round_2024(), override=why("补发"), now=REVIEWING + timedelta(days=9)
    )
    assert (event.late, event.override) == (True, "补发")
    assert project.history[-1].reason == "补发"


OUTCOMES = list(itertools.permutations(DecisionOutcome, 2))


@pytest.mark.parametrize(("mistaken", "right"), OUTCOMES)
def test_r16_the_ministry_replaces_its_decision_and_the_history_keeps_both(
    mistaken: DecisionOutcome, right: DecisionOutcome
) -> None:
    decided = a_decided(mistaken)
    revised, (event,) = decision.revise(decided, round_2024(), outcome=right, reason=why("误判"), now=REVIEWING)
    assert revised.status is a_decided(right).status
    assert revised.decision is not None
    assert (revised.decision.outcome, revised.decision.reason) == (right, "误判")
    assert [entry.reason for entry in revised.history[-2:]] == ["按评审意见", "误判"]
    assert (event.reason, event.correction) == ("误判", True)
    assert delta(decided.status, revised.status) == (mistaken.value == "REJECT") - (right.value == "REJECT")
    with pytest.raises(Refusal) as same:
        decision.revise(revised, round_2024(), outcome=right, reason=why("误判"), now=REVIEWING)
    assert (same.value.code, same.value.rule) == ("NOTHING_CHANGED", "R16")


def test_r16_a_decision_is_replaced_by_revision_only_and_not_once_the_plan_is_published() -> None:
    approved = a_decided(DecisionOutcome.APPROVE)
    again: dict[str, Any] = {"outcome": DecisionOutcome.REJECT, "reason": why("误判"), "now": REVIEWING}
    with pytest.raises(Refusal) as unmeant:
        decision.decide(approved, round_2024(), reviews_of(approved), **again)
    assert unmeant.value.code == "WRONG_STATE"
    for project in (a_published(), an_assigned()):
        with pytest.raises(Refusal) as refused:
            decision.revise(project, round_2024(), **again)
        assert (refused.value.code, refused.value.rule) == ("WRONG_STATE", "R16")


def test_r13_r17_a_decision_is_revised_only_to_what_may_still_follow() -> None:
    def revised(project: Project, outcome: DecisionOutcome, now: datetime) -> str:
        with pytest.raises(Refusal) as refused:
            decision.revise(project, round_2024(), outcome=outcome, reason=why("误判"), now=now)
        return refused.value.code

    rejected, returned = a_decided(DecisionOutcome.REJECT), a_decided(DecisionOutcome.RETURN)
    assert revised(rejected, DecisionOutcome.RETURN, LATE) == "PHASE_CLOSED"
    assert revised(rejected, DecisionOutcome.APPROVE, datetime(2024, 7, 9, tzinfo=SHANGHAI)) == "PLAN_OVER"
    plan = replace(returned.plan, title="另一个题目")
    edited, _ = declaration.update(returned, a_base(), round_2024(), kind=None, plan=plan, now=REVIEWING)
    assert revised(edited, DecisionOutcome.APPROVE, REVIEWING) == "WRONG_STATE"
    refused, _ = decision.revise(
        edited, round_2024(), outcome=DecisionOutcome.REJECT, reason=why("误判"), now=REVIEWING
    )
    assert revised(refused, DecisionOutcome.APPROVE, REVIEWING) == "WRONG_STATE"
