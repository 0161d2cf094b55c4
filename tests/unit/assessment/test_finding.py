"""What was found is rectified, reported, accepted and closed (R37)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refusal
from kernel.free_text import Reason, Title
from services.assessment.domain import finding as findings
from services.assessment.domain.finding import Finding, FindingText, Observed
from services.assessment.domain.inspection_events import FindingEvent
from services.assessment.domain.vocabulary import FindingState, Severity

NOW = datetime.fromisoformat("2024-07-01T10:00:00+08:00")
DUE = date(2024, 7, 15)
TEXT = FindingText("课表与实际授课不符")
REPORT = FindingText("已按课表补授")
REASON = Reason("整改到位")


def refused(act: Callable[[], object], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        act()
    assert caught.value.code == code


def found(severity: Severity = Severity.MINOR, due_on: date | None = DUE, text: FindingText = TEXT) -> Finding:
    return recorded(severity, due_on, text)[0]


def recorded(severity: Severity, due_on: date | None, text: FindingText) -> tuple[Finding, list[FindingEvent]]:
    observed = Observed(severity=severity, text=text, clause=Title("第十二条"), due_on=due_on)
    place = {"inspection": "2024-1", "project": "p1", "base": "b1", "province": "44"}
    return findings.record("f1", observed, year=2024, now=NOW, **place)


def at(day: date) -> datetime:
    return datetime.combine(day, NOW.timetz())


def test_r37_a_finding_waits_for_its_rectification() -> None:
    assert (found().state, found().due_on) == (FindingState.OPEN, DUE)


def test_r37_where_nothing_was_found_it_is_closed_at_once() -> None:
    made, events = recorded(Severity.NONE, DUE, TEXT)
    assert (made.state, made.due_on) == (FindingState.CLOSED, None)
    assert [type(event).__name__ for event in events] == ["FindingRecorded", "FindingClosed"]


@pytest.mark.parametrize("due_on", [None, NOW.date() - timedelta(days=1), NOW.date() + timedelta(days=367)])
def test_r37_a_finding_has_a_last_day_for_the_rectification(due_on: date | None) -> None:
    refused(lambda: found(due_on=due_on), "DUE_DATE_MISSING")


def test_r37_an_empty_finding_or_report_is_refused() -> None:
    refused(lambda: found(text=FindingText("")), "FINDING_MISSING")
    refused(lambda: findings.report(found(), FindingText(""), NOW), "FINDING_MISSING")


@pytest.mark.parametrize("steps", range(4))
def test_r37_a_wrong_finding_is_withdrawn_whatever_has_become_of_it(steps: int) -> None:
    finding = found()
    if steps:
        finding, _ = findings.report(finding, REPORT, NOW)
    if steps > 1:
        finding, _ = findings.settle(finding, accepted=steps == 3, reason=REASON, due_on=DUE, now=NOW)
    before = finding.history
    withdrawn, (event,) = findings.withdraw(finding, Reason("登记到了别的项目"), NOW)
    assert withdrawn.state is FindingState.WITHDRAWN
    assert (withdrawn.history[:-1], withdrawn.history[-1].text) == (before, "登记到了别的项目")
    assert (type(event).__name__, event.state) == ("FindingWithdrawn", FindingState.WITHDRAWN)
    refused(lambda: findings.withdraw(withdrawn, REASON, NOW), "WRONG_STATE")
    refused(lambda: findings.report(withdrawn, REPORT, NOW), "WRONG_STATE")


@pytest.mark.parametrize("first", Severity)
@pytest.mark.parametrize("second", Severity)
def test_r37_nothing_found_and_a_finding_exclude_each_other(first: Severity, second: Severity) -> None:
    finding = found(first)
    observed = Observed(severity=second, text=TEXT, clause=None, due_on=DUE)
    if Severity.NONE in (first, second):
        refused(lambda: findings.require_consistent(observed, [finding], "p1"), "CONTRADICTS_FINDING")
    else:
        findings.require_consistent(observed, [finding], "p1")
    findings.require_consistent(observed, [finding], "p2")
    withdrawn, _ = findings.withdraw(finding, REASON, NOW)
    findings.require_consistent(observed, [withdrawn], "p1")


def test_r37_a_report_that_is_accepted_closes_the_finding() -> None:
    reported, _ = findings.report(found(), REPORT, NOW)
    closed, (event,) = findings.settle(reported, accepted=True, reason=REASON, due_on=None, now=NOW)
    assert (closed.state, closed.rectified_in_time) == (FindingState.CLOSED, True)
    assert event.rectified_in_time  # type: ignore[attr-defined]
    assert [(step.state, step.by) for step in closed.history] == [
        (FindingState.OPEN, "MINISTRY"),
        (FindingState.REPORTED, "BASE"),
        (FindingState.CLOSED, "MINISTRY"),
    ]


def test_r37_a_report_that_is_not_accepted_goes_back_with_a_new_last_day() -> None:
    reported, _ = findings.report(found(), REPORT, NOW)
    refused(lambda: findings.settle(reported, accepted=False, reason=REASON, due_on=None, now=NOW), "DUE_DATE_MISSING")
    later = DUE + timedelta(days=30)
    returned, _ = findings.settle(reported, accepted=False, reason=REASON, due_on=later, now=NOW)
    assert (returned.state, returned.due_on) == (FindingState.RECTIFYING, later)
    assert findings.report(returned, REPORT, NOW)[0].state is FindingState.REPORTED


def test_r37_a_report_after_the_last_day_is_late() -> None:
    reported, (event,) = findings.report(found(), REPORT, at(DUE + timedelta(days=1)))
    assert reported.rectified_in_time is False
    assert not event.in_time  # type: ignore[attr-defined]


def test_r37_the_last_day_is_in_time() -> None:
    assert findings.report(found(), REPORT, at(DUE))[0].rectified_in_time


def test_r37_steps_out_of_order_are_refused() -> None:
    refused(lambda: findings.settle(found(), accepted=True, reason=REASON, due_on=None, now=NOW), "WRONG_STATE")
    refused(lambda: findings.report(found(Severity.NONE), REPORT, NOW), "WRONG_STATE")
    reported, _ = findings.report(found(), REPORT, NOW)
    refused(lambda: findings.report(reported, REPORT, NOW), "WRONG_STATE")


def test_r37_r41_no_event_has_a_text() -> None:
    _, events = recorded(Severity.MAJOR, DUE, TEXT)
    _, reports = findings.report(found(), REPORT, NOW)
    assert not any(text.text in str(event) for event in (*events, *reports) for text in (TEXT, REPORT))


def test_r37_a_rectification_is_called_to_mind_three_days_before_and_daily_when_overdue() -> None:
    current, told = found(), []
    for number in range(20):
        day = NOW.date() + timedelta(days=number)
        for hour in (0, 9):
            change = findings.remind(current, at(day) + timedelta(hours=hour))
            if change:
                current, (event,) = change
                told.append((day, event.overdue))  # type: ignore[attr-defined]
    assert told == [
        (date(2024, 7, 12), False),
        *((date(2024, 7, day), True) for day in range(16, 21)),
    ]


@given(st.integers(-5, 30))
def test_r37_nobody_is_reminded_of_what_was_reported(days: int) -> None:
    reported, _ = findings.report(found(), REPORT, NOW)
    assert findings.remind(reported, at(DUE + timedelta(days=days))) is None
