"""R31: credit by the version of the rule in force, from hours attended, and never beyond the plan."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.assessment.app import load_rules
from services.assessment.domain import record as records
from services.assessment.domain import result as results
from services.assessment.domain.credit import CreditRule, rule_in_force
from services.assessment.domain.events import CreditConfirmed, CreditRestored
from services.assessment.domain.vocabulary import CreditBasis, CreditStatus, ProjectPhase, ResultOutcome
from tests.unit.assessment.examples import (
    BY,
    FINISHED,
    NATIONAL,
    NOW,
    RECORD,
    SPOT_CHECK,
    code,
    confirmed,
    drafted,
    marked,
    passed,
    published,
)

HOURS = st.integers(0, 400)


@given(attended=HOURS, more=HOURS, class_hours=HOURS, days=st.integers(1, 40), basis=st.sampled_from(CreditBasis))
def test_r31_credit_is_never_beyond_the_plan_and_grows_with_attendance(
    attended: int, more: int, class_hours: int, days: int, basis: CreditBasis
) -> None:
    rule = replace(NATIONAL, basis=basis)
    hours = rule.hours(attended=attended, class_hours=class_hours, days=days)
    assert hours <= min(class_hours, 8 * days)
    assert hours <= rule.hours(attended=attended + more, class_hours=class_hours, days=days)
    if basis is CreditBasis.ATTENDED_HOURS:
        assert hours <= attended


def test_r31_the_rule_is_the_provinces_own_else_the_national_one_of_the_last_training_day() -> None:
    rules = [
        CreditRule("national-1", None, date(2024, 1, 1)),
        CreditRule("44-1", "44", date(2024, 6, 1)),
        CreditRule("national-2", None, date(2024, 3, 28)),
    ]
    days = (date(2024, 2, 1), date(2024, 3, 28), date(2024, 6, 1), None)
    assert [rule_in_force(rules, "44", day).version for day in days] == ["national-1", "national-2", "44-1", "44-1"]
    assert rule_in_force(rules, "51", date(2024, 6, 1)).version == "national-2"
    with pytest.raises(Refusal) as refused:
        rule_in_force(rules, "51", date(2023, 12, 31))
    assert code(refused) == ("CREDIT_RULE_MISSING", "R31")
    assert refused.value.details == {"province": "51", "day": "2023-12-31"}


def test_r30_r31_the_rules_on_file_have_a_floor_a_pass_mark_and_eight_hours_a_day() -> None:
    rules = load_rules()
    national = rule_in_force(rules, "44", date(2024, 6, 9))
    assert (national.version, national.attendance_floor_bp, national.pass_mark) == ("national-2024-2", 8000, 60)
    assert rule_in_force(rules, "44", date(2024, 3, 1)).basis is CreditBasis.CLASS_HOURS
    assert (national.basis, national.most_hours_per_day) == (CreditBasis.ATTENDED_HOURS, 8)
    assert national.hours(attended=60, class_hours=60, days=7) == 56, "eight class hours a day, where a plan has more"
    assert len({(rule.province, rule.starts_on) for rule in rules}) == len(rules)


def test_r31_there_is_no_credit_before_the_results_are_published() -> None:
    for record in (RECORD, marked(RECORD), drafted(marked(RECORD))):
        with pytest.raises(Refusal) as refused:
            records.confirm_credit(record, FINISHED, NOW)
        assert code(refused) == ("NOT_PUBLISHED", "R31")


def test_r31_no_credit_is_confirmed_while_the_training_runs() -> None:
    """Not even one that an earlier release has counted."""
    with pytest.raises(Refusal) as refused:
        records.confirm_credit(passed(), replace(FINISHED, phase=ProjectPhase.RUNNING), NOW)
    assert code(refused) == ("NOT_FINISHED", "R31")


def test_r31_failing_leaves_no_credit_to_confirm() -> None:
    with pytest.raises(Refusal) as refused:
        records.confirm_credit(published(marked(RECORD), ResultOutcome.FAILED, 30), FINISHED, NOW)
    assert code(refused) == ("NOT_PASSED", "R31")


def test_r31_credit_is_of_the_hours_attended_and_due_for_confirmation_in_thirty_days() -> None:
    record = published(marked(RECORD, hours={"s1": 4}))
    assert record.credit
    assert (record.credit.hours, record.credit.status, record.credit.rule) == (28, CreditStatus.PENDING, "national-1")
    assert record.credit.due_on == date(2024, 7, 9)
    changed, (event,) = records.confirm_credit(record, FINISHED, NOW)
    assert changed.credit_history[-1] == changed.credit
    assert isinstance(event, CreditConfirmed)
    assert event.hours == 28


def test_r31_a_rule_may_convert_hours_into_credits_of_a_decimal_rounded_down() -> None:
    by = replace(BY, rules=(replace(NATIONAL, hours_per_credit=9),))
    record, _ = results.publish(drafted(marked(RECORD)), by)
    assert record.credit
    assert record.credit.tenths == 35  # 32 / 9 = 3.55…


def test_r31_only_a_confirmed_credit_is_revoked_and_a_revoked_one_not_confirmed() -> None:
    revoked, _ = records.revoke_credit(confirmed(passed()), SPOT_CHECK, NOW)
    with pytest.raises(Refusal) as refused:
        records.confirm_credit(revoked, FINISHED, NOW)
    assert code(refused) == ("CREDIT_NOT_PENDING", "R31")
    for record in (revoked, passed()):
        with pytest.raises(Refusal) as refused:
            records.revoke_credit(record, Reason("复查"), NOW)
        assert code(refused) == ("CREDIT_NOT_CONFIRMED", "R31")


def test_r31_a_credit_revoked_by_mistake_is_given_back() -> None:
    record = confirmed(passed())
    with pytest.raises(Refusal) as refused:
        records.restore_credit(record, Reason("撤销有误"), NOW)
    assert code(refused) == ("CREDIT_NOT_REVOKED", "R31")
    revoked, _ = records.revoke_credit(record, SPOT_CHECK, NOW)
    restored, (event,) = records.restore_credit(revoked, Reason("撤销有误"), NOW)
    assert restored.credit
    assert (restored.credit.status, restored.credit.hours) == (CreditStatus.CONFIRMED, 32)
    assert [credit.reason for credit in restored.credit_history] == [None, None, "抽检", "撤销有误"]
    assert isinstance(event, CreditRestored)
    assert records.restore_credit(restored, Reason("撤销有误"), NOW) == (restored, [])
