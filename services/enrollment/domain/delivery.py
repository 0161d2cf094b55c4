"""What must reach somebody: two deliveries a decision, each with a state of its own, and the notices (R24)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.enrollment.domain.machine import Enrollment
from services.enrollment.domain.vocabulary import DeliveryRecipient, DeliveryState, EnrollmentStatus


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
        status: The enrolment's state it tells of.
    """

    id: str
    to: str
    kind: NoticeKind
    enrollment: str
    project: str
    status: EnrollmentStatus
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One recipient's copy of a piece of feedback.

    Attributes:
        id: `<milliseconds>:<enrollment>:<recipient>:<kind>`, so that ids sort by time.
        version: For its repository.
        attempts: How often it was tried.
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
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    delivered_at: datetime | None = None


def feedback(enrollment: Enrollment, kind: NoticeKind, now: datetime) -> tuple[Delivery, ...]:
    """The two deliveries of what has become of an enrolment: to the trainee, and to the school (R24)."""
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
        )
        for recipient, to in recipients.items()
    )


def deliver(delivery: Delivery, now: datetime) -> tuple[Delivery, Notice]:
    """The delivery, delivered, and the notice that stands in the recipient's inbox from then on."""
    notice = Notice(
        id=delivery.id,
        to=delivery.to,
        kind=delivery.kind,
        enrollment=delivery.enrollment,
        project=delivery.project,
        status=delivery.status,
        reason=delivery.reason,
        at=now,
    )
    done = replace(delivery, state=DeliveryState.DELIVERED, attempts=delivery.attempts + 1, delivered_at=now)
    return done, notice


def trainee_box(teacher: str) -> str:
    """The inbox of a teacher."""
    return f"teacher:{teacher}"


def school_box(school: str) -> str:
    """The inbox of a school."""
    return f"school:{school}"


def base_box(base: str) -> str:
    """The inbox of a base."""
    return f"base:{base}"


def order_of(at: datetime) -> str:
    """The head of an id that sorts by time."""
    return f"{int(at.timestamp() * 1000):012x}"
