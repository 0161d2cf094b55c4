"""What happens to an enrolment; each step gives the new enrolment and its events (R19–R23, R26, R33)."""

from dataclasses import replace
from datetime import datetime

from kernel.free_text import checked_reason, require_reason
from services.enrollment.domain.events import (
    Accepted,
    Cancelled,
    Declined,
    EnrollmentEvent,
    Lapsed,
    Ranked,
    Rejected,
    SignedUp,
    SignUpWithdrawn,
    Submitted,
    Waitlisted,
    Withdrawn,
)
from services.enrollment.domain.machine import Change, Enrollment, about, move, wrong_state
from services.enrollment.domain.project import Project
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import Audience, EnrollmentDecision, EnrollmentStatus, ReasonCode

_TEACHER = "teacher"
_BASE = "base"
_MINISTRY = "ministry"
_SYSTEM = "system"
_RANKABLE = frozenset({EnrollmentStatus.SIGNED_UP, EnrollmentStatus.SUBMITTED})
_BEFORE_SUBMISSION = frozenset({EnrollmentStatus.SIGNED_UP})

Step = tuple[Enrollment, list[EnrollmentEvent]]


def sign_up(key: str, teacher: Teacher, project: Project, now: datetime, by: str = _TEACHER) -> Step:
    """A teacher signs up, or is signed up by the school's roster (R22); the wrong post stops nobody (R19, R20)."""
    enrollment = Enrollment(
        id=key,
        version=1,
        project=project.id,
        base=project.base,
        teacher=teacher.id,
        school=teacher.school,
        province=teacher.province,
        year=project.year,
        status=EnrollmentStatus.SIGNED_UP,
        live=True,
        signed_up_at=now,
        history=(Change(EnrollmentStatus.SIGNED_UP, now, by),),
    )
    return enrollment, [SignedUp(**about(enrollment))]


def meant_for(post: Audience, project: Project) -> bool:
    """Whether a project is for people of that post; told when it is read, for the post may be corrected (R20)."""
    return not project.audience or post in project.audience


def withdraw_sign_up(enrollment: Enrollment, now: datetime) -> Step:
    """The teacher takes the sign-up back, before the school has submitted it.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if enrollment.status not in _BEFORE_SUBMISSION:
        raise wrong_state(enrollment, "R19")
    withdrawn = move(
        enrollment, EnrollmentStatus.WITHDRAWN, rule="R19", by=_TEACHER, now=now, code=ReasonCode.BY_TEACHER
    )
    return withdrawn, [SignUpWithdrawn(**about(withdrawn))]


def decline(enrollment: Enrollment, reason: str, by: str, now: datetime) -> Step:
    """The school declines a sign-up with a reason (R21).

    Raises:
        Refusal: `REASON_MISSING`, `INVALID_REASON` or `WRONG_STATE`.
    """
    text = require_reason(reason, "R21")
    declined = move(
        enrollment,
        EnrollmentStatus.DECLINED,
        rule="R21",
        by=by,
        now=now,
        reason=text,
        code=ReasonCode.BY_SCHOOL,
    )
    return declined, [Declined(**about(declined), reason=text)]


def rank(enrollment: Enrollment, place: int) -> Step:
    """The school gives a candidate a place among its own (R21).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if enrollment.status not in _RANKABLE:
        raise wrong_state(enrollment, "R21")
    ranked = replace(enrollment, rank=place)
    return ranked, [Ranked(**about(ranked), rank=place)]


def submit(enrollment: Enrollment, by: str, now: datetime) -> Step:
    """The designated person hands a sign-up in to the base (R22).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    moved = move(enrollment, EnrollmentStatus.SUBMITTED, rule="R22", by=by, now=now)
    submitted = replace(moved, submitted_at=now)
    return submitted, [Submitted(**about(submitted), rank=submitted.rank)]


def decide(
    enrollment: Enrollment,
    decision: EnrollmentDecision,
    reason: str | None,
    now: datetime,
    *,
    overrides: bool = False,
) -> Step:
    """The base accepts, rejects with a reason, or waitlists; the ministry in its place gives a reason always (R23).

    Raises:
        Refusal: `WRONG_STATE`, `REASON_MISSING` or `INVALID_REASON`.
    """
    rejects = decision is EnrollmentDecision.REJECT
    text = require_reason(reason, "R23") if rejects or overrides else checked_reason(reason)
    if enrollment.status is not EnrollmentStatus.SUBMITTED:
        raise wrong_state(enrollment, "R23")
    by, code = (_MINISTRY, ReasonCode.BY_MINISTRY) if overrides else (_BASE, ReasonCode.BY_BASE)
    to = _DECIDED[decision]
    moved = move(enrollment, to, rule="R23", by=by, now=now, reason=text, code=code if rejects else None)
    decided = replace(moved, decided_at=now)
    override = text if overrides else None
    event: EnrollmentEvent
    match decision:
        case EnrollmentDecision.ACCEPT:
            event = Accepted(**about(decided), override=override)
        case EnrollmentDecision.REJECT:
            event = Rejected(**about(decided), reason=text or "", override=override)
        case EnrollmentDecision.WAITLIST:
            event = Waitlisted(**about(decided), override=override)
    return decided, [event]


def withdraw(enrollment: Enrollment, reason: str, by: str, now: datetime) -> Step:
    """The school withdraws what it has submitted, with a reason (R26).

    Raises:
        Refusal: `REASON_MISSING`, `INVALID_REASON` or `WRONG_STATE`.
    """
    text = require_reason(reason, "R26")
    if enrollment.status in _BEFORE_SUBMISSION:
        raise wrong_state(enrollment, "R26")
    withdrawn = move(
        enrollment,
        EnrollmentStatus.WITHDRAWN,
        rule="R26",
        by=by,
        now=now,
        reason=text,
        code=ReasonCode.BY_SCHOOL,
    )
    return withdrawn, [Withdrawn(**about(withdrawn), reason=text)]


def cancel(enrollment: Enrollment, reason: str, now: datetime) -> Step:
    """The project is called off, and every live enrolment with it (R33).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    cancelled = move(
        enrollment,
        EnrollmentStatus.CANCELLED,
        rule="R33",
        by=_SYSTEM,
        now=now,
        reason=reason,
        code=ReasonCode.PROJECT_CANCELLED,
    )
    return cancelled, [Cancelled(**about(cancelled), reason=reason)]


def lapse(enrollment: Enrollment, now: datetime) -> Step:
    """The training began without a seat for this enrolment (docs/state-machines.md).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    lapsed = move(enrollment, EnrollmentStatus.LAPSED, rule="R23", by=_SYSTEM, now=now, code=ReasonCode.PROJECT_STARTED)
    return lapsed, [Lapsed(**about(lapsed))]


_DECIDED = {
    EnrollmentDecision.ACCEPT: EnrollmentStatus.ACCEPTED,
    EnrollmentDecision.REJECT: EnrollmentStatus.REJECTED,
    EnrollmentDecision.WAITLIST: EnrollmentStatus.WAITLISTED,
}
