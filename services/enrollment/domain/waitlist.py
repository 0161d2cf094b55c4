"""The waiting list: its order, the offers of free seats, and substitution (R25, R26)."""

from dataclasses import replace
from datetime import datetime, timedelta

from kernel.free_text import Reason
from services.enrollment.domain.enrollment import Change, Enrollment, Step, about, move, sign_up, wrong_state
from services.enrollment.domain.events import (
    Accepted,
    Offered,
    OfferExpired,
    Substituted,
    WaitlistRanked,
)
from services.enrollment.domain.project import Project, starts_at
from services.enrollment.domain.refusals import NOT_A_COLLEAGUE, OFFER_EXPIRED
from services.enrollment.domain.teacher import Teacher
from services.enrollment.domain.vocabulary import EnrollmentStatus, ReasonCode

_SYSTEM = "system"
_LAST = 1_000_000


def place_in_line(enrollment: Enrollment) -> tuple[int, datetime, int, str]:
    """The key that orders a waiting list: the base's ranking, then submission and the school's ranking (R25)."""
    submitted = enrollment.submitted_at or enrollment.signed_up_at
    return enrollment.waiting_rank or _LAST, submitted, enrollment.rank or _LAST, enrollment.id


def rank_waiting(enrollment: Enrollment, place: int | None) -> Step:
    """Set the candidate's place on the waiting list, from 1, or take it back with None (R25).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if enrollment.status is not EnrollmentStatus.WAITLISTED:
        raise wrong_state(enrollment, "R25")
    ranked = replace(enrollment, waiting_rank=place)
    return ranked, [WaitlistRanked(**about(ranked), rank=place)]


def offer_ends(project: Project, open_for: timedelta, now: datetime) -> datetime:
    """The instant at which an offer made now expires, never later than the training begins (R25).

    Args:
        project: The project.
        open_for: Validity of an offer (`timedelta`, 48 h by default).
        now: Domain time.

    Returns:
        An aware instant.
    """
    return min(now + open_for, starts_at(project))


def offer(enrollment: Enrollment, until: datetime, now: datetime) -> Step:
    """Offer a free seat to a candidate on the waiting list (R25).

    Args:
        enrollment: The candidate's.
        until: When the offer expires, an aware instant.
        now: Domain time, aware.

    Returns:
        A step whose enrollment is OFFERED.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    moved = move(enrollment, EnrollmentStatus.OFFERED, rule="R25", by=_SYSTEM, now=now)
    offered = replace(moved, offer_expires_at=until)
    return offered, [Offered(**about(offered), expires_at=until)]


def renew(enrollment: Enrollment, until: datetime) -> Step:
    """Extend an open offer of a project that was suspended, for meanwhile nobody could take it (R25).

    Args:
        enrollment: The enrollment with the offer.
        until: When the offer expires from then on, an aware instant.
    """
    renewed = replace(enrollment, offer_expires_at=until)
    return renewed, [Offered(**about(renewed), expires_at=until)]


def take_offer(enrollment: Enrollment, by: str, now: datetime) -> Step:
    """Take an offered seat on behalf of the school (R25).

    Args:
        enrollment: The enrollment with the offer.
        by: The designated person's name (R5).
        now: Domain time, aware.

    Returns:
        A step whose enrollment is ACCEPTED.

    Raises:
        Refusal: `WRONG_STATE` or `OFFER_EXPIRED`.
    """
    if enrollment.status not in {EnrollmentStatus.OFFERED, EnrollmentStatus.EXPIRED}:
        raise wrong_state(enrollment, "R25")
    if enrollment.status is EnrollmentStatus.EXPIRED or offer_is_over(enrollment, now):
        raise OFFER_EXPIRED(enrollment=enrollment.id)
    moved = move(enrollment, EnrollmentStatus.ACCEPTED, rule="R25", by=by, now=now)
    accepted = replace(moved, offer_expires_at=None, waiting_rank=None)
    return accepted, [Accepted(**about(accepted))]


def offer_is_over(enrollment: Enrollment, now: datetime) -> bool:
    """Whether the enrollment's offer has expired."""
    return enrollment.offer_expires_at is not None and enrollment.offer_expires_at <= now


def expire(enrollment: Enrollment, now: datetime) -> Step:
    """End an offer that nobody took in time (R25).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    expired = move(enrollment, EnrollmentStatus.EXPIRED, rule="R25", by=_SYSTEM, now=now, code=ReasonCode.OFFER_EXPIRED)
    return expired, [OfferExpired(**about(expired))]


def substitute(enrollment: Enrollment, reason: Reason, by: str, now: datetime, *, successor: str) -> Step:
    """End an accepted enrollment whose seat goes to a colleague (R26).

    Args:
        enrollment: The enrollment that ends.
        reason: Why.
        by: The designated person's name (R5).
        now: Domain time.
        successor: The id of the colleague's enrollment.

    Raises:
        Refusal: `WRONG_STATE`.
    """
    ended = move(
        enrollment,
        EnrollmentStatus.SUBSTITUTED,
        rule="R26",
        by=by,
        now=now,
        reason=reason.text,
        code=ReasonCode.BY_SCHOOL,
    )
    return ended, [Substituted(**about(ended), successor=successor, reason=reason.text)]


def hand_over(before: Enrollment, teacher: Teacher, project: Project, by: str, now: datetime, *, key: str) -> Step:
    """Create the colleague's enrollment, accepted at once: it takes the seat over (R26).

    Args:
        before: The enrollment that ends.
        teacher: The colleague.
        project: The project of both.
        by: The designated person's name (R5).
        now: Domain time.
        key: The new enrollment's id.

    Raises:
        Refusal: `NOT_A_COLLEAGUE`.
    """
    here = teacher.at(before.school)
    if here is None or teacher.id == before.teacher:
        raise NOT_A_COLLEAGUE()
    signed, _ = sign_up(key, teacher, project, now, at=here)
    accepted = replace(
        signed,
        status=EnrollmentStatus.ACCEPTED,
        submitted_at=now,
        decided_at=now,
        history=(Change(EnrollmentStatus.ACCEPTED, now, by),),
    )
    return accepted, [Accepted(**about(accepted))]
