"""What the inspection of a project has found, and what becomes of it (R37)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from kernel.dates import today
from kernel.free_text import Paragraph, Reason, Title
from kernel.refusals import WRONG_STATE
from services.assessment.domain.draw import digest
from services.assessment.domain.inspection_events import (
    FindingClosed,
    FindingEvent,
    FindingRecorded,
    FindingWithdrawn,
    RectificationDue,
    RectificationReported,
    RectificationReturned,
)
from services.assessment.domain.refusals import CONTRADICTS_FINDING, DUE_DATE_MISSING, FINDING_MISSING
from services.assessment.domain.vocabulary import FindingState, Severity

REMIND_BEFORE = timedelta(days=3)
"""How long before its last day a rectification is called to mind [D]."""
_LONGEST = timedelta(days=366)
_STATES = {
    FindingState.OPEN: ("整改尚未报告", "No rectification is reported yet"),
    FindingState.RECTIFYING: ("整改已退回，尚未重新报告", "The rectification was returned, and not reported anew"),
    FindingState.REPORTED: ("整改已报告、待验收", "The rectification is reported and waits for its acceptance"),
    FindingState.CLOSED: ("该结论已关闭", "The finding is closed"),
    FindingState.WITHDRAWN: ("该结论已撤销", "The finding is withdrawn"),
}
TRANSITIONS: Mapping[FindingState, frozenset[FindingState]] = {
    FindingState.OPEN: frozenset({FindingState.REPORTED, FindingState.WITHDRAWN}),
    FindingState.RECTIFYING: frozenset({FindingState.REPORTED, FindingState.WITHDRAWN}),
    FindingState.REPORTED: frozenset({FindingState.RECTIFYING, FindingState.CLOSED, FindingState.WITHDRAWN}),
    FindingState.CLOSED: frozenset({FindingState.WITHDRAWN}),
    FindingState.WITHDRAWN: frozenset(),
}
"""Which state may follow which."""


class FindingText(Paragraph):
    """What was found, or what was rectified: up to 4,000 characters."""

    __slots__ = ()
    longest = 4_000


@dataclass(frozen=True, slots=True)
class FindingStep:
    """A step of a finding.

    Attributes:
        state: After it.
        at: Domain time.
        by: Whose step: `MINISTRY` or `BASE`.
        text: The finding's, the report's, or the reason's.
    """

    state: FindingState
    at: datetime
    by: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the inspection of a project has found.

    Attributes:
        id: Its id.
        version: For its repository.
        inspection: The inspection's id.
        year: The inspection's year.
        project: The inspected project.
        base: The project's base.
        province: The base's, two digits.
        severity: How grave it is.
        text: What was found.
        clause: The clause that it is about; None for none.
        due_on: The last day for the rectification, included; None where nothing is to be rectified.
        state: Where it stands.
        history: Every step, the latest last.
        rectified_in_time: Whether the rectification that was accepted was reported by its last day.
        told_on: The last day on which it was called to mind; None while it was not, since its last day was set.
    """

    id: str
    version: int = 1
    inspection: str
    year: int
    project: str
    base: str
    province: str
    severity: Severity
    text: str
    clause: str | None
    due_on: date | None
    state: FindingState
    history: tuple[FindingStep, ...]
    rectified_in_time: bool | None = None
    told_on: date | None = None

    def is_overdue(self, now: datetime) -> bool:
        """Whether the rectification should have been reported by now."""
        waiting = self.state in (FindingState.OPEN, FindingState.RECTIFYING)
        return waiting and self.due_on is not None and today(now) > self.due_on


Change = tuple[Finding, list[FindingEvent]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What a ministry's inspector writes down.

    Attributes:
        severity: How grave it is.
        text: What was found.
        clause: The clause that it is about.
        due_on: The last day for the rectification, included.
    """

    severity: Severity
    text: FindingText
    clause: Title | None
    due_on: date | None


def record(
    key: str,
    observed: Observed,
    *,
    inspection: str,
    year: int,
    project: str,
    base: str,
    province: str,
    now: datetime,
) -> Change:
    """Record a finding; where nothing was found, it is closed at once.

    Args:
        key: The new finding's id.
        observed: What was found.
        inspection: The inspection's id.
        year: The inspection's year.
        project: The inspected project.
        base: The project's base.
        province: The base's, two digits.
        now: Domain time.

    Raises:
        Refusal: `FINDING_MISSING` or `DUE_DATE_MISSING`.
    """
    clean = observed.severity is Severity.NONE
    if not observed.text.text:
        raise FINDING_MISSING(field="text")
    day = today(now)
    if not clean and not (observed.due_on and day <= observed.due_on <= day + _LONGEST):
        raise DUE_DATE_MISSING(field="dueOn")
    state = FindingState.CLOSED if clean else FindingState.OPEN
    finding = Finding(
        id=key,
        inspection=inspection,
        year=year,
        project=project,
        base=base,
        province=province,
        severity=observed.severity,
        text=observed.text.text,
        clause=observed.clause.text if observed.clause and observed.clause.text else None,
        due_on=None if clean else observed.due_on,
        state=state,
        history=(FindingStep(state, now, "MINISTRY", observed.text.text),),
    )
    events: list[FindingEvent] = [FindingRecorded(**_facts(finding), text_sha256=digest(finding.text.encode()))]
    if clean:
        events.append(FindingClosed(**_facts(finding), reason=None, rectified_in_time=None))
    return finding, events


def require_consistent(observed: Observed, others: Iterable[Finding], project: str) -> None:
    """Require that of a project it is not said that nothing was found, and also what was found, or that twice.

    Args:
        observed: What is to be recorded.
        others: The findings of the same inspection.
        project: The inspected project.

    Raises:
        Refusal: `CONTRADICTS_FINDING`.
    """
    for other in others:
        stands = other.project == project and other.state is not FindingState.WITHDRAWN
        if stands and Severity.NONE in (other.severity, observed.severity):
            raise CONTRADICTS_FINDING(field="severity", finding=other.id)


def withdraw(finding: Finding, reason: Reason, now: datetime) -> Change:
    """Withdraw a wrong finding; it stays to be seen. While the inspection is open, what is right is recorded anew.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    _require_step(finding, FindingState.WITHDRAWN)
    withdrawn = _step(finding, FindingState.WITHDRAWN, now, "MINISTRY", reason.text)
    return withdrawn, [FindingWithdrawn(**_facts(withdrawn), reason=reason.text)]


def report(finding: Finding, text: FindingText, now: datetime) -> Change:
    """Report what was rectified.

    Raises:
        Refusal: `FINDING_MISSING` or `WRONG_STATE`.
    """
    if not text.text:
        raise FINDING_MISSING(field="text")
    _require_step(finding, FindingState.REPORTED)
    in_time = not finding.is_overdue(now)
    reported = replace(_step(finding, FindingState.REPORTED, now, "BASE", text.text), rectified_in_time=in_time)
    event = RectificationReported(**_facts(reported), text_sha256=digest(text.text.encode()), in_time=in_time)
    return reported, [event]


def settle(finding: Finding, *, accepted: bool, reason: Reason, due_on: date | None, now: datetime) -> Change:
    """Accept a rectification, which closes the finding, or return it.

    Args:
        finding: A reported one.
        accepted: Whether the rectification is accepted.
        reason: Why.
        due_on: The new last day of a returned one, included.
        now: Domain time.

    Raises:
        Refusal: `WRONG_STATE` or `DUE_DATE_MISSING`.
    """
    _require_step(finding, FindingState.CLOSED if accepted else FindingState.RECTIFYING)
    if accepted:
        closed = _step(finding, FindingState.CLOSED, now, "MINISTRY", reason.text)
        event = FindingClosed(**_facts(closed), reason=reason.text, rectified_in_time=finding.rectified_in_time)
        return closed, [event]
    day = today(now)
    if due_on is None or not day <= due_on <= day + _LONGEST:
        raise DUE_DATE_MISSING(field="dueOn")
    returned = replace(
        _step(finding, FindingState.RECTIFYING, now, "MINISTRY", reason.text),
        due_on=due_on,
        rectified_in_time=None,
        told_on=None,
    )
    return returned, [RectificationReturned(**_facts(returned), reason=reason.text)]


def remind(finding: Finding, now: datetime) -> Change | None:
    """Call a rectification to mind: once three days before its last day, and daily when that is past.

    Returns:
        The finding that remembers it, and the event; None where nothing is due, or it was told today.
    """
    day = today(now)
    if finding.due_on is None or finding.state not in (FindingState.OPEN, FindingState.RECTIFYING):
        return None
    overdue = finding.is_overdue(now)
    if day < finding.due_on - REMIND_BEFORE or finding.told_on == day or (finding.told_on and not overdue):
        return None
    return replace(finding, told_on=day), [RectificationDue(**_facts(finding), overdue=overdue)]


def _step(finding: Finding, state: FindingState, now: datetime, by: str, text: str) -> Finding:
    return replace(finding, state=state, history=(*finding.history, FindingStep(state, now, by, text)))


def _facts(finding: Finding) -> dict[str, Any]:
    return {
        "finding": finding.id,
        "inspection": finding.inspection,
        "project": finding.project,
        "base": finding.base,
        "severity": finding.severity,
        "state": finding.state,
        "due_on": finding.due_on,
        "province": finding.province,
    }


def _require_step(finding: Finding, target: FindingState) -> None:
    if target not in TRANSITIONS[finding.state]:
        raise WRONG_STATE(rule="R37", state=finding.state.value, detail=_STATES[finding.state])
