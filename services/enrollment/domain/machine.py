"""The state machine of an enrolment (docs/state-machines.md): the table, and the one way to move."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kernel.errors import Refusal, Unblock
from services.enrollment.domain.vocabulary import LIVE, EnrollmentStatus, ReasonCode

_S = EnrollmentStatus

TRANSITIONS: dict[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    _S.SIGNED_UP: frozenset({_S.WITHDRAWN, _S.DECLINED, _S.SUBMITTED, _S.CANCELLED, _S.LAPSED}),
    _S.SUBMITTED: frozenset({_S.ACCEPTED, _S.REJECTED, _S.WAITLISTED, _S.WITHDRAWN, _S.CANCELLED, _S.LAPSED}),
    _S.WAITLISTED: frozenset({_S.OFFERED, _S.WITHDRAWN, _S.CANCELLED, _S.LAPSED}),
    _S.OFFERED: frozenset({_S.ACCEPTED, _S.EXPIRED, _S.WITHDRAWN, _S.CANCELLED}),
    _S.ACCEPTED: frozenset({_S.WITHDRAWN, _S.SUBSTITUTED, _S.CANCELLED}),
    _S.ATTENDING: frozenset({_S.CANCELLED}),
}
"""Where each state may go by a command; a state without a row goes nowhere but where assessment leads (`FOLLOWED`)."""

_UNDER_WAY = frozenset({_S.ACCEPTED, _S.NO_SHOW, _S.ATTENDING})
_ASSESSED = frozenset({_S.PASSED, _S.FAILED, _S.INCOMPLETE})

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


@dataclass(frozen=True, slots=True)
class Change:
    """One step in an enrolment's history; `by` is a role or the designated person, never a number (R5)."""

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
    """What every event of the enrolment says."""
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
    """The enrolment in its new state, with the step in its history.

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
    """The enrolment in a state that has been checked."""
    return replace(
        enrollment,
        status=to,
        live=to in LIVE,
        reason=reason,
        reason_code=code,
        history=(*enrollment.history, Change(to, now, by, reason)),
    )


def wrong_state(enrollment: Enrollment, rule: str) -> Refusal:
    """The enrolment's state does not allow it."""
    return Refusal(
        "WRONG_STATE",
        "报名当前状态不允许此操作",
        "The enrolment is not in a state for this",
        rule=rule,
        unblock=Unblock.SELF,
        enrollment=enrollment.id,
        status=enrollment.status.value,
    )
