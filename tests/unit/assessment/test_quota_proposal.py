"""What a base's grade proposes for its next quota (R39)."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.assessment.domain.annual import Assessment
from services.assessment.domain.annual_events import QuotaProposalDeclined
from services.assessment.domain.quota_proposal import (
    LimitChange,
    QuotaLimit,
    QuotaProposal,
    decline,
    follow_adjustment,
    propose,
)
from services.assessment.domain.rubric import Grade
from services.assessment.domain.vocabulary import AnnualState, ProposalState
from tests.unit.assessment.annual_facts import NATIONAL, drafted

DAY, JUNE = date(2025, 1, 10), date(2025, 6, 1)


def final(grade: Grade) -> Assessment:
    """An assessment with that grade."""
    return replace(drafted(), state=AnnualState.FINAL, grade=grade)


def proposed(
    grade: Grade, round_limit: int = 10, limit: int | None = None, before: Grade | None = None
) -> QuotaProposal | None:
    """What a grade proposes."""
    earlier = final(before) if before else None
    return propose(final(grade), earlier, NATIONAL, round_limit=round_limit, limit=limit)


def test_r39_the_limit_on_a_day_is_that_of_the_latest_change_in_force_whatever_order_they_were_told_in() -> None:
    spring, today, summer = (LimitChange(2, 8, date(2025, 3, 1)), LimitChange(3, 6, DAY), LimitChange(4, 9, JUNE))
    for told in permutations((spring, today, summer, today)):
        known = QuotaLimit("b1:2025", 1)
        for change in told:
            known = known.after(change)
        assert (known.version, known.changes) == (4, (spring, today, summer))
    before, day = DAY - timedelta(days=1), date(2025, 3, 1)
    assert [known.on(each) for each in (before, DAY, day, JUNE)] == [None, 6, 6, 9]


@pytest.mark.parametrize(
    ("grade", "round_limit", "expected"),
    [
        (Grade.EXCELLENT, 10, 12),
        (Grade.EXCELLENT, 3, None),  # 3.6 is rounded down
        (Grade.QUALIFIED, 10, None),
        (Grade.BASIC, 10, 8),
        (Grade.UNQUALIFIED, 10, 5),
        (Grade.UNQUALIFIED, 1, None),  # one is the least
        (Grade.NOT_ASSESSED, 10, None),
    ],
)
def test_r39_a_grade_multiplies_what_the_round_gives(grade: Grade, round_limit: int, expected: int | None) -> None:
    found = proposed(grade, round_limit)
    assert (found and found.proposed) == expected


def test_r39_a_second_lowest_grade_in_a_row_leaves_nothing() -> None:
    found = proposed(Grade.UNQUALIFIED, before=Grade.UNQUALIFIED)
    assert found
    assert (found.proposed, found.again) == (0, True)
    once = proposed(Grade.UNQUALIFIED, before=Grade.BASIC)
    assert once
    assert (once.proposed, once.again) == (5, False)


def test_r39_the_limit_in_force_is_no_proposal_and_factors_do_not_pile_up() -> None:
    assert proposed(Grade.BASIC, 10, limit=8) is None
    again = proposed(Grade.BASIC, 10, limit=6)
    assert again
    assert (again.limit, again.proposed) == (6, 8)


def test_r39_more_than_the_round_gives_is_said_to_be_so() -> None:
    more, less = proposed(Grade.EXCELLENT), proposed(Grade.BASIC)
    assert more
    assert less
    assert (more.above_round, less.above_round) == (True, False)


@pytest.mark.parametrize("state", [AnnualState.DRAFT, AnnualState.COMMENTING, AnnualState.APPEALED])
def test_r39_nothing_is_proposed_of_a_grade_that_is_not_final(state: AnnualState) -> None:
    pending = replace(final(Grade.BASIC), state=state)
    assert propose(pending, None, NATIONAL, round_limit=10, limit=None) is None


@given(st.sampled_from(Grade), st.integers(0, 200), st.one_of(st.none(), st.integers(0, 200)))
def test_r39_a_proposal_differs_from_the_limit_in_force_and_is_for_the_next_round(
    grade: Grade, round_limit: int, limit: int | None
) -> None:
    found = proposed(grade, round_limit, limit)
    if found:
        assert found.proposed != found.limit
        assert found.proposed >= NATIONAL.quota.least
        assert (found.year, found.round_limit) == (2025, round_limit)


def eight() -> QuotaProposal:
    """Eight instead of ten, because of a grade."""
    found = proposed(Grade.BASIC)
    assert found
    return found


def test_r39_another_number_is_another_proposal() -> None:
    """What was decided of one decides nothing of the other, as after an appeal or an amendment of the round."""
    found = [proposed(grade) for grade in (Grade.BASIC, Grade.UNQUALIFIED)] + [proposed(Grade.BASIC, 20)]
    assert [each and each.id for each in found] == ["2025/b1/8", "2025/b1/5", "2025/b1/16"]


def test_r39_a_proposal_is_declined_once_with_a_reason_that_is_told() -> None:
    declined, events = decline(eight(), Reason("整改已完成"))
    assert (declined.state, declined.declined_because) == (ProposalState.DECLINED, "整改已完成")
    assert declined.decided_limit is None
    assert events == [
        QuotaProposalDeclined(
            proposal="2025/b1/8",
            base="b1",
            year=2025,
            grade=Grade.BASIC,
            limit=10,
            proposed=8,
            reason="整改已完成",
            province="44",
            base_name="某基地",
        )
    ]
    with pytest.raises(Refusal) as again:
        decline(declined, Reason("整改已完成"))
    assert (again.value.code, again.value.details) == ("PROPOSAL_DECIDED", {"state": "DECLINED", "field": "id"})


@pytest.mark.parametrize(("limit", "state"), [(8, ProposalState.ADOPTED), (9, ProposalState.ADAPTED)])
def test_r39_an_adjustment_by_a_proposal_adopts_it_or_adapts_it_for_good(limit: int, state: ProposalState) -> None:
    decided = follow_adjustment(eight(), limit)
    assert (decided.state, decided.decided_limit) == (state, limit)
    assert follow_adjustment(decided, 7) is decided
    with pytest.raises(Refusal) as refused:
        decline(decided, Reason("整改已完成"))
    assert refused.value.code == "PROPOSAL_DECIDED"


def test_r39_the_ministry_may_come_back_to_what_it_has_declined() -> None:
    adopted = follow_adjustment(decline(eight(), Reason("整改已完成"))[0], 8)
    assert (adopted.state, adopted.declined_because) == (ProposalState.ADOPTED, "整改已完成")
