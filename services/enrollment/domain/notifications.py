"""What must reach somebody: two deliveries a decision, each with a state of its own, and the notices (R24)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.vocabulary import (
    DeliveryChannel,
    DeliveryFault,
    DeliveryRecipient,
    DeliveryState,
    EnrollmentStatus,
)


class NoticeKind(StrEnum):
    """What a notice tells."""

    DECISION = "DECISION"
    CANCELLED = "CANCELLED"
    AMENDED = "AMENDED"
    OVERLAP = "OVERLAP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An entry of somebody's inbox.

    Attributes:
        id: The delivery's id, so that a second attempt leaves no second notice.
        to: `teacher:<id>`, `school:<code>` or `base:<id>`.
        status: The enrollment's state it tells of.
        expires_at: Until when the seat that it tells of may be taken (R25).
        read_at: When somebody of the box marked it read.
    """

    id: str
    to: str
    kind: NoticeKind
    enrollment: str
    project: str
    status: EnrollmentStatus
    reason: str | None
    at: datetime
    expires_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One recipient's copy of a piece of feedback, by one channel.

    Attributes:
        id: `<milliseconds>:<enrollment>:<recipient>:<kind>`, so that ids sort by time; mail's ends in `:EMAIL`.
        version: For its repository.
        school: The enrollment's, as province and year are; none in what a release before left.
        attempts: How often it was tried; whoever settles an attempt names it, so that a late one settles nothing.
        due: Not before then is it tried, by real time; while one tries, until when nobody else does.
        fault: Why the last attempt failed.
        expires_at: Until when the seat that it tells of may be taken (R25).
    """

    id: str
    version: int
    recipient: DeliveryRecipient
    to: str
    kind: NoticeKind
    enrollment: str
    project: str
    status: EnrollmentStatus
    reason: str | None
    created_at: datetime
    channel: DeliveryChannel = DeliveryChannel.INBOX
    school: str | None = None
    province: str | None = None
    year: int | None = None
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    due: datetime | None = None
    fault: DeliveryFault | None = None
    delivered_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a channel is tried again.

    Attributes:
        first: The pause after the first failure; each next one is twice as long.
        longest: No pause is longer.
        claim: How long one attempt may take before somebody else tries; it ends itself in half of that.
        most: Attempts, after which it has failed; None never gives up.
    """

    first: timedelta
    longest: timedelta
    claim: timedelta
    most: int | None = None

    def pause(self, attempts: int) -> timedelta:
        """How long to wait after that many failures."""
        doublings = max(0, min(attempts - 1, 32))
        return min(self.first * (1 << doublings), self.longest)

    def is_exhausted(self, attempts: int) -> bool:
        """Whether that many failures end the attempts."""
        return self.most is not None and attempts >= self.most


RETRY_POLICIES = {
    DeliveryChannel.INBOX: RetryPolicy(timedelta(seconds=1), timedelta(minutes=5), timedelta(seconds=20)),
    DeliveryChannel.EMAIL: RetryPolicy(timedelta(minutes=1), timedelta(hours=4), timedelta(minutes=2), most=34),
}
"""The inbox is tried for ever (R24); mail for five days, as RFC 5321 (4.5.4.1) asks."""


class DeliveryFailed(Exception):  # noqa: N818 - the answer of a channel, not an error of the program
    """An attempt failed.

    Args:
        fault: Why.
        permanent: Whether it would fail for ever.
    """

    def __init__(self, fault: DeliveryFault, *, permanent: bool = False) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.permanent = permanent


def feedback(enrollment: Enrollment, kind: NoticeKind, now: datetime) -> tuple[Delivery, ...]:
    """The two deliveries of what has become of an enrollment: to the trainee, and to the school (R24)."""
    recipients = {
        DeliveryRecipient.TRAINEE: trainee_box(enrollment.teacher),
        DeliveryRecipient.SCHOOL: school_box(enrollment.school),
    }
    return tuple(
        Delivery(
            id=f"{order_of(now)}:{enrollment.id}:{recipient.value}:{kind.value}",
            version=1,
            recipient=recipient,
            to=to,
            kind=kind,
            enrollment=enrollment.id,
            project=enrollment.project,
            status=enrollment.status,
            reason=enrollment.reason,
            created_at=now,
            expires_at=_expires_at(enrollment),
            school=enrollment.school,
            province=enrollment.province,
            year=enrollment.year,
        )
        for recipient, to in recipients.items()
    )


def notice_of(delivery: Delivery, now: datetime) -> Notice:
    """The notice that stands in the recipient's inbox once the delivery is made."""
    return Notice(
        id=delivery.id,
        to=delivery.to,
        kind=delivery.kind,
        enrollment=delivery.enrollment,
        project=delivery.project,
        status=delivery.status,
        reason=delivery.reason,
        at=now,
        expires_at=delivery.expires_at,
    )


def notice_to(box: str, enrollment: Enrollment, kind: NoticeKind, at: datetime) -> Notice:
    """A notice of what has become of an enrollment, for a box that is no recipient of feedback."""
    return Notice(
        id=f"{order_of(at)}:{enrollment.id}:{box}:{kind.value}",
        to=box,
        kind=kind,
        enrollment=enrollment.id,
        project=enrollment.project,
        status=enrollment.status,
        reason=enrollment.reason,
        at=at,
    )


def mail_of(delivery: Delivery, now: datetime) -> Delivery:
    """The mail that tells of a delivery to the inbox, not yet tried."""
    return replace(
        delivery,
        id=f"{delivery.id}:{DeliveryChannel.EMAIL.value}",
        version=1,
        channel=DeliveryChannel.EMAIL,
        created_at=now,
        attempts=0,
        due=None,
        fault=None,
    )


def fed_back_at(deliveries: Sequence[Delivery]) -> datetime | None:
    """When the latest decision had reached both trainee and school; None as long as it has not (R24).

    Mail does not count: neither does it make up for an inbox, nor does it hold one up.

    Args:
        deliveries: All of one enrollment.
    """
    inbox = [one for one in deliveries if one.kind is NoticeKind.DECISION and one.channel is DeliveryChannel.INBOX]
    latest = [one for one in inbox if one.created_at == max(other.created_at for other in inbox)]
    times = [one.delivered_at for one in latest if one.delivered_at]
    return max(times) if len({one.recipient for one in latest if one.delivered_at}) == len(DeliveryRecipient) else None


def trainee_box(teacher: str) -> str:
    """The inbox of a teacher."""
    return f"teacher:{teacher}"


def school_box(school: str) -> str:
    """The inbox of a school."""
    return f"school:{school}"


def base_box(base: str) -> str:
    """The inbox of a base."""
    return f"base:{base}"


def _expires_at(enrollment: Enrollment) -> datetime | None:
    """An enrollment keeps its last offer's end; only an open offer has one to tell."""
    return enrollment.offer_expires_at if enrollment.status is EnrollmentStatus.OFFERED else None


def order_of(at: datetime) -> str:
    """The head of an id that sorts by time."""
    return f"{int(at.timestamp() * 1000):012x}"
