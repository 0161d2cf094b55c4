"""R29: attendance by class hours, of sessions that were held, with the history of every statement."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from services.assessment.domain import attendance
from services.assessment.domain.events import AttendanceRecorded, CreditRevoked, NoShowRecorded, ResultRecorded
from services.assessment.domain.record import Change, Mark, Record
from services.assessment.domain.vocabulary import CreditStatus, HeldMode, ProjectPhase, ResultOutcome, SessionMode
from tests.unit.assessment.examples import (
    FINISHED,
    NOW,
    PROJECT,
    RECORD,
    RULES,
    SESSIONS,
    code,
    confirmed,
    marked,
    passed,
    published,
    reopened,
)

FIRST_EVENING = datetime(2024, 6, 3, 10, tzinfo=UTC)
OFFLINE = SessionMode.OFFLINE


def present(record: Record, session: str = "s1", hours: int | None = None) -> Change:
    return attendance.mark(record, PROJECT, session=session, present=True, mode=OFFLINE, hours=hours, now=NOW)


@pytest.mark.parametrize("phase", [ProjectPhase.PUBLISHED, ProjectPhase.CANCELLED, ProjectPhase.SUSPENDED])
def test_r29_attendance_belongs_to_a_training_that_has_begun(phase: ProjectPhase) -> None:
    with pytest.raises(Refusal) as refused:
        attendance.mark(RECORD, replace(PROJECT, phase=phase), session="s1", present=True, mode=OFFLINE, now=NOW)
    assert code(refused) == ("NOT_RUNNING", "R29")


def test_r29_a_session_outside_the_timetable_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        present(RECORD, "s9")
    assert code(refused) == ("UNKNOWN_SESSION", "R29")


def test_r29_a_session_whose_day_has_not_come_is_refused() -> None:
    attendance.mark(RECORD, PROJECT, session="s1", present=True, mode=None, now=FIRST_EVENING)
    for there in (True, False):
        with pytest.raises(Refusal) as refused:
            attendance.mark(RECORD, PROJECT, session="s2", present=there, mode=None, now=FIRST_EVENING)
        assert code(refused) == ("SESSION_NOT_YET_HELD", "R29")
        assert refused.value.details["date"] == "2024-06-04"


def test_r29_the_day_of_a_session_is_a_day_in_shanghai() -> None:
    midnight = datetime(2024, 6, 3, 16, tzinfo=UTC)
    assert attendance.mark(RECORD, PROJECT, session="s2", present=True, mode=None, now=midnight)[1]


@pytest.mark.parametrize(("there", "hours"), [(True, 9), (True, 0), (True, -1), (False, 1), (False, 8), (True, 2**31)])
def test_r29_hours_are_those_of_the_session_at_most_and_none_of_somebody_absent(there: bool, hours: int) -> None:
    with pytest.raises(Refusal) as refused:
        attendance.mark(RECORD, PROJECT, session="s1", present=there, mode=None, hours=hours, now=NOW)
    assert code(refused) == ("INVALID_HOURS", "R29")
    assert refused.value.details["most"] == 8


@pytest.mark.parametrize(
    ("there", "stated", "counted"), [(True, None, 8), (True, 3, 3), (False, None, 0), (False, 0, 0)]
)
def test_r29_hours_attended_are_the_whole_session_unless_stated(there: bool, stated: int | None, counted: int) -> None:
    record, (event,) = attendance.mark(RECORD, PROJECT, session="s1", present=there, mode=None, hours=stated, now=NOW)
    assert record.attended_hours(PROJECT) == counted
    assert isinstance(event, AttendanceRecorded)
    assert (event.hours, event.attended_hours, event.correction, event.reason) == (counted, counted, 0, None)


def test_r29_the_rate_is_of_the_hours_held_so_far_and_of_all_once_it_is_over() -> None:
    record, _ = present(RECORD, hours=4)
    assert record.attendance_rate(PROJECT, FIRST_EVENING) == 0.5
    assert record.attendance_rate(PROJECT, NOW) == 0.125  # four sessions were held by then
    assert record.attendance_rate(FINISHED, FIRST_EVENING) == 0.125
    assert RECORD.attendance_rate(PROJECT, datetime(2024, 6, 1, tzinfo=UTC)) == 0


def test_r29_no_more_hours_are_due_than_the_plan_has() -> None:
    """Of groups side by side a timetable has more hours than anybody can attend (ADR 34)."""
    groups = replace(FINISHED, class_hours=16)
    assert groups.due_hours(NOW) == 16
    assert marked(RECORD).attendance_rate(groups, NOW) == 1


def test_r29_sessions_off_the_timetable_count_no_more_and_moved_ones_keep_their_marks() -> None:
    record, (first, *others) = marked(RECORD), SESSIONS
    moved = replace(FINISHED, sessions=(replace(first, date=others[-1].date), *others[1:]), class_hours=24)
    assert (record.attended_hours(moved), moved.due_hours(NOW), record.unmarked(moved)) == (24, 24, [])


def test_r29_a_mark_of_an_earlier_release_counts_the_hours_of_its_session() -> None:
    old = replace(RECORD, marks=(Mark("s1", True, OFFLINE, NOW), Mark("s2", False, OFFLINE, NOW)))
    assert old.attended_hours(PROJECT) == 8
    assert present(old) == (old, [])  # and the same mark again changes nothing


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


@given(st.lists(st.tuples(st.sampled_from([session.id for session in SESSIONS]), st.integers(0, 8)), max_size=30))
def test_r29_the_last_mark_of_a_session_counts_and_all_are_stored(marks: list[tuple[str, int]]) -> None:
    """The history replayed is the state: every statement that changed something is in it, in its order."""
    record, events = RECORD, []
    for session, hours in marks:
        record, more = attendance.mark(
            record, PROJECT, session=session, present=hours > 0, mode=OFFLINE, hours=hours, now=NOW
        )
        events += more
    assert record.attended_hours(PROJECT) == sum(dict(marks).values())
    changes = [mark for index, mark in enumerate(marks) if dict(marks[:index]).get(mark[0]) != mark[1]]
    assert [(mark.session, mark.hours) for mark in record.marks] == changes  # a repeated mark is not stored
    replayed = {mark.session: mark.hours for mark in record.marks}
    assert replayed == dict(marks)
    assert [event.hours for event in events if isinstance(event, AttendanceRecorded)] == [hours for _, hours in changes]


def test_r29_an_attendee_without_any_session_is_a_no_show() -> None:
    assert [type(event) for event in attendance.miss(RECORD)] == [NoShowRecorded]
    assert not attendance.miss(present(RECORD)[0])
    assert not attendance.miss(replace(RECORD, live=False))


def test_r29_a_correction_after_the_end_needs_a_reason_and_a_first_mark_does_not() -> None:
    late, _ = attendance.mark(RECORD, FINISHED, session="s1", present=True, mode=None, now=NOW)
    with pytest.raises(Refusal) as refused:
        attendance.mark(late, FINISHED, session="s1", present=True, mode=None, hours=2, now=NOW, reason=" ")
    assert code(refused) == ("REASON_MISSING", "R29")
    corrected, (event,) = attendance.mark(
        late, FINISHED, session="s1", present=True, mode=None, hours=2, now=NOW, reason="签到表核对"
    )
    assert corrected.marks[-1].reason == "签到表核对"
    assert isinstance(event, AttendanceRecorded)
    assert (event.correction, event.reason) == (1, "签到表核对")
    assert corrected.marks[0] == late.marks[0]


def test_r29_while_it_runs_a_correction_needs_no_reason() -> None:
    record, _ = present(present(RECORD)[0], hours=2)
    assert record.attended_hours(PROJECT) == 2


def test_r29_attendance_recorded_by_mistake_and_corrected_after_the_end_is_a_no_show() -> None:
    """Whoever is found to have attended nothing only then is told of as at the end of the training."""
    there, _ = present(RECORD)
    corrected, events = attendance.mark(
        there, FINISHED, session="s1", present=False, mode=OFFLINE, now=NOW, reason="核对"
    )
    assert not corrected.attended
    assert [type(event) for event in events] == [AttendanceRecorded, NoShowRecorded]
    _, events = attendance.mark(there, PROJECT, session="s1", present=False, mode=OFFLINE, now=NOW)
    assert [type(event) for event in events] == [AttendanceRecorded]


def test_r30_attendance_of_a_published_record_is_locked() -> None:
    with pytest.raises(Refusal) as refused:
        attendance.mark(passed(), FINISHED, session="s1", present=False, mode=None, now=NOW, reason="核对")
    assert code(refused) == ("RECORDS_FINAL", "R30")


def test_r31_attendance_corrected_after_publication_states_the_pass_anew_and_its_credit_with_it() -> None:
    record, events = attendance.mark(
        reopened(confirmed(passed())),
        FINISHED,
        session="s1",
        present=True,
        mode=None,
        hours=4,
        now=NOW,
        reason="核对",
        rules=RULES,
    )
    assert [type(event) for event in events] == [AttendanceRecorded, CreditRevoked, ResultRecorded]
    assert record.credit
    assert (record.credit.hours, record.credit.status) == (28, CreditStatus.PENDING)
    assert [result.attended_hours for result in record.results] == [32, 28]


def test_r30_attendance_that_a_published_pass_does_not_bear_is_refused_until_the_result_is_corrected() -> None:
    record = reopened(passed())
    with pytest.raises(Refusal) as refused:
        attendance.mark(record, FINISHED, session="s1", present=False, mode=None, now=NOW, reason="核对", rules=RULES)
    assert code(refused) == ("ATTENDANCE_BELOW_FLOOR", "R30")
    failed = reopened(published(marked(RECORD), ResultOutcome.FAILED, 30))
    changed, events = attendance.mark(
        failed, FINISHED, session="s1", present=False, mode=None, now=NOW, reason="核对", rules=RULES
    )
    assert changed.attended_hours(FINISHED) == 24
    assert [type(event) for event in events] == [AttendanceRecorded]
