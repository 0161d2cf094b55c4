"""Apply assessment's events to an enrollment; late and repeated events are ignored (R29–R31)."""

from datetime import datetime

from services.enrollment.domain.enrollment import FOLLOWED, Enrollment, Step, about, step
from services.enrollment.domain.events import (
    Assessed,
    AttendanceRetracted,
    Attending,
    Credited,
    CreditGivenBack,
    CreditWithdrawn,
    EnrollmentEvent,
    NoShow,
)
from services.enrollment.domain.vocabulary import EnrollmentStatus, Outcome, ReasonCode

_ASSESSMENT = "assessment"

Followed = Step | None
"""The step that an event leads to; None where it is late or repeated."""


def attend(enrollment: Enrollment, now: datetime, *, present: bool, attended: int | None = None) -> Followed:
    """Apply the attendance of one session; a single absence is not yet a no-show (R29).

    Args:
        enrollment: The enrollment before.
        now: Domain time.
        present: Whether the trainee was there.
        attended: How many sessions the trainee has attended so far; a correction that leaves none takes ATTENDING back.
    """
    if present:
        return _follow(enrollment, EnrollmentStatus.ATTENDING, Attending, now)
    return _follow(enrollment, EnrollmentStatus.ACCEPTED, AttendanceRetracted, now) if attended == 0 else None


def miss(enrollment: Enrollment, now: datetime) -> Followed:
    """Apply that the training ended without the trainee ever attending (R29)."""
    return _follow(enrollment, EnrollmentStatus.NO_SHOW, NoShow, now, code=ReasonCode.ABSENT)


def assess(enrollment: Enrollment, outcome: Outcome, now: datetime) -> Followed:
    """Apply an outcome, or a later one that corrects it (R30); a no-show, incomplete by itself, stays a no-show."""
    to = EnrollmentStatus(outcome.value)
    if enrollment.status is EnrollmentStatus.NO_SHOW and outcome is Outcome.INCOMPLETE:
        return None
    if to not in FOLLOWED or enrollment.status is to or enrollment.status not in FOLLOWED[to]:
        return None
    code = None if outcome is Outcome.PASSED else ReasonCode.ASSESSED
    moved = step(enrollment, to, by=_ASSESSMENT, now=now, code=code)
    return moved, [Assessed(**about(moved), outcome=outcome)]


def credit(enrollment: Enrollment, now: datetime) -> Followed:
    """Apply that the credit is confirmed (R31); one that was revoked is given back by `restore` alone."""
    if enrollment.status is EnrollmentStatus.CREDIT_REVOKED:
        return None
    return _follow(enrollment, EnrollmentStatus.CREDITED, Credited, now)


def revoke(enrollment: Enrollment, reason: str, now: datetime) -> Followed:
    """Apply that the credit is revoked, with assessment's reason (R31)."""
    if enrollment.status not in FOLLOWED[EnrollmentStatus.CREDIT_REVOKED]:
        return None
    to = EnrollmentStatus.CREDIT_REVOKED
    moved = step(enrollment, to, by=_ASSESSMENT, now=now, reason=reason, code=ReasonCode.REVOKED)
    return moved, [CreditWithdrawn(**about(moved), reason=reason)]


def restore(enrollment: Enrollment, reason: str, now: datetime) -> Followed:
    """Apply that the credit was revoked by mistake and holds again, with assessment's reason (R31).

    Who passed once more by a correction is PASSED meanwhile, with a credit that stayed revoked.
    """
    if enrollment.status not in (EnrollmentStatus.CREDIT_REVOKED, EnrollmentStatus.PASSED):
        return None
    moved = step(enrollment, EnrollmentStatus.CREDITED, by=_ASSESSMENT, now=now, reason=reason)
    return moved, [CreditGivenBack(**about(moved), reason=reason)]


def _follow(
    enrollment: Enrollment,
    to: EnrollmentStatus,
    event: type[EnrollmentEvent],
    now: datetime,
    code: ReasonCode | None = None,
) -> Followed:
    if enrollment.status not in FOLLOWED[to]:
        return None
    moved = step(enrollment, to, by=_ASSESSMENT, now=now, code=code)
    return moved, [event(**about(moved))]
