"""What assessment tells the others; the province is the school's, and nothing is personal (R41)."""

from dataclasses import dataclass

from services.assessment.domain.vocabulary import ResultOutcome, SessionMode


@dataclass(frozen=True, kw_only=True)
class RecordEvent:
    """What every event of an attendee's record says.

    Attributes:
        enrollment: The enrolment's id.
        project: The project's id.
        teacher: The attendee's id.
        school: The school's code.
        province: The school's province.
    """

    enrollment: str
    project: str
    teacher: str
    school: str
    province: str


@dataclass(frozen=True, kw_only=True)
class AttendanceRecorded(RecordEvent):
    """A session was attended or missed, or that was corrected (R29).

    Attributes:
        session: The session's id.
        present: Whether the attendee was there.
        mode: Online or there.
        attended: Sessions attended so far.
    """

    session: str
    present: bool
    mode: SessionMode
    attended: int


@dataclass(frozen=True, kw_only=True)
class NoShowRecorded(RecordEvent):
    """The training ended and the attendee was never there; for the school and the province (R29)."""


@dataclass(frozen=True, kw_only=True)
class ResultRecorded(RecordEvent):
    """A result was recorded or corrected (R30).

    Attributes:
        outcome: What the base found.
        score: 0–100, None when incomplete.
        correction: How often the result was corrected before.
    """

    outcome: ResultOutcome
    score: int | None
    correction: int


@dataclass(frozen=True, kw_only=True)
class CreditConfirmed(RecordEvent):
    """The school confirmed the credit (R31).

    Attributes:
        hours: Credit hours.
        rule: Version of the rule that counted them.
    """

    hours: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class CreditRevoked(RecordEvent):
    """The ministry took the credit back (R31)."""

    reason: str
