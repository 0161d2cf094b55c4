"""What enrollment tells the others; the province is the school's, and none carries personal data (R41)."""

from dataclasses import dataclass
from datetime import date, datetime

from services.enrollment.domain.vocabulary import (
    Audience,
    Employment,
    EnrollmentStatus,
    FundingSource,
    Outcome,
    RosterMode,
    RosterState,
    TransferKind,
)

NATIONWIDE = "00"
"""The province of an event that concerns several of them."""


@dataclass(frozen=True, kw_only=True)
class SchoolRegistered:
    """A school is on file (R3)."""

    school: str
    name: str
    province: str


@dataclass(frozen=True, kw_only=True)
class SchoolRenamed:
    """A school has another name from now on; its code stays (R3)."""

    school: str
    name: str
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class SchoolClosed:
    """A school has ended: its accounts end, and its persons are at it no more (R3)."""

    school: str
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class SchoolReopened:
    """A school that was closed by mistake goes on; its persons are at it again once it has requested them (R3)."""

    school: str
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class SchoolMerged:
    """A school has ended in another one, which its persons and what it had under way follow (R3).

    Attributes:
        school: The code of the school that has ended; the province is this school's.
        into: The successor's code.
        into_province: The successor's province.
    """

    school: str
    into: str
    into_province: str
    reason: str
    province: str


@dataclass(frozen=True, kw_only=True)
class PersonDesignated:
    """A school named its designated person, whose account follows; how to reach the person stays here (R5, R41).

    Attributes:
        replaced: Whether another person was the designated one before.
        person: The person's id; the same as before where only how to reach the person has changed.
        name: The person's name, under which the account acts.
    """

    school: str
    replaced: bool
    province: str
    person: str | None = None
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class TeacherAdded:
    """A school put a teacher on file (R22)."""

    teacher: str
    school: str
    post: Audience
    employment: Employment
    province: str


@dataclass(frozen=True, kw_only=True)
class AttendeeNamed:
    """Assessment is told the name of an attendee, or its correction; nobody else can read it (R32, ADR 52).

    Attributes:
        enrollment: The enrollment's id.
        key: The id of assessment's key that opens the name.
        sealed: The sealed name, base64url, of one length for all names.
    """

    enrollment: str
    teacher: str
    school: str
    key: str
    sealed: str
    province: str


@dataclass(frozen=True, kw_only=True)
class InnerCutOffSet:
    """A school set its inner cut-off for the year or for one project, or took it back (R21)."""

    school: str
    year: int
    project: str | None
    closes_on: date | None
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherCorrected:
    """What is on file of a teacher was corrected; which fields is told, never what they say (R41)."""

    teacher: str
    school: str
    fields: tuple[str, ...]
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherJoined:
    """A teacher is on file at a further school, or at another one than before (R20).

    Attributes:
        school: The code of the school that the teacher has joined; the province is this school's.
        main_school: The code of the school for which the teacher's account acts from now on.
        main_province: That school's province.
    """

    teacher: str
    school: str
    employment: Employment
    main_school: str
    main_province: str
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherLeft:
    """A teacher is at a school no more (R20).

    Attributes:
        school: The code of the school that the teacher has left; the province is this school's.
        main_school: The code of the school for which the teacher's account acts from now on; None where there is none.
        main_province: That school's province.
    """

    teacher: str
    school: str
    main_school: str | None
    main_province: str | None
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherRequestEvent:
    """What every event of a request for a person says; nobody's name or number is in it (R20, R41).

    Attributes:
        transfer: The request's id.
        school: The code of the school that requests the teacher; the province is this school's.
        former_school: The code of the school that is asked; None where the teacher was at none.
    """

    transfer: str
    teacher: str
    school: str
    former_school: str | None
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherRequested(TeacherRequestEvent):
    """A school requested a teacher whom another one has on file (R20)."""

    kind: TransferKind
    employment: Employment


@dataclass(frozen=True, kw_only=True)
class TeacherRequestAnswered(TeacherRequestEvent):
    """The school that is asked said yes or no (R20)."""

    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class TeacherRequestEscalated(TeacherRequestEvent):
    """The school that is asked has not answered in time; the ministry or the province may decide (R20)."""


@dataclass(frozen=True, kw_only=True)
class TeacherRequestDecided(TeacherRequestEvent):
    """The ministry or the province decided in the school's place (R20)."""

    granted: bool


@dataclass(frozen=True, kw_only=True)
class TeacherRequestWithdrawn(TeacherRequestEvent):
    """The school took its request back, or the teacher is at that school already (R20)."""


@dataclass(frozen=True, kw_only=True)
class TeacherRequestReaddressed(TeacherRequestEvent):
    """Another school is asked, for the teacher has moved; or another one asks, its successor by a merger (R3, R20)."""


@dataclass(frozen=True, kw_only=True)
class RosterCommitted:
    """A school put a roster in; its rows follow as events of their own (R22)."""

    roster: str
    school: str
    mode: RosterMode
    rows: int
    province: str


@dataclass(frozen=True, kw_only=True)
class FundingRecorded:
    """A province recorded a payment, or corrected what it had recorded (R27).

    Attributes:
        funding: The id of this revision.
        record: The id of the first one.
        amount: In fen; 0 takes the payment back.
        item: Its item in the plan for teachers' quality (职业院校教师素质提高计划).
        corrects: The id of the revision that is in force no more.
    """

    funding: str
    record: str
    revision: int
    year: int
    amount: int
    source: FundingSource
    item: str
    school: str | None
    project: str | None
    corrects: str | None
    reason: str | None
    province: str


@dataclass(frozen=True, kw_only=True)
class RosterFinished:
    """The rows of a roster are in or refused (R22)."""

    roster: str
    school: str
    state: RosterState
    entered: int
    refused: int
    province: str


@dataclass(frozen=True, kw_only=True)
class TeacherRevealed:
    """Somebody saw a teacher's sealed numbers, for a stated purpose (R40, R41)."""

    teacher: str
    school: str
    purpose: str
    province: str


@dataclass(frozen=True, kw_only=True)
class ContactsRevealed:
    """Somebody saw how to call the designated persons of schools, for a stated purpose (R5, R40, R41)."""

    schools: tuple[str, ...]
    purpose: str
    province: str = NATIONWIDE


@dataclass(frozen=True, kw_only=True)
class EnrollmentEvent:
    """What every event of an enrollment says.

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
class EnrollmentInherited(EnrollmentEvent):
    """Another school is responsible from now on, for the one before was merged into it; nothing else changes (R3).

    Attributes:
        school: The successor's code; the province is the successor's.
        former_school: The code of the school that was merged.
    """

    former_school: str


@dataclass(frozen=True, kw_only=True)
class SeatCount:
    """A project's seats right after a step; a later step has a higher `version` (R23)."""

    version: int
    capacity: int
    accepted: int
    offered: int
    waitlisted: int


@dataclass(frozen=True, kw_only=True)
class SeatEvent(EnrollmentEvent):
    """A step that may take, free or wait for a seat.

    Attributes:
        seats: The project's seats after it; None where the step moved none.
    """

    seats: SeatCount | None = None


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
class EligibilityConfirmed(EnrollmentEvent):
    """The school confirmed that the person is eligible, in a round with that step (R22)."""


@dataclass(frozen=True, kw_only=True)
class Returned(EnrollmentEvent):
    """The base returned a submission to the school for correction, in a round with that step (R23)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Submitted(EnrollmentEvent):
    """The school handed a sign-up in to the base (R22)."""

    rank: int | None


@dataclass(frozen=True, kw_only=True)
class Escalated(EnrollmentEvent):
    """The base had not decided when admission closed; the ministry may now (R23)."""


@dataclass(frozen=True, kw_only=True)
class Accepted(SeatEvent):
    """A seat is taken: by a decision (R23), an offer (R25) or a substitution (R26).

    Attributes:
        override: Why the ministry decided in the base's place.
    """

    override: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rejected(SeatEvent):
    """The base refused, or the ministry in its place; also a candidate on the waiting list (R23, R25)."""

    reason: str
    override: str | None = None


@dataclass(frozen=True, kw_only=True)
class Waitlisted(SeatEvent):
    """The base put the enrollment on the waiting list, or the ministry in its place (R23, R25)."""

    override: str | None = None


@dataclass(frozen=True, kw_only=True)
class DecisionRevised(EnrollmentEvent):
    """A decision was corrected; the event of the new one, such as `rejected`, comes with it (R23).

    Attributes:
        revised: The state that the corrected decision had led to.
        decided: The state that the new one leads to.
        reason: Why.
        override: Why the ministry corrected it; None where the base did.
    """

    revised: EnrollmentStatus
    decided: EnrollmentStatus
    reason: str
    override: str | None = None


@dataclass(frozen=True, kw_only=True)
class WaitlistRanked(EnrollmentEvent):
    """The base ranked its waiting list, or took the rank away (R25)."""

    rank: int | None


@dataclass(frozen=True, kw_only=True)
class Offered(SeatEvent):
    """A freed seat offers itself to the next on the waiting list, or anew after its project was suspended (R25)."""

    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class OfferExpired(SeatEvent):
    """Nobody took the offered seat in time (R25)."""


@dataclass(frozen=True, kw_only=True)
class Substituted(SeatEvent):
    """An accepted person gave way to a colleague, who has an `accepted` of his or her own (R26)."""

    successor: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Withdrawn(SeatEvent):
    """The school withdrew an enrollment; what seat it held is free (R26)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class WithdrawalRequested(EnrollmentEvent):
    """A teacher asks the school to withdraw an enrollment; why stays between the two (R26)."""


@dataclass(frozen=True, kw_only=True)
class WithdrawalRequestTakenBack(EnrollmentEvent):
    """The teacher stays after all (R26)."""


@dataclass(frozen=True, kw_only=True)
class WithdrawalRefused(EnrollmentEvent):
    """The school does not let the teacher leave; a request that it grants is a withdrawal (R26)."""


@dataclass(frozen=True, kw_only=True)
class Cancelled(SeatEvent):
    """The project is called off; sign-up and seat end (R33)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Lapsed(SeatEvent):
    """The training began before the enrollment got its seat (docs/state-machines.md)."""


@dataclass(frozen=True, kw_only=True)
class Revived(EnrollmentEvent):
    """It had ended when the first day came, which was put off since; the event of its state comes with it (R18).

    Attributes:
        ended: The state in which it had ended.
        status: The state in which it is again.
    """

    ended: EnrollmentStatus
    status: EnrollmentStatus


@dataclass(frozen=True, kw_only=True)
class Restored(EnrollmentEvent):
    """It had ended by mistake, or its offer had expired; the event of its state comes with it (R21, R25, R26).

    Attributes:
        ended: The state in which it had ended.
        status: The state in which it is again.
        reason: Why.
    """

    ended: EnrollmentStatus
    status: EnrollmentStatus
    reason: str


@dataclass(frozen=True, kw_only=True)
class Attending(EnrollmentEvent):
    """The trainee was there (R29)."""


@dataclass(frozen=True, kw_only=True)
class AttendanceRetracted(EnrollmentEvent):
    """What was recorded of the trainee's attendance was a mistake: there was none so far (R29)."""


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


@dataclass(frozen=True, kw_only=True)
class CreditGivenBack(EnrollmentEvent):
    """The credit had been revoked by mistake and holds again (R31)."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class FeedEpochBegun:
    """The logs were restored from an older copy: in each the numbers above a base are given anew (R27)."""

    epoch: int
    kept: dict[str, int]
    reason: str
    province: str = "00"
