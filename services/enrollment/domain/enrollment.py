"""An enrollment: its states, and every step up to a decision (R19–R23)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.refusals import REASON_MISSING, WRONG_STATE
from services.enrollment.domain.events import (
    Accepted,
    Cancelled,
    Declined,
    EnrollmentEvent,
    Escalated,
    Lapsed,
    Ranked,
    Rejected,
    SignedUp,
    SignUpWithdrawn,
    Submitted,
    Waitlisted,
    Withdrawn,
)
from services.enrollment.domain.project import ADMIT, Project, Round, is_past
from services.enrollment.domain.refusals import NOT_ESCALATED
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import LIVE, Audience, EnrollmentDecision, EnrollmentStatus, ReasonCode

_S = EnrollmentStatus

_UNDER_WAY = frozenset({_S.ACCEPTED, _S.NO_SHOW, _S.ATTENDING})

_ASSESSED = frozenset({_S.PASSED, _S.FAILED, _S.INCOMPLETE})


@dataclass(frozen=True, slots=True)
class Change:
    """One step in an enrollment's history; `by` is a role or the designated person, never a number (R5)."""

    status: EnrollmentStatus
    at: datetime
    by: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrollment:
    """One person's way through one project.

    Attributes:
        base: The id of the project's base.
        province: The school's, `00` for none.
        live: Whether it still counts against a second sign-up (R19).
        rank: The school's ranking (R21).
        waiting_rank: The base's ranking of its waiting list (R25).
        offer_expires_at: Until when the school may take an offered seat (R25).
        escalated_at: When it went to the ministry, undecided at a deadline (R23).
    """

    id: str
    version: int
    project: str
    base: str
    teacher: str
    school: str
    province: str
    year: int
    status: EnrollmentStatus
    live: bool
    signed_up_at: datetime
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    rank: int | None = None
    waiting_rank: int | None = None
    offer_expires_at: datetime | None = None
    escalated_at: datetime | None = None
    reason: str | None = None
    reason_code: ReasonCode | None = None
    history: tuple[Change, ...] = ()


def about(enrollment: Enrollment) -> dict[str, Any]:
    """What every event of the enrollment says."""
    return {
        "enrollment": enrollment.id,
        "project": enrollment.project,
        "base": enrollment.base,
        "teacher": enrollment.teacher,
        "school": enrollment.school,
        "year": enrollment.year,
        "province": enrollment.province,
    }


def move(
    enrollment: Enrollment,
    to: EnrollmentStatus,
    *,
    rule: str,
    by: str,
    now: datetime,
    reason: str | None = None,
    code: ReasonCode | None = None,
) -> Enrollment:
    """The enrollment in its new state, with the step in its history.

    Raises:
        Refusal: `WRONG_STATE`: the table has no such step.
    """
    if to not in TRANSITIONS.get(enrollment.status, frozenset()):
        raise wrong_state(enrollment, rule)
    return step(enrollment, to, by=by, now=now, reason=reason, code=code)


def step(
    enrollment: Enrollment,
    to: EnrollmentStatus,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    code: ReasonCode | None = None,
) -> Enrollment:
    """The enrollment in a state that has been checked."""
    return replace(
        enrollment,
        status=to,
        live=to in LIVE,
        reason=reason,
        reason_code=code,
        history=(*enrollment.history, Change(to, now, by, reason)),
    )


def wrong_state(enrollment: Enrollment, rule: str) -> Refusal:
    """The enrollment's state does not allow it."""
    return WRONG_STATE(
        rule=rule,
        detail=(f"报名状态为{enrollment.status.value}", f"The enrollment is {enrollment.status.value}"),
        enrollment=enrollment.id,
        status=enrollment.status.value,
    )


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


def decline(enrollment: Enrollment, reason: Reason, by: str, now: datetime) -> Step:
    """The school declines a sign-up with a reason (R21).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    declined = move(
        enrollment,
        EnrollmentStatus.DECLINED,
        rule="R21",
        by=by,
        now=now,
        reason=reason.text,
        code=ReasonCode.BY_SCHOOL,
    )
    return declined, [Declined(**about(declined), reason=reason.text)]


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
    reason: Reason | None,
    now: datetime,
    *,
    overrides: bool = False,
) -> Step:
    """The base accepts, rejects with a reason, or waitlists; the ministry in its place gives a reason always (R23).

    Raises:
        Refusal: `REASON_MISSING` or `WRONG_STATE`.
    """
    rejects = decision is EnrollmentDecision.REJECT
    if reason is None and (rejects or overrides):
        raise REASON_MISSING(rule="R23")
    text = reason.text if reason else None
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


def withdraw(enrollment: Enrollment, reason: Reason, by: str, now: datetime) -> Step:
    """The school withdraws what it has submitted, with a reason (R26).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if enrollment.status in _BEFORE_SUBMISSION:
        raise wrong_state(enrollment, "R26")
    withdrawn = move(
        enrollment,
        EnrollmentStatus.WITHDRAWN,
        rule="R26",
        by=by,
        now=now,
        reason=reason.text,
        code=ReasonCode.BY_SCHOOL,
    )
    return withdrawn, [Withdrawn(**about(withdrawn), reason=reason.text)]


def cancel(enrollment: Enrollment, reason: str, now: datetime) -> Step:
    """The project is called off, and every live enrollment with it (R33).

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
    """The training began without a seat for this enrollment (docs/state-machines.md).

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

TRANSITIONS: dict[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    _S.SIGNED_UP: frozenset({_S.WITHDRAWN, _S.DECLINED, _S.SUBMITTED, _S.CANCELLED, _S.LAPSED}),
    _S.SUBMITTED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.WAITLISTED, _S.WITHDRAWN, _S.CANCELLED, _S.LAPSED}),
    _S.WAITLISTED: frozenset({_S.OFFERED, _S.WITHDRAWN, _S.CANCELLED, _S.LAPSED}),
    _S.OFFERED: frozenset({_S.ACCEPTED, _S.EXPIRED, _S.WITHDRAWN, _S.CANCELLED}),
    _S.ACCEPTED: frozenset({_S.WITHDRAWN, _S.SUBSTITUTED, _S.CANCELLED}),
    _S.ATTENDING: frozenset({_S.CANCELLED}),
}
"""Where each state may go by a command; a state without a row goes nowhere but where assessment leads (`FOLLOWED`)."""

FOLLOWED: dict[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    _S.ATTENDING: frozenset({_S.ACCEPTED, _S.NO_SHOW}),
    _S.NO_SHOW: frozenset({_S.ACCEPTED}),
    _S.PASSED: _UNDER_WAY | _ASSESSED,
    _S.FAILED: _UNDER_WAY | _ASSESSED,
    _S.INCOMPLETE: _UNDER_WAY | _ASSESSED,
    _S.CREDITED: _UNDER_WAY | _ASSESSED,
    _S.CREDIT_REVOKED: frozenset({_S.CREDITED}),
}
"""From where assessment's events may lead to each state.

Wider than the table of commands: events of two aggregates may overtake each other, results are corrected by a later
one (R30), and so is a no-show.
"""


def missed_deadline(calendar: Round | None, now: datetime) -> datetime | None:
    """The deadline of decisions, once it is over; an extension of the phase takes it back (R1)."""
    return calendar.calendar[ADMIT].closes_at if calendar and is_past(calendar, ADMIT, now) else None


def escalate(enrollment: Enrollment, deadline: datetime, now: datetime) -> Step | None:
    """Undecided at the deadline, it goes to the ministry: once for each deadline that was missed."""
    known = enrollment.escalated_at
    if enrollment.status is not EnrollmentStatus.SUBMITTED or (known and known >= deadline):
        return None
    escalated = replace(enrollment, escalated_at=now)
    return escalated, [Escalated(**about(escalated))]


def require_missed(calendar: Round | None, now: datetime) -> None:
    """Refuse the ministry while the base may still decide.

    Raises:
        Refusal: `NOT_ESCALATED`.
    """
    if missed_deadline(calendar, now) is None:
        raise NOT_ESCALATED()
