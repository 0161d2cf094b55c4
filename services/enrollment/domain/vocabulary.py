"""The enumerations of enrollment, as the graph spells them; each value is its own name."""

from enum import StrEnum


class EnrollmentStatus(StrEnum):
    """The states of an enrollment (docs/state-machines.md)."""

    SIGNED_UP = "SIGNED_UP"
    DECLINED = "DECLINED"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    WAITLISTED = "WAITLISTED"
    OFFERED = "OFFERED"
    EXPIRED = "EXPIRED"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"
    SUBSTITUTED = "SUBSTITUTED"
    CANCELLED = "CANCELLED"
    ATTENDING = "ATTENDING"
    NO_SHOW = "NO_SHOW"
    PASSED = "PASSED"
    FAILED = "FAILED"
    INCOMPLETE = "INCOMPLETE"
    CREDITED = "CREDITED"
    CREDIT_REVOKED = "CREDIT_REVOKED"


NOT_YET_ACCEPTED = frozenset(
    {
        EnrollmentStatus.SIGNED_UP,
        EnrollmentStatus.SUBMITTED,
        EnrollmentStatus.WAITLISTED,
        EnrollmentStatus.OFFERED,
    }
)
"""The states of an enrollment that has not ended and has led to no acceptance yet."""
WITHOUT_SEAT = NOT_YET_ACCEPTED - {EnrollmentStatus.OFFERED}
"""The states of an enrollment that waits for a seat in one way or another; it lapses when the training begins."""
LIVE = NOT_YET_ACCEPTED | {EnrollmentStatus.ACCEPTED, EnrollmentStatus.ATTENDING}
"""The states of an enrollment that has not ended (R19, R33)."""
SEATED = (EnrollmentStatus.ACCEPTED, EnrollmentStatus.ATTENDING)
"""The states of enrollments whose teachers are told of the start."""

ASSESSABLE = (
    EnrollmentStatus.ATTENDING,
    EnrollmentStatus.PASSED,
    EnrollmentStatus.FAILED,
    EnrollmentStatus.INCOMPLETE,
    EnrollmentStatus.CREDITED,
    EnrollmentStatus.CREDIT_REVOKED,
)
"""The states of enrollments whose trainees may have taken part (R34)."""

LEAVABLE = (NOT_YET_ACCEPTED - {EnrollmentStatus.SIGNED_UP}) | {EnrollmentStatus.ACCEPTED}
"""The states that a teacher leaves through the school (R26); a sign-up is the teacher's own to withdraw (R19)."""


class Audience(StrEnum):
    """For whom a project is, and what post a teacher holds (R20)."""

    TEACHER = "TEACHER"
    LEADER = "LEADER"
    MIDDLE_MANAGER = "MIDDLE_MANAGER"


class BaseCategory(StrEnum):
    """What a base trains (R2)."""

    PRINCIPAL = "PRINCIPAL"
    DUAL_QUALIFIED_TEACHER = "DUAL_QUALIFIED_TEACHER"
    ENTERPRISE_PRACTICE = "ENTERPRISE_PRACTICE"


class FundingSource(StrEnum):
    """Whose money it is (R27)."""

    CENTRAL = "CENTRAL"
    PROVINCIAL = "PROVINCIAL"
    LOCAL = "LOCAL"
    SCHOOL = "SCHOOL"
    OTHER = "OTHER"


class Employment(StrEnum):
    """How a teacher is employed (R20: 专兼职)."""

    FULL_TIME = "FULL_TIME"
    PART_TIME = "PART_TIME"


class TransferKind(StrEnum):
    """What a school asks for when it requests a person (R20)."""

    TRANSFER = "TRANSFER"
    PART_TIME = "PART_TIME"


class TransferState(StrEnum):
    """How far a request for a person is (docs/state-machines.md)."""

    REQUESTED = "REQUESTED"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"
    ESCALATED = "ESCALATED"
    GRANTED = "GRANTED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"


class TeacherField(StrEnum):
    """What may be corrected of a teacher (R41)."""

    NAME = "NAME"
    ID_NUMBER = "ID_NUMBER"
    MOBILE = "MOBILE"
    EMAIL = "EMAIL"
    POST = "POST"
    EMPLOYMENT = "EMPLOYMENT"
    TITLE = "TITLE"
    MAJOR_CATEGORY = "MAJOR_CATEGORY"


class EnrollmentDecision(StrEnum):
    """What a base may decide (R23)."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    WAITLIST = "WAITLIST"


class WithdrawalRequestState(StrEnum):
    """How far a teacher's request to leave is (R26).

    GRANTED: the school has withdrawn the enrollment. LAPSED: it ended otherwise, or the training has begun.
    """

    OPEN = "OPEN"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    TAKEN_BACK = "TAKEN_BACK"
    LAPSED = "LAPSED"


class Outcome(StrEnum):
    """What an assessment may end with (R30)."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INCOMPLETE = "INCOMPLETE"


class DeliveryRecipient(StrEnum):
    """Who must learn of a decision (R24)."""

    TRAINEE = "TRAINEE"
    SCHOOL = "SCHOOL"


class DeliveryState(StrEnum):
    """How far one delivery is (R24)."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class DeliveryChannel(StrEnum):
    """By what way a delivery goes: the inbox is the delivery of R24, mail tells of it besides (ADR 16)."""

    INBOX = "INBOX"
    EMAIL = "EMAIL"


class DeliveryFault(StrEnum):
    """Why the last attempt failed; never an address, a host or what a server said (R41)."""

    CONNECTION = "CONNECTION"
    TIMEOUT = "TIMEOUT"
    TLS = "TLS"
    UNSUPPORTED = "UNSUPPORTED"
    AUTHENTICATION = "AUTHENTICATION"
    SENDER = "SENDER"
    UNAVAILABLE = "UNAVAILABLE"
    REFUSED = "REFUSED"
    NO_ADDRESS = "NO_ADDRESS"
    STORAGE = "STORAGE"


class ReasonCode(StrEnum):
    """Why an enrollment came to its end (docs/state-machines.md, Enrollment)."""

    BY_TEACHER = "BY_TEACHER"
    BY_SCHOOL = "BY_SCHOOL"
    BY_BASE = "BY_BASE"
    BY_MINISTRY = "BY_MINISTRY"
    PROJECT_CANCELLED = "PROJECT_CANCELLED"
    PROJECT_STARTED = "PROJECT_STARTED"
    OFFER_EXPIRED = "OFFER_EXPIRED"
    ABSENT = "ABSENT"
    ASSESSED = "ASSESSED"
    REVOKED = "REVOKED"


class ProjectState(StrEnum):
    """What enrollment needs to know of a project's state."""

    PUBLISHED = "PUBLISHED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"
    SUSPENDED = "SUSPENDED"


class RosterMode(StrEnum):
    """What of a roster goes in (R22)."""

    ALL_OR_NOTHING = "ALL_OR_NOTHING"
    VALID_ROWS = "VALID_ROWS"


class RosterState(StrEnum):
    """How far a roster is (R22)."""

    STAGED = "STAGED"
    COMMITTING = "COMMITTING"
    COMMITTED = "COMMITTED"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
