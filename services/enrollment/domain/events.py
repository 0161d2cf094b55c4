"""What enrolment tells the others; the province is the school's, and none carries personal data (R41)."""

from dataclasses import dataclass
from datetime import datetime

from services.enrollment.domain.vocabulary import Audience, Employment, Outcome


@dataclass(frozen=True, kw_only=True)
class SchoolRegistered:
    """A school is on file (R3)."""

    school: str
    name: str
    province: str


@dataclass(frozen=True, kw_only=True)
class PersonDesignated:
    """A school named its designated person; who that is stays here (R5, R41)."""

    school: str
    replaced: bool
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherAdded:
    """A school put a teacher on file (R22)."""

    teacher: str
    school: str
    post: Audience
    employment: Employment
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherCorrected:
    """What is on file of a teacher was corrected; which fields is told, never what they say (R41)."""

    teacher: str
    school: str
    fields: tuple[str, ...]
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherRevealed:
    """Somebody saw a teacher's sealed numbers, for a stated purpose (R40, R41)."""

    teacher: str
    school: str
    purpose: str
    province: str


@dataclass(frozen=True, kw_only=True)
class EnrollmentEvent:
    """What every event of an enrolment says.

    Attributes:
        enrollment: Its id.
        project: The project's id.
        base: The id of the project's base.
        teacher: The teacher's id.
        school: The school's code.
        year: The round.
        province: The school's province.
    """

    enrollment: str
    project: str
    base: str
    teacher: str
    school: str
    year: int
    province: str


@dataclass(frozen=True, kw_only=True)
class SignedUp(EnrollmentEvent):
    """A teacher signed up (R19)."""


@dataclass(frozen=True, kw_only=True)
class SignUpWithdrawn(EnrollmentEvent):
    """A teacher took the sign-up back."""


@dataclass(frozen=True, kw_only=True)
class Declined(EnrollmentEvent):
    """The school declined a sign-up (R21)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Ranked(EnrollmentEvent):
    """The school gave a candidate a rank (R21)."""

    rank: int


@dataclass(frozen=True, kw_only=True)
class Submitted(EnrollmentEvent):
    """The school handed a sign-up in to the base (R22)."""

    rank: int | None


@dataclass(frozen=True, kw_only=True)
class Accepted(EnrollmentEvent):
    """A seat is taken: by the base's decision (R23), an offer (R25) or a substitution (R26)."""


@dataclass(frozen=True, kw_only=True)
class Rejected(EnrollmentEvent):
    """The base refused (R23)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Waitlisted(EnrollmentEvent):
    """The base put the enrolment on the waiting list (R23, R25)."""


@dataclass(frozen=True, kw_only=True)
class WaitlistRanked(EnrollmentEvent):
    """The base ranked its waiting list, or took the rank away (R25)."""

    rank: int | None


@dataclass(frozen=True, kw_only=True)
class Offered(EnrollmentEvent):
    """A freed seat offers itself to the next on the waiting list (R25)."""

    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class OfferExpired(EnrollmentEvent):
    """Nobody took the offered seat in time (R25)."""


@dataclass(frozen=True, kw_only=True)
class Substituted(EnrollmentEvent):
    """An accepted person gave way to a colleague, who has an `accepted` of his or her own (R26)."""

    successor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Withdrawn(EnrollmentEvent):
    """The school withdrew an enrolment; what seat it held is free (R26)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Cancelled(EnrollmentEvent):
    """The project is called off; sign-up and seat end (R33)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Lapsed(EnrollmentEvent):
    """The training began before the enrolment got its seat (rules.md, State machines)."""


@dataclass(frozen=True, kw_only=True)
class Attending(EnrollmentEvent):
    """The trainee was there (R29)."""


@dataclass(frozen=True, kw_only=True)
class NoShow(EnrollmentEvent):
    """The trainee was not there (R29)."""


@dataclass(frozen=True, kw_only=True)
class Assessed(EnrollmentEvent):
    """The training ended with an outcome for the trainee (R30)."""

    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Credited(EnrollmentEvent):
    """The school confirmed the credit (R31)."""


@dataclass(frozen=True, kw_only=True)
class CreditWithdrawn(EnrollmentEvent):
    """The credit was revoked (R31)."""

    reason: str
