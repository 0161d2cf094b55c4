"""The events of assessment; the province is the school's, and no personal number is in any of them (R41)."""

from dataclasses import dataclass

from services.assessment.domain.vocabulary import ResultOutcome, SessionMode


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
    """

    session: str
    present: bool
    mode: SessionMode
    attended: int


@dataclass(frozen=True, kw_only=True)
class NoShowRecorded(RecordEvent):
    """The training ended and the attendee took part in no session; the school and the province learn of it (R29)."""


@dataclass(frozen=True, kw_only=True)
class ResultRecorded(RecordEvent):
    """A result was recorded or corrected (R30).

    Attributes:
        outcome: Passed, failed or incomplete.
        score: 0 to 100; None when incomplete.
        correction: How many results were recorded before this one; 0 for the first.
    """

    outcome: ResultOutcome
    score: int | None
    correction: int


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
    """All results of a finished project are in, and all its credits are settled (R30, R31).

    Attributes:
        project: The project's id.
        base: The id of the base that held it.
        attendees: How many attended or should have.
        passed: How many of them passed.
        credited: How many have a confirmed credit.
        province: `00`: the attendees come from several.
    """

    project: str
    base: str
    attendees: int
    passed: int
    credited: int
    province: str = "00"


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
