"""The waiting list, the offers of freed seats, and the seat that is passed on (R25, R26)."""

from collections.abc import Iterable
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


def in_order(waiting: Iterable[Enrollment]) -> list[Enrollment]:
    """The waiting list: whom the base has ranked, then by the school's submission and its own ranking (R25)."""
    return sorted(waiting, key=_place)


def _place(one: Enrollment) -> tuple[int, datetime, int, str]:
    return one.waiting_rank or _LAST, one.submitted_at or one.signed_up_at, one.rank or _LAST, one.id


def rank_waiting(enrollment: Enrollment, place: int | None) -> Step:
    """The base gives a candidate a place on the waiting list, or takes it away (R25).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    if enrollment.status is not EnrollmentStatus.WAITLISTED:
        raise wrong_state(enrollment, "R25")
    ranked = replace(enrollment, waiting_rank=place)
    return ranked, [WaitlistRanked(**about(ranked), rank=place)]


def offer_ends(project: Project, open_for: timedelta, now: datetime) -> datetime:
    """When an offer made now expires: after its time, and never later than the first day of the training (R25).

    Args:
        project: The project.
        open_for: How long a school may think.
        now: Domain time.
    """
    return min(now + open_for, starts_at(project))


def offer(enrollment: Enrollment, until: datetime, now: datetime) -> Step:
    """A freed seat offers itself (R25).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    moved = move(enrollment, EnrollmentStatus.OFFERED, rule="R25", by=_SYSTEM, now=now)
    offered = replace(moved, offer_expires_at=until)
    return offered, [Offered(**about(offered), expires_at=until)]


def renew(enrollment: Enrollment, until: datetime) -> Step:
    """An open offer whose project was suspended has its whole time anew, for meanwhile nobody could take it (R25)."""
    renewed = replace(enrollment, offer_expires_at=until)
    return renewed, [Offered(**about(renewed), expires_at=until)]


def take_offer(enrollment: Enrollment, by: str, now: datetime) -> Step:
    """The school takes the offered seat, in time (R25).

    Raises:
        Refusal: `WRONG_STATE` or `OFFER_EXPIRED`.
    """
    if enrollment.status not in {EnrollmentStatus.OFFERED, EnrollmentStatus.EXPIRED}:
        raise wrong_state(enrollment, "R25")
    if enrollment.status is EnrollmentStatus.EXPIRED or is_over(enrollment, now):
        raise OFFER_EXPIRED(enrollment=enrollment.id)
    moved = move(enrollment, EnrollmentStatus.ACCEPTED, rule="R25", by=by, now=now)
    accepted = replace(moved, offer_expires_at=None, waiting_rank=None)
    return accepted, [Accepted(**about(accepted))]


def is_over(enrollment: Enrollment, now: datetime) -> bool:
    """Whether the offer's time is over."""
    return enrollment.offer_expires_at is not None and enrollment.offer_expires_at <= now


def expire(enrollment: Enrollment, now: datetime) -> Step:
    """Nobody took the offered seat in time (R25).

    Raises:
        Refusal: `WRONG_STATE`.
    """
    expired = move(enrollment, EnrollmentStatus.EXPIRED, rule="R25", by=_SYSTEM, now=now, code=ReasonCode.OFFER_EXPIRED)
    return expired, [OfferExpired(**about(expired))]


def substitute(enrollment: Enrollment, reason: Reason, by: str, now: datetime, *, successor: str) -> Step:
    """An accepted person gives way to a colleague (R26).

    Args:
        enrollment: The one that ends.
        reason: Why.
        by: The designated person.
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


def succeed(before: Enrollment, teacher: Teacher, project: Project, by: str, now: datetime, *, key: str) -> Step:
    """The colleague's enrollment, accepted from its first moment: the seat is passed on (R26).

    Raises:
        Refusal: `NOT_A_COLLEAGUE`.
    """
    if teacher.school != before.school or teacher.id == before.teacher:
        raise NOT_A_COLLEAGUE()
    signed, _ = sign_up(key, teacher, project, now)
    accepted = replace(
        signed,
        status=EnrollmentStatus.ACCEPTED,
        submitted_at=now,
        decided_at=now,
        history=(Change(EnrollmentStatus.ACCEPTED, now, by),),
    )
    return accepted, [Accepted(**about(accepted))]
