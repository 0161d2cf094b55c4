"""What a base leaves undecided when admission closes goes to the ministry; nothing decides it silently (R23)."""

from dataclasses import replace
from datetime import datetime

from kernel.errors import Refusal, Unblock
from services.enrollment.domain.enrollment import Step
from services.enrollment.domain.events import Escalated
from services.enrollment.domain.machine import Enrollment, about
from services.enrollment.domain.project import ADMIT, Round, is_past
from services.enrollment.domain.vocabulary import EnrollmentStatus


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
        raise Refusal(
            "NOT_ESCALATED",
            "核准期内由基地决定，逾期未决才由教师工作司决定",
            "The base decides until admission closes; the ministry decides what is left",
            rule="R23",
            unblock=Unblock.BASE,
        )
