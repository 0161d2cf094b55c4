"""Deliveries of feedback and the notices they leave: two deliveries a decision, each with its own state (R24)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from kernel.dates import SHANGHAI, start_of
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.vocabulary import (
    DeliveryChannel,
    DeliveryFault,
    DeliveryRecipient,
    DeliveryState,
    EnrollmentStatus,
    Outcome,
)


class NoticeKind(StrEnum):
    """What a notice is about."""

    DECISION = "DECISION"
    CANCELLED = "CANCELLED"
    AMENDED = "AMENDED"
    OVERLAP = "OVERLAP"
    REVISED = "REVISED"
    REVIVED = "REVIVED"
    NOT_REVIVED = "NOT_REVIVED"
    RESTORED = "RESTORED"
    SUBSTITUTED = "SUBSTITUTED"
    ESCALATED = "ESCALATED"
    DECISIONS_DUE = "DECISIONS_DUE"
    QUOTA = "QUOTA"
    REVIEW_ASSIGNED = "REVIEW_ASSIGNED"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    PUBLISHED = "PUBLISHED"
    SUSPENDED = "SUSPENDED"
    RESUMED = "RESUMED"
    EXTENSION = "EXTENSION"
    OVERRUN = "OVERRUN"
    NOT_STARTED = "NOT_STARTED"
    NOT_FINISHED = "NOT_FINISHED"
    STARTED = "STARTED"
    NO_SHOW = "NO_SHOW"
    RESULT = "RESULT"
    RESULT_CORRECTED = "RESULT_CORRECTED"
    RESULTS_DUE = "RESULTS_DUE"
    CREDIT_TO_CONFIRM = "CREDIT_TO_CONFIRM"
    CREDIT = "CREDIT"
    CREDIT_REVOKED = "CREDIT_REVOKED"
    CREDIT_RESTORED = "CREDIT_RESTORED"
    DIGEST = "DIGEST"
    WITHDRAWAL_REQUESTED = "WITHDRAWAL_REQUESTED"
    WITHDRAWAL_TAKEN_BACK = "WITHDRAWAL_TAKEN_BACK"
    WITHDRAWAL_REFUSED = "WITHDRAWAL_REFUSED"
    WITHDRAWAL_LAPSED = "WITHDRAWAL_LAPSED"
    TRANSFER_REQUESTED = "TRANSFER_REQUESTED"
    TRANSFER_CONFIRMED = "TRANSFER_CONFIRMED"
    TRANSFER_REFUSED = "TRANSFER_REFUSED"
    TRANSFER_ESCALATED = "TRANSFER_ESCALATED"
    TRANSFER_WITHDRAWN = "TRANSFER_WITHDRAWN"
    ENROLLMENT_RETURNED = "ENROLLMENT_RETURNED"
    SCHOOL_CLOSED = "SCHOOL_CLOSED"
    SCHOOL_REOPENED = "SCHOOL_REOPENED"
    SCHOOL_MERGED = "SCHOOL_MERGED"
    ROUND_AMENDED = "ROUND_AMENDED"
    SAMPLED = "SAMPLED"
    FINDING = "FINDING"
    RECTIFICATION = "RECTIFICATION"
    CERTIFICATE = "CERTIFICATE"
    CERTIFICATE_REVOKED = "CERTIFICATE_REVOKED"
    ANNUAL = "ANNUAL"
    APPEAL = "APPEAL"
    EVALUATION = "EVALUATION"
    EVALUATION_REMINDER = "EVALUATION_REMINDER"
    EVALUATION_RESULT = "EVALUATION_RESULT"


class InspectionStep(StrEnum):
    """What a notice of a random inspection tells (R37)."""

    DRAWN = "DRAWN"
    SAMPLED = "SAMPLED"
    CLEAN = "CLEAN"
    FOUND = "FOUND"
    REPORTED = "REPORTED"
    RETURNED = "RETURNED"
    DUE = "DUE"
    OVERDUE = "OVERDUE"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


class AnnualStep(StrEnum):
    """What a notice of an annual assessment, or of what it proposes, tells (R38, R39)."""

    OPENED = "OPENED"
    COMMENTED = "COMMENTED"
    ADJUSTED = "ADJUSTED"
    FINAL = "FINAL"
    FINAL_ANEW = "FINAL_ANEW"
    APPEALED = "APPEALED"
    UPHELD = "UPHELD"
    DISMISSED = "DISMISSED"
    PROPOSAL_DECLINED = "PROPOSAL_DECLINED"


_OF_DECISIONS = frozenset({NoticeKind.DECISION, NoticeKind.REVISED, NoticeKind.RESTORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a notice's sentence says besides what its enrollment and its project are called.

    Attributes:
        title: The project's title, where enrollment does not know the project: it is not published.
        code: The project's code, likewise.
        base_name: The base's name.
        year: The round.
        before: The limit of a quota before (R39).
        limit: The limit of a quota from now on.
        count: How many enrollments it is about.
        until: The last day, included.
        outcome: Of an assessment (R30).
        hours: Class hours of a credit (R31).
        overdue: Whether the last day is over (R30).
        successor: Id of the teacher who has taken the seat (R26).
        person: Id of the teacher whom a school requests (R20).
        school: The code of the school that requests the teacher, or has ended.
        into: The code of the school that it was merged into (R3).
        changed: The parts of the round that have changed, by the graph's names (R1).
        inspection: What a random inspection is called (R37).
        inspection_step: What has happened in it.
        annual_step: What has happened in an annual assessment (R38).
        grade: The grade of a base's year.
        questionnaire: What kind a questionnaire is of, by assessment's name (R34, R35).
        short_code: The first letters of the hash of the list that its keys stand in, for comparing by eye.
        list_day: The day of that list, ISO.
        cause: Why there is no result of a questionnaire, by assessment's name (R36); or by a refusal's code, why an
            enrollment has not come back (R18).
    """

    title: str | None = None
    code: str | None = None
    base_name: str | None = None
    year: int | None = None
    before: int | None = None
    limit: int | None = None
    count: int | None = None
    until: date | None = None
    outcome: Outcome | None = None
    hours: int | None = None
    overdue: bool = False
    successor: str | None = None
    person: str | None = None
    school: str | None = None
    into: str | None = None
    changed: tuple[str, ...] | None = None
    inspection: str | None = None
    inspection_step: InspectionStep | None = None
    annual_step: AnnualStep | None = None
    grade: str | None = None
    questionnaire: str | None = None
    short_code: str | None = None
    list_day: str | None = None
    cause: str | None = None


NO_FACTS = Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An entry of an inbox (ADR 36).

    Attributes:
        id: The delivery's id, or one made of the occasion, so that a second attempt leaves no second notice.
        to: The inbox: the role, a colon, and the organisation or the person, such as `school:<code>`.
        enrollment: The enrollment that it is about, if any.
        project: The project that it is about, if any.
        status: The enrollment's state when the notice was written.
        at: Domain time.
        expires_at: Until when an offered seat may be taken (R25).
        read_at: When somebody of the inbox marked it read.
        facts: What its sentence says besides.
    """

    id: str
    to: str
    kind: NoticeKind
    reason: str | None
    at: datetime
    enrollment: str | None = None
    project: str | None = None
    status: EnrollmentStatus | None = None
    expires_at: datetime | None = None
    read_at: datetime | None = None
    facts: Facts = NO_FACTS

    @property
    def content_id(self) -> str:
        """To whom it says what, whenever that was."""
        return content_id(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Feedback to one recipient by one channel, or the day's mail of what is unread, with the attempts made.

    Attributes:
        id: `<milliseconds>:<enrollment>:<recipient>:<occasion>`, so that ids sort by time; mail's ends in `:EMAIL`.
        version: For its repository.
        to: The inbox of the recipient, see `Notice`.
        school: The enrollment's, as province and year are; None in documents of earlier releases.
        enrollment: What the feedback is about; None of a digest, as project and status are.
        attempts: How many attempts were made. The result of an attempt is stored only while it is the last one.
        due: Real time before which nobody tries: the pause after a failure, or the claim of an attempt under way.
        fault: Why the last attempt failed.
        expires_at: Until when an offered seat may be taken (R25).
    """

    id: str
    version: int
    recipient: DeliveryRecipient
    to: str
    kind: NoticeKind
    reason: str | None
    created_at: datetime
    enrollment: str | None = None
    project: str | None = None
    status: EnrollmentStatus | None = None
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
    """When a failed delivery of a channel is tried again.

    Attributes:
        first: Pause after the first failure; it doubles with every failure.
        longest: The longest pause.
        claim: For how long an attempt keeps others from trying; the attempt itself is ended after half of that.
        most: The number of attempts after which the delivery has failed; None for no limit.
    """

    first: timedelta
    longest: timedelta
    claim: timedelta
    most: int | None = None

    def pause(self, attempts: int) -> timedelta:
        """The pause after that many failures."""
        doublings = max(0, min(attempts - 1, 32))
        return min(self.first * (1 << doublings), self.longest)

    def is_exhausted(self, attempts: int) -> bool:
        """Whether that many failures end the attempts."""
        return self.most is not None and attempts >= self.most


DIGEST_HOUR = 8
"""The hour, in Asia/Shanghai, from which the day's digest is sent."""
RETRY_POLICIES = {
    DeliveryChannel.INBOX: RetryPolicy(timedelta(seconds=1), timedelta(minutes=5), timedelta(seconds=20)),
    DeliveryChannel.EMAIL: RetryPolicy(timedelta(minutes=1), timedelta(hours=4), timedelta(minutes=2), most=34),
}
"""The inbox is tried without end (R24); mail for five days, as RFC 5321 (4.5.4.1) asks."""


class DeliveryFailed(Exception):  # noqa: N818 - the answer of a channel, not an error of the program
    """An attempt failed.

    Args:
        fault: Why.
        permanent: Whether every further attempt would fail too.
    """

    def __init__(self, fault: DeliveryFault, *, permanent: bool = False) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.permanent = permanent


def feedback(enrollment: Enrollment, kind: NoticeKind, now: datetime) -> tuple[Delivery, ...]:
    """The two deliveries about a change of an enrollment: to the trainee and to the school (R24).

    Args:
        enrollment: The enrollment after the change.
        kind: What the deliveries are about.
        now: Domain time.
    """
    recipients = {
        DeliveryRecipient.TRAINEE: trainee_box(enrollment.teacher),
        DeliveryRecipient.SCHOOL: school_box(enrollment.school),
    }
    return tuple(
        Delivery(
            id=f"{order_of(now)}:{enrollment.id}:{recipient.value}:{_occasion(kind, enrollment)}",
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
    """The notice by which a delivery reaches the recipient's inbox."""
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


def notice_to(
    box: str,
    enrollment: Enrollment,
    kind: NoticeKind,
    at: datetime,
    *,
    facts: Facts = NO_FACTS,
    reason: str | None = None,
) -> Notice:
    """A notice about an enrollment for an inbox that gets no delivery, such as a base's.

    Args:
        box: The inbox.
        enrollment: The enrollment.
        kind: What the notice is about.
        at: Domain time.
        facts: What its sentence says besides.
        reason: Why, where that is not why the enrollment is in its state.
    """
    return Notice(
        id=f"{order_of(at)}:{enrollment.id}:{box}:{_occasion(kind, enrollment)}",
        to=box,
        kind=kind,
        enrollment=enrollment.id,
        project=enrollment.project,
        status=enrollment.status,
        reason=reason or enrollment.reason,
        at=at,
        facts=facts,
    )


def mail_of(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery by mail that accompanies a delivery to the inbox."""
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


def digest_due(last: datetime | None, now: datetime) -> date | None:
    """The day whose digest is to be sent now; None before its hour, and once it was sent (domain time).

    Args:
        last: When the last digest was sent; None if never.
        now: Domain time.
    """
    local = now.astimezone(SHANGHAI)
    if local.hour < DIGEST_HOUR or (last and last.astimezone(SHANGHAI).date() >= local.date()):
        return None
    return local.date()


def digest_to(box: str, day: date, now: datetime) -> Delivery:
    """The day's mail to the holder of an inbox; what it says is read when it is sent.

    Args:
        box: The inbox of a teacher or a school.
        day: In Asia/Shanghai; one mail a day.
        now: Domain time.
    """
    scope, _, key = box.partition(":")
    recipient = DeliveryRecipient.SCHOOL if scope == "school" else DeliveryRecipient.TRAINEE
    return Delivery(
        id=f"{order_of(start_of(day))}:digest:{box}:{DeliveryChannel.EMAIL.value}",
        version=1,
        recipient=recipient,
        to=box,
        kind=NoticeKind.DIGEST,
        reason=None,
        created_at=now,
        channel=DeliveryChannel.EMAIL,
        school=key if scope == "school" else None,
    )


def fed_back_at(deliveries: Sequence[Delivery]) -> datetime | None:
    """When the latest decision had reached both the trainee's and the school's inbox (R24); mail does not count.

    A correction is a decision: it has to arrive anew.

    Args:
        deliveries: All deliveries of one enrollment.

    Returns:
        The later of the two instants; None while one of the two has not arrived.
    """
    inbox = [
        delivery
        for delivery in deliveries
        if delivery.kind in _OF_DECISIONS and delivery.channel is DeliveryChannel.INBOX
    ]
    last = max((delivery.created_at for delivery in inbox), default=None)
    arrived = {
        delivery.recipient: delivery.delivered_at
        for delivery in inbox
        if delivery.created_at == last and delivery.delivered_at
    }
    return max(arrived.values()) if len(arrived) == len(DeliveryRecipient) else None


def trainee_box(teacher: str) -> str:
    """The inbox of a teacher."""
    return f"teacher:{teacher}"


def school_box(school: str) -> str:
    """The inbox of a school."""
    return f"school:{school}"


def base_box(base: str) -> str:
    """The inbox of a base."""
    return f"base:{base}"


def expert_box(expert: str) -> str:
    """The inbox of a reviewer."""
    return f"expert:{expert}"


def province_box(province: str) -> str:
    """The inbox of a province."""
    return f"province:{province}"


MINISTRY_BOX = "ministry:00"
"""The inbox of the ministry, which all its accounts share."""


def _expires_at(enrollment: Enrollment) -> datetime | None:
    """When an open offer expires; an enrollment stores the end of its last offer also when it is not open any more."""
    return enrollment.offer_expires_at if enrollment.status is EnrollmentStatus.OFFERED else None


def _occasion(kind: NoticeKind, enrollment: Enrollment) -> str:
    """What tells one entry about an enrollment from the next of the same millisecond: one batch may take two steps."""
    return f"{kind.value}:{enrollment.status.value}" if kind in _OF_DECISIONS else kind.value


def content_id(key: str) -> str:
    """A notice's id without the part that it is sorted by."""
    return key.partition(":")[2]


def order_of(at: datetime) -> str:
    """The first part of an id that sorts by time: milliseconds as 12 hexadecimal digits."""
    return f"{int(at.timestamp() * 1000):012x}"
