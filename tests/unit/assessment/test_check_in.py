"""R29: a check-in code holds for half a minute, for its session, on its day; what the base states stands (ADR 61)."""

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kernel.encoding import to_base64url
from kernel.errors import Refusal
from services.assessment.domain import attendance
from services.assessment.domain.check_in import LIFETIME, SKEW, CheckInCode, require_open
from services.assessment.domain.record import BASE, CHECK_IN, Record
from services.assessment.domain.vocabulary import ProjectPhase, SessionMode
from tests.unit.assessment.examples import FINISHED, PROJECT, RECORD, SESSIONS

SHOWN = datetime(2024, 6, 3, 1, 0, tzinfo=UTC)
"""Real time at which a code is shown."""
DAY = datetime(2024, 6, 3, 4, tzinfo=UTC)
"""Domain time on the day of session `s1`."""
CODE = CheckInCode.at("p1", "s1", SHOWN)


def sign(text: str, key: bytes = b"k" * 32) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def refusal(text: str, now: datetime) -> str:
    with pytest.raises(Refusal) as refused:
        CheckInCode.read(text, sign, now)
    return refused.value.code


def refused(record: Record, session: str = "s1", now: datetime = DAY, phase: ProjectPhase | None = None) -> str:
    project = replace(PROJECT, phase=phase) if phase else PROJECT
    with pytest.raises(Refusal) as found:
        attendance.check_in(record, project, session=session, now=now)
    return found.value.code


def test_r29_a_code_is_read_as_it_was_made_while_it_holds() -> None:
    text = CODE.text(sign)
    for after in (timedelta(), LIFETIME, LIFETIME + SKEW, -SKEW):
        assert CheckInCode.read(text, sign, SHOWN + after) == CODE
    assert CODE.expires_at == SHOWN + timedelta(seconds=30)
    assert text.isascii()
    assert len(text) < 100, "a QR picture that is read from the back row"


def test_r29_a_screenshot_is_worth_nothing_after_half_a_minute() -> None:
    assert refusal(CODE.text(sign), SHOWN + LIFETIME + SKEW + timedelta(seconds=1)) == "CHECK_IN_CODE_EXPIRED"
    assert refusal(CODE.text(sign), SHOWN - SKEW - timedelta(seconds=1)) == "CHECK_IN_CODE_EXPIRED"


def test_r29_a_code_that_was_made_or_altered_by_somebody_else_is_refused() -> None:
    text = CODE.text(sign)
    foreign = CODE.text(lambda said: sign(said, b"x" * 32))
    said, _, signature = text.partition(".")
    later = to_base64url(b'["p1","s1",1717381900]')
    unsigned = (
        "",
        ".",
        "x",
        said,
        f"{said}.",
        f"{later}.{signature}",
        f"{said}.{signature[:-1]}",
        "\ud800",
        "签" * 400,
    )
    for other in (foreign, *unsigned):
        assert refusal(other, SHOWN) == "CHECK_IN_CODE_INVALID"
    for place in range(len(text)):
        altered = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert refusal(altered, SHOWN) == "CHECK_IN_CODE_INVALID"


def test_r29_who_checks_in_has_attended_all_the_hours_of_the_session() -> None:
    checked, (event,) = attendance.check_in(RECORD, PROJECT, session="s1", now=DAY)
    (mark,) = checked.marks
    assert (mark.session, mark.present, mark.hours, mark.mode, mark.by) == (
        "s1",
        True,
        8,
        SessionMode.OFFLINE,
        CHECK_IN,
    )
    assert checked.attended_hours(PROJECT) == 8
    assert event.attended_hours == 8  # type: ignore[attr-defined]


def test_r29_one_checks_in_once() -> None:
    checked, _ = attendance.check_in(RECORD, PROJECT, session="s1", now=DAY)
    assert refused(checked) == "CHECKED_IN_ALREADY"


@pytest.mark.parametrize("present", [True, False])
def test_r29_what_the_base_has_stated_stands(present: bool) -> None:
    stated, _ = attendance.mark(RECORD, PROJECT, session="s1", present=present, mode=None, now=DAY)
    assert refused(stated) == "CHECK_IN_OVERRULED"


def test_r29_the_base_corrects_a_check_in_and_the_history_has_both() -> None:
    checked, _ = attendance.check_in(RECORD, PROJECT, session="s1", now=DAY)
    corrected, _ = attendance.mark(checked, PROJECT, session="s1", present=False, mode=None, now=DAY)
    assert [(mark.by, mark.present) for mark in corrected.marks] == [(CHECK_IN, True), (BASE, False)]
    assert corrected.attended == frozenset()
    assert refused(corrected) == "CHECK_IN_OVERRULED"


@pytest.mark.parametrize("day", [date(2024, 6, 2), date(2024, 6, 4)])
def test_r29_people_check_in_on_the_day_of_the_session_only(day: date) -> None:
    assert refused(RECORD, now=datetime(day.year, day.month, day.day, 4, tzinfo=UTC)) == "CHECK_IN_CLOSED"


@pytest.mark.parametrize("phase", [phase for phase in ProjectPhase if phase is not ProjectPhase.RUNNING])
def test_r29_people_check_in_while_the_training_runs(phase: ProjectPhase) -> None:
    assert refused(RECORD, phase=phase) == "CHECK_IN_CLOSED"


def test_r29_no_check_in_to_a_session_that_there_is_not_or_by_somebody_who_has_left() -> None:
    assert refused(RECORD, session="s9") == "UNKNOWN_SESSION"
    assert refused(replace(RECORD, live=False)) == "NOT_AN_ATTENDEE"
    with pytest.raises(Refusal):
        require_open(FINISHED, SESSIONS[0], DAY)
