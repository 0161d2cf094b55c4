"""R30: results are drafts until they are published; a pass has reached the floor of attendance and the pass mark."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.assessment.domain import attendance
from services.assessment.domain import record as records
from services.assessment.domain import result as results
from services.assessment.domain.events import CreditRevoked, RecordReopened, ResultRecorded
from services.assessment.domain.record import Record, Result
from services.assessment.domain.result import Assessing
from services.assessment.domain.vocabulary import CreditStatus, ProjectPhase, ResultOutcome
from tests.unit.assessment.examples import (
    BY,
    FINISHED,
    NOW,
    PROJECT,
    RECORD,
    RULES,
    SESSIONS,
    SPOT_CHECK,
    code,
    confirmed,
    drafted,
    marked,
    passed,
    reopened,
)

PASSED, FAILED, INCOMPLETE = ResultOutcome.PASSED, ResultOutcome.FAILED, ResultOutcome.INCOMPLETE


@pytest.mark.parametrize("phase", [ProjectPhase.PUBLISHED, ProjectPhase.RUNNING, ProjectPhase.SUSPENDED])
def test_r30_there_are_no_results_before_the_training_is_over(phase: ProjectPhase) -> None:
    project = replace(PROJECT, phase=phase)
    with pytest.raises(Refusal) as refused:
        results.assess(marked(RECORD), project, outcome=PASSED, score=60, rules=RULES, now=NOW)
    assert code(refused) == ("NOT_FINISHED", "R30")


def test_r30_a_draft_is_no_result_and_tells_nobody() -> None:
    record, events = results.assess(marked(RECORD), FINISHED, outcome=PASSED, score=90, rules=RULES, now=NOW)
    assert not events
    assert record.draft
    assert (record.draft.score, record.result, record.credit) == (90, None, None)
    assert drafted(record) is record
    assert [draft.score for draft in drafted(record, PASSED, 91).drafts] == [90, 91]


@pytest.mark.parametrize(
    ("outcome", "score"),
    [(PASSED, 101), (FAILED, -1), (PASSED, None), (FAILED, None), (INCOMPLETE, 0), (INCOMPLETE, 50)],
)
def test_r30_a_score_is_from_0_to_100_and_the_incomplete_have_none(outcome: ResultOutcome, score: int | None) -> None:
    with pytest.raises(Refusal) as refused:
        drafted(marked(RECORD), outcome, score)
    assert code(refused) == ("INVALID_SCORE", "R30")
    assert refused.value.extensions()["field"] == "score"


@pytest.mark.parametrize("outcome", [PASSED, FAILED])
def test_r30_nobody_passes_or_fails_before_every_session_is_marked(outcome: ResultOutcome) -> None:
    record, _ = attendance.mark(RECORD, FINISHED, session="s1", present=True, mode=None, now=NOW)
    with pytest.raises(Refusal) as refused:
        drafted(record, outcome, 10)
    assert code(refused) == ("ATTENDANCE_INCOMPLETE", "R30")
    assert refused.value.details == {"count": 3, "sessions": ["s2", "s3", "s4"]}
    assert drafted(record, INCOMPLETE, None).draft


@pytest.mark.parametrize(("last", "allowed"), [(2, True), (1, False)])
def test_r30_a_pass_needs_four_fifths_of_the_hours(last: int, allowed: bool) -> None:
    """26 of 32 hours are 81.25 %, and 25 are 78.125 %."""
    record = marked(RECORD, hours={"s4": last})
    if allowed:
        assert drafted(record).draft
        return
    with pytest.raises(Refusal) as refused:
        drafted(record)
    assert code(refused) == ("ATTENDANCE_BELOW_FLOOR", "R30")
    assert refused.value.details == {"rateBp": 7812, "floorBp": 8000, "ruleVersion": "national-1"}


@pytest.mark.parametrize("score", [0, 10, 59])
def test_r30_nobody_passes_below_the_pass_mark(score: int) -> None:
    with pytest.raises(Refusal) as refused:
        drafted(marked(RECORD), PASSED, score)
    assert code(refused) == ("SCORE_BELOW_PASS_MARK", "R30")
    assert refused.value.details == {"score": score, "mark": 60}
    assert drafted(marked(RECORD), PASSED, 60).draft


def test_r30_failing_somebody_who_has_reached_all_marks_needs_a_reason() -> None:
    with pytest.raises(Refusal) as refused:
        drafted(marked(RECORD), FAILED, 90)
    assert code(refused) == ("REASON_MISSING", "R30")
    draft = drafted(marked(RECORD), FAILED, 90, "结业考核作弊").draft
    assert draft
    assert draft.reason == "结业考核作弊"
    assert drafted(marked(RECORD), FAILED, 59).draft
    assert drafted(marked(RECORD, hours={"s4": 0}), FAILED, 90).draft


def test_r30_publication_makes_the_draft_a_result_and_tells_it_whole() -> None:
    record, (event,) = results.publish(drafted(marked(RECORD, hours={"s4": 4})), BY)
    assert record.result
    assert (record.result.outcome, record.result.score, record.drafts) == (PASSED, 90, ())
    assert isinstance(event, ResultRecorded)
    assert (event.attended_hours, event.due_hours, event.class_hours, event.correction) == (28, 32, 32, 0)
    assert (event.credit_hours, event.credit_rule) == (28, "national-1")
    assert results.publish(record, BY) == (record, [])


def test_r30_a_draft_that_attendance_no_longer_bears_out_is_not_published() -> None:
    record = drafted(marked(RECORD))
    absent, _ = attendance.mark(record, FINISHED, session="s1", present=False, mode=None, now=NOW, reason="核对")
    assert results.lacks_result(absent, BY)
    assert results.publish(absent, BY) == (absent, [])
    late, _ = results.publish(absent, BY, late=True)
    assert late.result
    assert (late.result.outcome, late.result.score, late.result.by) == (INCOMPLETE, None, "system")


def test_r29_r30_whoever_attended_nothing_is_incomplete_by_itself() -> None:
    absent, _ = results.publish(marked(RECORD, hours=dict.fromkeys(("s1", "s2", "s3", "s4"), 0)), BY)
    assert absent.result
    assert (absent.result.outcome, absent.result.attendance_rate, absent.credit) == (INCOMPLETE, 0, None)
    afterwards = Assessing(replace(FINISHED, recorded_afterwards=True), RULES, NOW)
    assert results.lacks_result(RECORD, afterwards)  # nobody could mark anything before
    assert not results.lacks_result(RECORD, BY)


def test_r30_a_published_result_is_locked_until_the_ministry_reopens_it() -> None:
    record = passed()
    with pytest.raises(Refusal) as refused:
        drafted(record, FAILED, 30, "复核")
    assert code(refused) == ("RECORDS_FINAL", "R30")
    assert refused.value.unblock == "MINISTRY"
    opened = reopened(record)
    with pytest.raises(Refusal) as refused:
        drafted(opened, FAILED, 30)
    assert code(refused) == ("REASON_MISSING", "R30")
    corrected, (event,) = results.assess(
        opened, FINISHED, outcome=FAILED, score=30, rules=RULES, now=NOW, reason="试卷复核"
    )
    assert [result.score for result in corrected.results] == [90, 30]
    assert isinstance(event, ResultRecorded)
    assert (event.correction, event.reason, event.credit_hours) == (1, "试卷复核", None)
    after = NOW + timedelta(days=22)
    with pytest.raises(Refusal) as refused:
        results.assess(opened, FINISHED, outcome=FAILED, score=30, rules=RULES, now=after, reason="试卷复核")
    assert code(refused) == ("RECORDS_FINAL", "R30")


@pytest.mark.parametrize(("days", "allowed"), [(-1, False), (0, True), (30, True), (31, False)])
def test_r30_records_are_reopened_for_thirty_days_at_most(days: int, allowed: bool) -> None:
    until, record = date(2024, 6, 9) + timedelta(days=days), passed()
    if not allowed:
        with pytest.raises(Refusal) as refused:
            results.reopen(record, until=until, reason=SPOT_CHECK, now=NOW)
        assert code(refused) == ("REOPEN_INVALID", "R30")
        return
    opened, (event,) = results.reopen(record, until=until, reason=SPOT_CHECK, now=NOW)
    assert isinstance(event, RecordReopened)
    assert (event.until, event.reason, event.base) == (until, "抽检", "b1")
    assert results.reopen(opened, until=until, reason=SPOT_CHECK, now=NOW) == (opened, [])


def test_r30_only_published_records_are_reopened() -> None:
    with pytest.raises(Refusal) as refused:
        results.reopen(drafted(marked(RECORD)), until=date(2024, 6, 10), reason=SPOT_CHECK, now=NOW)
    assert code(refused) == ("NOT_PUBLISHED", "R30")
    with pytest.raises(Refusal) as refused:
        results.reopen(replace(passed(), live=False), until=date(2024, 6, 10), reason=SPOT_CHECK, now=NOW)
    assert code(refused) == ("NOT_AN_ATTENDEE", "R30")


def test_r31_a_correction_revokes_a_confirmed_credit_and_counts_it_anew() -> None:
    record, events = results.assess(
        reopened(confirmed(passed())), FINISHED, outcome=PASSED, score=70, rules=RULES, now=NOW, reason="试卷复核"
    )
    assert [type(event) for event in events] == [CreditRevoked, ResultRecorded]
    assert isinstance(events[0], CreditRevoked)
    assert events[0].reason == "成绩更正"
    assert record.credit
    assert record.credit.status is CreditStatus.PENDING
    assert [(credit.status, credit.reason) for credit in record.credit_history] == [
        (CreditStatus.PENDING, None),
        (CreditStatus.CONFIRMED, None),
        (CreditStatus.REVOKED, "成绩更正"),
        (CreditStatus.PENDING, None),
    ]
    failed, _ = results.assess(record, FINISHED, outcome=FAILED, score=30, rules=RULES, now=NOW, reason="再次复核")
    assert failed.credit is None
    assert failed.credit_history == record.credit_history


def test_r31_a_correction_does_not_give_back_what_the_ministry_revoked() -> None:
    revoked, _ = records.revoke_credit(confirmed(passed()), SPOT_CHECK, NOW)
    record, events = results.assess(
        reopened(revoked), FINISHED, outcome=PASSED, score=70, rules=RULES, now=NOW, reason="试卷复核"
    )
    assert record.credit
    assert (record.credit.status, record.credit.reason) == (CreditStatus.REVOKED, "抽检")
    (event,) = events
    assert isinstance(event, ResultRecorded)
    assert (event.credit_hours, event.credit_rule) == (None, None)  # no school is asked to confirm it
    with pytest.raises(Refusal):
        records.confirm_credit(record, FINISHED, NOW)
    restored, _ = records.restore_credit(record, Reason("撤销有误"), NOW)
    assert restored.credit
    assert restored.credit.status is CreditStatus.CONFIRMED


def test_r31_a_failure_between_does_not_give_back_what_the_ministry_revoked() -> None:
    revoked, _ = records.revoke_credit(confirmed(passed()), SPOT_CHECK, NOW)
    again = drafted(drafted(reopened(revoked), FAILED, 30, "复核"), PASSED, 70, "再次复核")
    assert again.credit
    assert (again.credit.status, again.credit.reason) == (CreditStatus.REVOKED, "抽检")
    corrected = drafted(drafted(reopened(confirmed(passed())), FAILED, 30, "复核"), PASSED, 70, "再次复核")
    assert corrected.credit
    assert corrected.credit.status is CreditStatus.PENDING  # the correction's own revocation binds nobody


def test_r31_a_revoked_credit_follows_corrected_hours() -> None:
    revoked, _ = records.revoke_credit(confirmed(passed()), SPOT_CHECK, NOW)
    fewer, _ = attendance.mark(
        reopened(revoked), FINISHED, session="s4", present=True, mode=None, hours=4, now=NOW, reason="核对", rules=RULES
    )
    assert fewer.credit
    assert (fewer.credit.status, fewer.credit.hours) == (CreditStatus.REVOKED, 28)


def test_r29_r31_hours_attended_are_never_more_than_the_plan_has() -> None:
    """Groups side by side: the timetable's sessions add up to 32 hours, the plan has 24 (ADR 34)."""
    side_by_side = replace(FINISHED, class_hours=24)
    record = marked(RECORD, side_by_side)
    by = replace(BY, project=side_by_side)
    assert record.attended_hours(side_by_side) == 24
    assert record.attendance_rate(side_by_side, NOW) == 1.0
    given = results.assess(record, side_by_side, outcome=PASSED, score=90, rules=RULES, now=NOW)[0]
    published, (event,) = results.publish(given, by)
    assert isinstance(event, ResultRecorded)
    assert (event.attended_hours, event.due_hours, event.credit_hours) == (24, 24, 24)
    assert published.result
    assert published.result.attended_hours == 24


def test_r30_r31_what_is_on_file_counts_as_published_and_keeps_its_credit() -> None:
    """Documents of earlier releases: a result without hours, a credit without history."""
    credit = replace(confirmed(passed()).credit, rule="national-2024-1", hours=56, due_on=None)  # type: ignore[type-var]
    old = replace(RECORD, results=(Result(PASSED, 88, 1.0, NOW),), credit=credit)
    assert results.publish(old, BY) == (old, [])
    assert not results.lacks_result(old, BY)
    assert old.credit_history == (credit,)
    with pytest.raises(Refusal) as refused:
        drafted(old, FAILED, 30, "复核")
    assert code(refused) == ("RECORDS_FINAL", "R30")
    assert drafted(reopened(old), PASSED, 88) == reopened(old)  # the same again changes nothing


def test_repeated_input_changes_nothing() -> None:
    record = confirmed(passed())
    assert records.confirm_credit(record, FINISHED, NOW) == (record, [])
    opened = reopened(record)
    assert drafted(opened, PASSED, 90) is opened
    revoked, _ = records.revoke_credit(record, SPOT_CHECK, NOW)
    assert records.revoke_credit(revoked, SPOT_CHECK, NOW) == (revoked, [])


@given(hours=st.lists(st.integers(0, 8), min_size=4, max_size=4), score=st.integers(0, 100))
def test_r30_whoever_passes_has_reached_both_marks(hours: list[int], score: int) -> None:
    record = marked(RECORD, hours=dict(zip((session.id for session in SESSIONS), hours, strict=True)))
    reached = sum(hours) * 10 >= 32 * 8 and score >= 60
    if reached:
        assert drafted(record, PASSED, score).draft
        return
    with pytest.raises(Refusal) as refused:
        drafted(record, PASSED, score)
    assert code(refused)[0] in {"ATTENDANCE_BELOW_FLOOR", "SCORE_BELOW_PASS_MARK"}


class RecordMachine(RuleBasedStateMachine):
    """Random sequences of R29–R31: nothing is lost, and credit is never more than attendance and plan allow."""

    def __init__(self) -> None:
        super().__init__()
        self.record: Record = RECORD
        self.before: Record = RECORD
        self.heard: list[ResultRecorded] = []

    def take(self, change: records.Change) -> None:
        self.record, events = change
        self.heard += [event for event in events if isinstance(event, ResultRecorded)]

    @rule(session=st.sampled_from([session.id for session in SESSIONS]), hours=st.integers(0, 8))
    def mark(self, session: str, hours: int) -> None:
        with suppress(Refusal):
            self.take(
                attendance.mark(
                    self.record,
                    FINISHED,
                    session=session,
                    present=hours > 0,
                    mode=None,
                    hours=hours,
                    now=NOW,
                    reason="核对",
                    rules=RULES,
                )
            )

    @rule(outcome=st.sampled_from(ResultOutcome), score=st.one_of(st.none(), st.integers(50, 100)))
    def assess(self, outcome: ResultOutcome, score: int | None) -> None:
        with suppress(Refusal):
            self.take(
                results.assess(self.record, FINISHED, outcome=outcome, score=score, rules=RULES, now=NOW, reason="复核")
            )

    @rule(late=st.booleans())
    def publish(self, late: bool) -> None:
        self.take(results.publish(self.record, BY, late=late))

    @precondition(lambda self: self.record.result)
    @rule(until=st.dates(date(2024, 6, 8), date(2024, 7, 12)))
    def reopen(self, until: date) -> None:
        with suppress(Refusal):
            self.take(results.reopen(self.record, until=until, reason=Reason("申诉"), now=NOW))

    @precondition(lambda self: self.record.credit)
    @rule()
    def confirm_or_revoke(self) -> None:
        credit = self.record.credit
        assert credit
        if credit.status is CreditStatus.PENDING:
            self.take(records.confirm_credit(self.record, FINISHED, NOW))
        elif credit.status is CreditStatus.CONFIRMED:
            self.take(records.revoke_credit(self.record, SPOT_CHECK, NOW))

    @invariant()
    def histories_only_grow(self) -> None:
        for name in ("marks", "results", "credits", "reopenings"):
            before = getattr(self.before, name)
            assert getattr(self.record, name)[: len(before)] == before, name
        self.before = self.record

    @invariant()
    def histories_replayed_are_the_state(self) -> None:
        last = {mark.session: mark.hours for mark in self.record.marks}
        assert self.record.attended_hours(FINISHED) == sum(hours or 0 for hours in last.values())
        assert self.record.credit in {None, *self.record.credit_history[-1:]}
        assert [event.correction for event in self.heard] == list(range(len(self.record.results)))

    @invariant()
    def credit_exists_just_when_passed_and_within_bounds(self) -> None:
        result, credit = self.record.result, self.record.credit
        assert (credit is not None) == (result is not None and result.outcome is PASSED)
        if credit:
            assert credit.hours <= min(FINISHED.hours, self.record.attended_hours(FINISHED))


TestRecordMachine = RecordMachine.TestCase
