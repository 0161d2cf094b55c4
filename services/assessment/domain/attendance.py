"""Attendance by class hours: recorded once a session is held, corrected with a reason after the end (R29)."""

from dataclasses import replace
from datetime import datetime

from kernel.free_text import Reason
from kernel.refusals import REASON_MISSING
from services.assessment.domain import result as results
from services.assessment.domain.check_in import require_open
from services.assessment.domain.credit import CreditRule
from services.assessment.domain.events import AttendanceRecorded, NoShowRecorded, RecordEvent
from services.assessment.domain.project import Project
from services.assessment.domain.record import BASE, CHECK_IN, Change, Mark, Record
from services.assessment.domain.refusals import CHECK_IN_OVERRULED, CHECKED_IN_ALREADY
from services.assessment.domain.vocabulary import SessionMode


def mark(
    record: Record,
    project: Project,
    *,
    session: str,
    present: bool,
    mode: SessionMode | None,
    now: datetime,
    hours: int | None = None,
    reason: str | None = None,
    rules: tuple[CreditRule, ...] = (),
    by: str = BASE,
) -> Change:
    """Record or correct the attendance of a session (R29).

    A mark that equals the last one of its session changes nothing, so a list may be sent twice. A correction after the
    end of the training needs a reason; one that leaves no session attended makes the attendee a no-show, as at the end
    itself; in a project that was recorded afterwards, from its completion on. Once the result is published a record is
    locked; a correction of a reopened one states a pass anew, by the hours as they are then (`result.restate`).

    Args:
        record: The attendee's record.
        project: The project of the record.
        session: The session's id.
        present: Whether the attendee took part.
        mode: How; None for the session's own mode.
        now: Domain time.
        hours: Class hours attended; None for the whole session, or none of somebody absent.
        reason: Why it is corrected, as it was typed.
        rules: Versions of the credit rule, for a pass that is stated anew.
        by: Who states it.

    Raises:
        Refusal: `NOT_AN_ATTENDEE`, `NOT_RUNNING`, `UNKNOWN_SESSION`, `SESSION_NOT_YET_HELD`, `WRONG_MODE`,
            `INVALID_HOURS`, `RECORDS_FINAL`, `REASON_MISSING`, `INVALID_REASON`, or what `result.restate` refuses.
    """
    why = Reason.optional(reason)  # whatever is refused besides, a text is looked at (R41)
    record.require_live("R29")
    project.require_running()
    held = project.require_session(session)
    held.require_held(now)
    actual, attended = held.mode_of(mode), held.hours_of(present=present, stated=hours)
    last = record.in_force.get(session)
    if last and (last.present, last.mode) == (present, actual) and last.hours_of(held.hours) == attended:
        return record, []
    corrects = project.is_over and bool(last or record.result)
    if project.is_over:
        record.require_unlocked(now)
    if corrects and why is None:
        raise REASON_MISSING(rule="R29")
    text = why.text if why else None
    stated = Mark(session, present, actual, now, hours=attended, by=by, reason=text)
    changed = replace(record, marks=(*record.marks, stated))
    recorded = changed.event(
        AttendanceRecorded,
        session=session,
        present=present,
        mode=actual,
        attended=len(changed.attended),
        hours=attended,
        attended_hours=changed.attended_hours(project),
        correction=sum(mark.session == session for mark in record.marks),
        reason=text,
    )
    missed = miss(changed) if record.attended and project.no_shows_are_told else []
    events: list[RecordEvent] = [recorded, *missed]
    if project.is_over and why:
        changed, more = results.restate(changed, project, reason=why, rules=rules, now=now)
        events += more
    return changed, events


def check_in(record: Record, project: Project, *, session: str, now: datetime) -> Change:
    """Mark a session as attended, as the attendee states by its code, once (R29).

    Args:
        record: The attendee's record.
        project: The project of the record.
        session: The session's id.
        now: Domain time.

    Raises:
        Refusal: `NOT_AN_ATTENDEE`, `UNKNOWN_SESSION`, `CHECK_IN_CLOSED`, `CHECKED_IN_ALREADY`, `CHECK_IN_OVERRULED`.
    """
    record.require_live("R29")
    require_open(project, project.require_session(session), now)
    if last := record.in_force.get(session):
        raise CHECKED_IN_ALREADY() if last.by == CHECK_IN else CHECK_IN_OVERRULED()
    return mark(record, project, session=session, present=True, mode=None, now=now, by=CHECK_IN)


def miss(record: Record) -> list[RecordEvent]:
    """The events of the end of the training: a no-show, where an attendee took part in no session (R29)."""
    return [record.event(NoShowRecorded)] if record.live and not record.attended else []
