"""The events of assessment; the province is the school's, and no personal number is in any of them (R41)."""

from dataclasses import dataclass
from datetime import date

from services.assessment.domain.vocabulary import ResultOutcome, RevocationClass, SessionMode


@dataclass(frozen=True, kw_only=True)
class RecordEvent:
    """Base of the events about an attendee's record.

    Attributes:
        enrollment: The enrollment's id.
        project: The project's id.
        teacher: The attendee's id.
        school: The school's code, 10 digits.
        province: Two-digit code of the school's province.
    """

    enrollment: str
    project: str
    teacher: str
    school: str
    province: str


@dataclass(frozen=True, kw_only=True)
class AttendanceRecorded(RecordEvent):
    """Attendance of a session was recorded or corrected (R29).

    Attributes:
        session: The session's id.
        present: Whether the attendee took part.
        mode: Online or offline.
        attended: How many sessions the attendee has attended, this mark included.
        hours: Class hours attended of this session.
        attended_hours: Class hours attended in all, this mark included.
        correction: How many marks of this session came before; 0 for the first.
        reason: Why it is corrected after the end of the training.
    """

    session: str
    present: bool
    mode: SessionMode
    attended: int
    hours: int | None = None
    attended_hours: int | None = None
    correction: int | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class NoShowRecorded(RecordEvent):
    """The training ended and the attendee took part in no session; the school and the province learn of it (R29)."""


@dataclass(frozen=True, kw_only=True)
class ResultRecorded(RecordEvent):
    """A result was published, or a published one was corrected; of a draft there is no event (R30).

    Attributes:
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
        correction: How many results were published before this one; 0 for the first.
        attended_hours: Class hours attended.
        due_hours: Class hours that should have been attended.
        class_hours: Class hours of the plan.
        credit_hours: Class hours of the credit that waits for its confirmation; None where none does (R31).
        credit_rule: The version of the rule that counted them.
        reason: Why it was corrected, or why somebody who has reached all marks failed.
    """

    outcome: ResultOutcome
    score: int | None
    correction: int
    attended_hours: int | None = None
    due_hours: int | None = None
    class_hours: int | None = None
    credit_hours: int | None = None
    credit_rule: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecordReopened(RecordEvent):
    """The ministry opened a record of a published class to corrections (R30).

    Attributes:
        base: The id of the base, which may correct.
        until: The last day for it, included, in Asia/Shanghai.
        reason: Why.
    """

    base: str
    until: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class CreditConfirmed(RecordEvent):
    """The school confirmed the credit (R31).

    Attributes:
        hours: Class hours.
        rule: The version of the rule that counted them.
    """

    hours: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class ProjectSettled:
    """The results of a finished project are published, and nothing else of its training is awaited (R30).

    Attributes:
        project: The project's id.
        base: The id of the base that held it.
        attendees: How many attended or should have.
        passed: How many of them passed.
        credited: How many have a confirmed credit by now.
        year: The year of the round.
        province: `00`: the attendees come from several.
    """

    project: str
    base: str
    attendees: int
    passed: int
    credited: int
    year: int | None = None
    province: str = "00"


@dataclass(frozen=True, kw_only=True)
class ResultsPublished:
    """The results of a class were published, and its records are locked (R30).

    Attributes:
        project: The project's id.
        base: The id of the base that held it.
        year: The year of the round.
        attendees: How many attended or should have.
        passed: How many of them passed.
        failed: How many failed.
        incomplete: How many did not complete it, no-shows included.
        no_shows: How many attended nothing.
        attended_hours: Class hours attended, of all together.
        due_hours: Class hours due, of all together.
        late: Whether they were published by themselves, because the base had not done so in time.
        province: Two-digit code of the base's province.
    """

    project: str
    base: str
    year: int
    attendees: int
    passed: int
    failed: int
    incomplete: int
    no_shows: int
    attended_hours: int
    due_hours: int
    late: bool
    province: str


@dataclass(frozen=True, kw_only=True)
class ResultsDue:
    """The base is reminded of results that it has not published (R30).

    Attributes:
        project: The project's id.
        base: The id of the base.
        year: The year of the round.
        due_on: Until when they are to be published, included.
        overdue: Whether that day is over.
        province: Two-digit code of the base's province.
    """

    project: str
    base: str
    year: int
    due_on: date
    overdue: bool
    province: str


@dataclass(frozen=True, kw_only=True)
class CreditRevoked(RecordEvent):
    """The ministry revoked the credit (R31).

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class CreditRestored(RecordEvent):
    """The ministry gave back a credit that it had revoked by mistake (R31).

    Attributes:
        reason: Why.
    """

    reason: str


@dataclass(frozen=True, kw_only=True)
class CertificateIssued(RecordEvent):
    """A certificate was issued (R32).

    Attributes:
        number: The certificate's number, 15 characters.
        sha256: Of its canonical claims, hexadecimal; the claims themselves have a name and are in no event.
        issued_on: The day of issue.
        replaces: The number of the certificate that it corrects.
    """

    number: str
    sha256: str
    issued_on: date
    replaces: str | None


@dataclass(frozen=True, kw_only=True)
class CertificateJobStarted:
    """The ministry lets the certificates of a year be issued; each certificate has its own event (R32, R40).

    Attributes:
        year: The year of the round.
        run: How often the year's job was started, this time included.
        attendees: Who had a published pass then, whoever has a certificate already included.
        province: `00`: they are in several.
    """

    year: int
    run: int
    attendees: int
    province: str = "00"


@dataclass(frozen=True, kw_only=True)
class CertificateRevoked(RecordEvent):
    """A certificate is valid no more (R32).

    Attributes:
        number: The certificate's number, 15 characters.
        revocation: Of what kind the revocation is.
        replaced_by: The number of the certificate that corrects it.
    """

    number: str
    revocation: RevocationClass
    replaced_by: str | None
