"""Results: drafts of the base until they are published, corrected with a reason while a record is reopened (R30)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kernel.dates import today
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.refusals import REASON_MISSING
from services.assessment.domain.credit import Credit, CreditRule, rule_in_force
from services.assessment.domain.events import CreditRevoked, RecordEvent, RecordReopened, ResultRecorded
from services.assessment.domain.project import Project
from services.assessment.domain.record import SYSTEM, Change, Record, Reopening, Result, rate
from services.assessment.domain.refusals import (
    ATTENDANCE_BELOW_FLOOR,
    ATTENDANCE_INCOMPLETE,
    INVALID_SCORE,
    NOT_PUBLISHED,
    REOPEN_INVALID,
    SCORE_BELOW_PASS_MARK,
)
from services.assessment.domain.vocabulary import CreditStatus, ResultOutcome

LONGEST_REOPENING = timedelta(days=30)
"""For how long at most the ministry opens a locked record to corrections [D]."""
CORRECTED = Reason("成绩更正")
"""Why a confirmed credit is revoked when the result is corrected (R31)."""
_BEST_SCORE = 100
_WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Assessing:
    """By what results are stated.

    Attributes:
        project: The project.
        rules: Versions of the credit rule (R31).
        now: Domain time.
    """

    project: Project
    rules: Sequence[CreditRule]
    now: datetime

    def rule_of(self, record: Record) -> CreditRule:
        """The version of the rule by which somebody passes and gets credit.

        Raises:
            Refusal: `CREDIT_RULE_MISSING`.
        """
        return rule_in_force(self.rules, record.province, self.project.last_day)


def assess(
    record: Record,
    project: Project,
    *,
    outcome: ResultOutcome,
    score: int | None,
    rules: Sequence[CreditRule],
    now: datetime,
    reason: str | None = None,
) -> Change:
    """Draft the result, or correct the published one of a reopened record (R30).

    A result that equals the one in force changes nothing, so a list may be sent twice. Of a draft there is no event.

    Args:
        record: The attendee's record.
        project: The project of the record.
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
        rules: Versions of the credit rule.
        now: Domain time.
        reason: Why the published one is corrected, or why somebody fails who has reached all marks; as it was typed.

    Raises:
        Refusal: `NOT_AN_ATTENDEE`, `NOT_FINISHED`, `RECORDS_FINAL`, `INVALID_SCORE`, `ATTENDANCE_INCOMPLETE`,
            `ATTENDANCE_BELOW_FLOOR`, `SCORE_BELOW_PASS_MARK`, `CREDIT_RULE_MISSING`, `REASON_MISSING` or
            `INVALID_REASON`.
    """
    why = Reason.optional(reason)  # whatever is refused besides, a text is looked at (R41)
    record.require_live("R30")
    project.require_finished()
    record.require_unlocked(now)
    by = Assessing(project, rules, now)
    result = _result(record, by, outcome, score)
    if record.result and _same(record.result, result):
        return record, []
    reaches = _require_reached(record, by, result)
    if why is None and (record.result or reaches):
        raise REASON_MISSING(rule="R30")
    result = replace(result, reason=why.text if why else None)
    if record.result:
        return _state(record, by, result)
    if record.draft and _same(record.draft, result) and record.draft.reason == result.reason:
        return record, []
    return replace(record, drafts=(*record.drafts, result)), []


def is_no_show(record: Record, project: Project) -> bool:
    """Whether an attendee attended nothing (R29).

    In a class that was recorded afterwards nobody could be marked before, so there it takes a mark to know it.
    """
    return not record.attended and (bool(record.marks) or not project.recorded_afterwards)


def lacks_result(record: Record, by: Assessing) -> bool:
    """Whether an attendee has no result that could be published: no draft, or one that attendance no longer bears out.

    Whoever attended nothing is incomplete without a draft.
    """
    return not record.result and _to_publish(record, by) is None


def publish(record: Record, by: Assessing, *, late: bool = False) -> Change:
    """Make the draft a result, count the credit of a pass, and so lock the record (R30, R31).

    A record whose result is published stays as it is, so a publication that was interrupted may be repeated.

    Args:
        record: The attendee's record.
        by: Project, rules and time.
        late: Whether the time of the base is over: whoever has no draft that holds is incomplete.

    Raises:
        Refusal: `CREDIT_RULE_MISSING`.
    """
    if record.result:
        return record, []
    result = _to_publish(record, by)
    if result is None:
        if not late:
            return record, []
        result = replace(_result(record, by, ResultOutcome.INCOMPLETE, None), by=SYSTEM)
    return _state(record, by, replace(result, at=by.now))


def restate(record: Record, project: Project, *, reason: Reason, rules: Sequence[CreditRule], now: datetime) -> Change:
    """State a published pass anew after a correction of attendance: hours and credit follow it (R30, R31).

    Args:
        record: The record, its attendance corrected.
        project: The project of the record.
        reason: Why attendance was corrected.
        rules: Versions of the credit rule.
        now: Domain time.

    Raises:
        Refusal: `ATTENDANCE_BELOW_FLOOR`: with so few hours it is no pass; the result is corrected first.
    """
    result = record.result
    if result is None or result.outcome is not ResultOutcome.PASSED:
        return record, []
    by = Assessing(project, rules, now)
    _require_floor(record, by)
    return _state(record, by, replace(_result(record, by, result.outcome, result.score), reason=reason.text))


def reopen(record: Record, *, until: date, reason: Reason, now: datetime) -> Change:
    """Open a locked record to corrections, as the ministry does; the same again changes nothing (R30).

    Args:
        record: The attendee's record.
        until: The last day for corrections, included.
        reason: Why.
        now: Domain time.

    Raises:
        Refusal: `NOT_AN_ATTENDEE`, `NOT_PUBLISHED` or `REOPEN_INVALID`.
    """
    record.require_live("R30")
    if not record.result:
        raise NOT_PUBLISHED(rule="R30")
    day = today(now)
    if not day <= until <= day + LONGEST_REOPENING:
        raise REOPEN_INVALID(most=LONGEST_REOPENING.days)
    last = record.reopenings[-1] if record.reopenings else None
    if last and (last.until, last.reason) == (until, reason.text):
        return record, []
    changed = replace(record, reopenings=(*record.reopenings, Reopening(until, reason.text, now)))
    return changed, [changed.event(RecordReopened, base=changed.base, until=until, reason=reason.text)]


def _result(record: Record, by: Assessing, outcome: ResultOutcome, score: int | None) -> Result:
    """The result as it would be stated now.

    Raises:
        Refusal: `INVALID_SCORE`.
    """
    if (score is None) != (outcome is ResultOutcome.INCOMPLETE) or (
        score is not None and not 0 <= score <= _BEST_SCORE
    ):
        raise INVALID_SCORE(field="score")
    attended, due = record.attended_hours(by.project), by.project.due_hours(by.now)
    return Result(outcome, score, rate(attended, due), by.now, attended_hours=attended, due_hours=due)


def _same(stated: Result, result: Result) -> bool:
    """Whether a result says what was stated already; one of an earlier release has no hours."""
    hours = (None, result.attended_hours)
    return (stated.outcome, stated.score) == (result.outcome, result.score) and stated.attended_hours in hours


def _require_reached(record: Record, by: Assessing, result: Result) -> bool:
    """Require that attendance and score bear the outcome out.

    Returns:
        Whether somebody fails who has reached all marks, which needs a reason.

    Raises:
        Refusal: `ATTENDANCE_INCOMPLETE`, `ATTENDANCE_BELOW_FLOOR`, `SCORE_BELOW_PASS_MARK` or `CREDIT_RULE_MISSING`.
    """
    if result.outcome is ResultOutcome.INCOMPLETE or result.score is None:
        return False
    if unmarked := record.unmarked(by.project):
        raise ATTENDANCE_INCOMPLETE(count=len(unmarked), sessions=unmarked)
    rule = by.rule_of(record)
    if result.outcome is ResultOutcome.FAILED:
        return _rate_bp(record, by) >= rule.attendance_floor_bp and result.score >= rule.pass_mark
    _require_floor(record, by)
    if result.score < rule.pass_mark:
        raise SCORE_BELOW_PASS_MARK(score=result.score, mark=rule.pass_mark)
    return False


def _require_floor(record: Record, by: Assessing) -> None:
    rule, reached = by.rule_of(record), _rate_bp(record, by)
    if reached < rule.attendance_floor_bp:
        raise ATTENDANCE_BELOW_FLOOR(rateBp=reached, floorBp=rule.attendance_floor_bp, ruleVersion=rule.version)


def _rate_bp(record: Record, by: Assessing) -> int:
    """The hours attended in basis points of those due, rounded down, so that nobody is rounded above a floor."""
    due = by.project.due_hours(by.now)
    return min(record.attended_hours(by.project), due) * _WHOLE // due if due else 0


def _to_publish(record: Record, by: Assessing) -> Result | None:
    """What would be published of an attendee now; None where a result is lacking."""
    if record.draft is None:
        if not is_no_show(record, by.project):
            return None
        return replace(_result(record, by, ResultOutcome.INCOMPLETE, None), by=SYSTEM)
    result = _result(record, by, record.draft.outcome, record.draft.score)
    try:
        unexplained = _require_reached(record, by, result) and not record.draft.reason
    except Refusal as refusal:
        if refusal.code not in (ATTENDANCE_INCOMPLETE.code, ATTENDANCE_BELOW_FLOOR.code, SCORE_BELOW_PASS_MARK.code):
            raise
        return None
    return None if unexplained else replace(result, reason=record.draft.reason)


def _state(record: Record, by: Assessing, result: Result) -> Change:
    """Append a published result, and count the credit that it gives; a confirmed one before it is revoked.

    A credit that the ministry has revoked stays so, with the new hours: only the ministry gives it back (R31).
    """
    credit: Credit | None = None
    if result.outcome is ResultOutcome.PASSED:
        rule = by.rule_of(record)
        hours = rule.hours(
            attended=record.attended_hours(by.project), class_hours=by.project.hours, days=by.project.days
        )
        credit = Credit.count(hours, rule, by.now, today(by.now))
        if before := _revoked(record):
            credit = replace(credit, status=before.status, reason=before.reason, due_on=None)
    events: list[RecordEvent] = []
    revoked: list[Credit] = []
    if record.credit and record.credit.status is CreditStatus.CONFIRMED:
        revoked.append(record.credit.revoke(CORRECTED, by.now))
        events.append(record.event(CreditRevoked, reason=CORRECTED.text))
    changed = replace(record, results=(*record.results, result), drafts=()).with_credit(credit, *revoked)
    waiting = credit if credit and credit.status is CreditStatus.PENDING else None
    recorded = changed.event(
        ResultRecorded,
        outcome=result.outcome,
        score=result.score,
        correction=len(record.results),
        attended_hours=result.attended_hours,
        due_hours=result.due_hours,
        class_hours=by.project.hours,
        credit_hours=waiting.hours if waiting else None,
        credit_rule=waiting.rule if waiting else None,
        reason=result.reason,
    )
    return changed, [*events, recorded]


def _revoked(record: Record) -> Credit | None:
    """The credit that the ministry has revoked, also where somebody has failed since; a correction revokes none."""
    last = record.credit_history[-1] if record.credit_history else None
    if last is None or last.status is not CreditStatus.REVOKED:
        return None
    return last if record.credit or last.reason != CORRECTED.text else None
