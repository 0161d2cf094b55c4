"""R29–R31 as decisions of the domain: attendance, results that append, credit by rule version."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.assessment.domain import record as records
from services.assessment.domain.credit import Credit, CreditRule
from services.assessment.domain.events import (
    AttendanceRecorded,
    CreditConfirmed,
    CreditRestored,
    NoShowRecorded,
    ResultRecorded,
)
from services.assessment.domain.project import Project, Session
from services.assessment.domain.record import Record
from services.assessment.domain.vocabulary import CreditStatus, HeldMode, ProjectPhase, ResultOutcome, SessionMode

NOW = datetime(2024, 6, 9, tzinfo=UTC)
SESSIONS = tuple(Session(f"s{number}", f"第{number}天", date(2024, 6, 2 + number), 8) for number in range(1, 5))
PROJECT = Project("p1", 1, "b1", 2024, 7, ProjectPhase.RUNNING, SESSIONS)
RECORD = Record("e1", 1, "p1", "b1", "t1", "3144000011", "44")
NATIONAL = CreditRule("national-1", None, 8)
OFFLINE = SessionMode.OFFLINE
SPOT_CHECK = Reason("抽检")


def present(record: Record, session: str = "s1") -> Record:
    return records.mark(record, PROJECT, session=session, present=True, mode=OFFLINE, now=NOW)[0]


def assessed(record: Record, outcome: ResultOutcome, score: int | None) -> Record:
    return records.assess(record, PROJECT, outcome=outcome, score=score, rules=[NATIONAL], now=NOW)[0]


def code(refused: pytest.ExceptionInfo[Refusal]) -> tuple[str, str | None]:
    return refused.value.code, refused.value.rule


@pytest.mark.parametrize("phase", [ProjectPhase.PUBLISHED, ProjectPhase.CANCELLED, ProjectPhase.SUSPENDED])
def test_r29_attendance_belongs_to_a_training_that_has_begun(phase: ProjectPhase) -> None:
    with pytest.raises(Refusal) as refused:
        records.mark(RECORD, replace(PROJECT, phase=phase), session="s1", present=True, mode=OFFLINE, now=NOW)
    assert code(refused) == ("NOT_RUNNING", "R29")


def test_r29_a_session_outside_the_timetable_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        records.mark(RECORD, PROJECT, session="s9", present=True, mode=OFFLINE, now=NOW)
    assert code(refused) == ("UNKNOWN_SESSION", "R29")


@pytest.mark.parametrize(
    ("mode", "stated", "expected"),
    [
        (HeldMode.ONLINE, None, SessionMode.ONLINE),
        (HeldMode.OFFLINE, SessionMode.OFFLINE, SessionMode.OFFLINE),
        (HeldMode.BLENDED, SessionMode.ONLINE, SessionMode.ONLINE),
        (HeldMode.BLENDED, None, SessionMode.OFFLINE),
        (HeldMode.OFFLINE, SessionMode.ONLINE, None),
        (HeldMode.ONLINE, SessionMode.OFFLINE, None),
    ],
)
def test_r29_the_mode_of_attendance_is_that_of_the_session(
    mode: HeldMode, stated: SessionMode | None, expected: SessionMode | None
) -> None:
    session = replace(SESSIONS[0], mode=mode)
    if expected:
        assert session.mode_of(stated) is expected
        return
    with pytest.raises(Refusal) as refused:
        session.mode_of(stated)
    assert code(refused) == ("WRONG_MODE", "R29")


def test_r29_attendance_of_somebody_who_left_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        present(replace(RECORD, live=False))
    assert code(refused) == ("NOT_AN_ATTENDEE", "R29")


@given(st.lists(st.tuples(st.sampled_from([session.id for session in SESSIONS]), st.booleans()), max_size=30))
def test_r29_the_last_mark_of_a_session_counts_and_all_are_stored(marks: list[tuple[str, bool]]) -> None:
    record = RECORD
    for session, there in marks:
        record, _ = records.mark(record, PROJECT, session=session, present=there, mode=OFFLINE, now=NOW)
    assert record.attended == {session for session, there in dict(marks).items() if there}
    changes = [mark for index, mark in enumerate(marks) if dict(marks[:index]).get(mark[0]) is not mark[1]]
    assert [(mark.session, mark.present) for mark in record.marks] == changes  # a repeated mark is not stored
    assert record.attendance_rate(SESSIONS) == round(len(record.attended) / len(SESSIONS), 4)


def test_r29_an_attendee_without_any_session_is_a_no_show() -> None:
    assert [type(event) for event in records.miss(RECORD)] == [NoShowRecorded]
    assert not records.miss(present(RECORD))
    assert not records.miss(replace(RECORD, live=False))


@pytest.mark.parametrize(
    ("outcome", "score"),
    [(ResultOutcome.PASSED, 101), (ResultOutcome.FAILED, -1), (ResultOutcome.PASSED, None)],
)
def test_r30_a_score_is_from_0_to_100(outcome: ResultOutcome, score: int | None) -> None:
    with pytest.raises(Refusal) as refused:
        assessed(present(RECORD), outcome, score)
    assert code(refused) == ("INVALID_SCORE", "R30")


def test_r30_nobody_passes_without_attendance() -> None:
    with pytest.raises(Refusal) as refused:
        assessed(RECORD, ResultOutcome.PASSED, 90)
    assert code(refused) == ("ATTENDANCE_MISSING", "R30")
    assert assessed(RECORD, ResultOutcome.INCOMPLETE, None).result


def test_r30_a_correction_appends() -> None:
    first = assessed(present(RECORD), ResultOutcome.FAILED, 50)
    second, events = records.assess(first, PROJECT, outcome=ResultOutcome.PASSED, score=60, rules=[NATIONAL], now=NOW)
    assert [result.score for result in second.results] == [50, 60]
    assert isinstance(events[0], ResultRecorded)
    assert events[0].correction == 1


@given(days=st.integers(1, 30), per_day=st.integers(1, 12))
def test_r31_credit_is_counted_by_the_rule_of_the_province_else_the_national_one(days: int, per_day: int) -> None:
    rules = [NATIONAL, CreditRule("44-1", "44", per_day)]
    assert Credit.count(days, "44", rules, NOW).hours == days * per_day
    assert Credit.count(days, "44", rules, NOW).rule == "44-1"
    assert Credit.count(days, "51", rules, NOW).hours == days * 8


def test_r31_failing_leaves_no_credit_to_confirm() -> None:
    failed = assessed(present(RECORD), ResultOutcome.FAILED, 30)
    with pytest.raises(Refusal) as refused:
        records.confirm_credit(failed, NOW)
    assert code(refused) == ("NOT_PASSED", "R31")


def test_r31_a_settled_credit_must_be_revoked_before_the_result_changes() -> None:
    confirmed, events = records.confirm_credit(assessed(present(RECORD), ResultOutcome.PASSED, 90), NOW)
    assert isinstance(events[0], CreditConfirmed)
    assert events[0].hours == 56
    with pytest.raises(Refusal) as refused:
        assessed(confirmed, ResultOutcome.FAILED, 10)
    assert code(refused) == ("CREDIT_SETTLED", "R31")


def test_r31_nothing_changes_after_a_credit_is_revoked() -> None:
    confirmed, _ = records.confirm_credit(assessed(present(RECORD), ResultOutcome.PASSED, 90), NOW)
    revoked, _ = records.revoke_credit(confirmed, SPOT_CHECK, NOW)
    for again in (
        lambda: assessed(revoked, ResultOutcome.PASSED, 90),
        lambda: records.confirm_credit(revoked, NOW),
        lambda: records.revoke_credit(revoked, Reason("复查"), NOW),
    ):
        with pytest.raises(Refusal) as refused:
            again()
        assert refused.value.rule == "R31"


def test_r31_a_credit_revoked_by_mistake_is_given_back() -> None:
    confirmed, _ = records.confirm_credit(assessed(present(RECORD), ResultOutcome.PASSED, 90), NOW)
    with pytest.raises(Refusal) as refused:
        records.restore_credit(confirmed, Reason("撤销有误"), NOW)
    assert code(refused) == ("CREDIT_NOT_REVOKED", "R31")
    revoked, _ = records.revoke_credit(confirmed, SPOT_CHECK, NOW)
    restored, (event,) = records.restore_credit(revoked, Reason("撤销有误"), NOW)
    assert restored.credit
    assert (restored.credit.status, restored.credit.hours) == (CreditStatus.CONFIRMED, 56)
    assert restored.credit.reason == "撤销有误"
    assert isinstance(event, CreditRestored)
    assert event.reason == "撤销有误"
    assert records.restore_credit(restored, Reason("撤销有误"), NOW) == (restored, [])


def test_r29_attendance_recorded_by_mistake_and_corrected_after_the_end_is_a_no_show() -> None:
    """Whoever is found to have attended nothing only then is told of as at the end of the training."""
    finished = replace(PROJECT, phase=ProjectPhase.FINISHED)
    there = present(RECORD)
    corrected, events = records.mark(there, finished, session="s1", present=False, mode=OFFLINE, now=NOW)
    assert not corrected.attended
    assert [type(event) for event in events] == [AttendanceRecorded, NoShowRecorded]
    _, events = records.mark(there, PROJECT, session="s1", present=False, mode=OFFLINE, now=NOW)
    assert [type(event) for event in events] == [AttendanceRecorded]


def test_repeated_input_changes_nothing() -> None:
    there = present(RECORD)
    passed = assessed(there, ResultOutcome.PASSED, 90)
    assert assessed(passed, ResultOutcome.PASSED, 90) is passed
    confirmed, _ = records.confirm_credit(passed, NOW)
    assert records.confirm_credit(confirmed, NOW) == (confirmed, [])
    revoked, _ = records.revoke_credit(confirmed, SPOT_CHECK, NOW)
    assert records.revoke_credit(revoked, SPOT_CHECK, NOW) == (revoked, [])


class RecordMachine(RuleBasedStateMachine):
    """Random sequences of R29–R31: no result is lost, and there is a credit exactly while the attendee has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.record = RECORD
        self.results_before = RECORD.results

    @rule(session=st.sampled_from([session.id for session in SESSIONS]), there=st.booleans())
    def mark(self, session: str, there: bool) -> None:
        self.record, _ = records.mark(self.record, PROJECT, session=session, present=there, mode=OFFLINE, now=NOW)

    @rule(outcome=st.sampled_from(ResultOutcome), score=st.one_of(st.none(), st.integers(0, 100)))
    def assess(self, outcome: ResultOutcome, score: int | None) -> None:
        with suppress(Refusal):
            self.record = assessed(self.record, outcome, score)

    @precondition(lambda self: self.record.credit)
    @rule()
    def confirm_or_revoke(self) -> None:
        credit = self.record.credit
        assert credit
        if credit.status is CreditStatus.PENDING:
            self.record, _ = records.confirm_credit(self.record, NOW)
        elif credit.status is CreditStatus.CONFIRMED:
            self.record, _ = records.revoke_credit(self.record, SPOT_CHECK, NOW)

    @invariant()
    def results_only_grow(self) -> None:
        assert self.record.results[: len(self.results_before)] == self.results_before
        self.results_before = self.record.results

    @invariant()
    def credit_exists_just_when_passed(self) -> None:
        passed = self.record.result is not None and self.record.result.outcome is ResultOutcome.PASSED
        assert (self.record.credit is not None) == passed


TestRecordMachine = RecordMachine.TestCase
