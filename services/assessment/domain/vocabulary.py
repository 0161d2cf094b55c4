"""The enumerations of assessment; each value equals its name, as in the graph."""

from enum import StrEnum


class SessionMode(StrEnum):
    """How an attendee took part in a session (R29)."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"


class HeldMode(StrEnum):
    """How a session is held; at a blended one each attendee takes part either online or offline (R29)."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
    BLENDED = "BLENDED"


class AttendanceSource(StrEnum):
    """Who stated an attendance: the base, or the attendee by a session's code, which the base may correct (R29)."""

    BASE = "BASE"
    CHECK_IN = "CHECK_IN"


class ResultOutcome(StrEnum):
    """The outcome of an attendee's training, recorded by the base (R30)."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INCOMPLETE = "INCOMPLETE"


class CreditStatus(StrEnum):
    """A credit is pending once counted, confirmed by the school, and may be revoked by the ministry (R31)."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    REVOKED = "REVOKED"


class CreditBasis(StrEnum):
    """Which hours a rule counts as credit (R31)."""

    ATTENDED_HOURS = "ATTENDED_HOURS"
    CLASS_HOURS = "CLASS_HOURS"


class BookState(StrEnum):
    """How far the attendance and results of a class are recorded (R29, R30)."""

    OPEN = "OPEN"
    CLOSING = "CLOSING"
    FINAL = "FINAL"


class ProjectPhase(StrEnum):
    """The states of a published project."""

    PUBLISHED = "PUBLISHED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    SUSPENDED = "SUSPENDED"


class BaseCategory(StrEnum):
    """What a base trains (R2)."""

    PRINCIPAL = "PRINCIPAL"
    DUAL_QUALIFIED_TEACHER = "DUAL_QUALIFIED_TEACHER"
    ENTERPRISE_PRACTICE = "ENTERPRISE_PRACTICE"


class InspectionState(StrEnum):
    """The states of a random inspection (R37)."""

    FROZEN = "FROZEN"
    ANNOUNCED = "ANNOUNCED"
    DRAWN = "DRAWN"
    CLOSED = "CLOSED"
    VOID = "VOID"


class Severity(StrEnum):
    """How grave a finding of an inspection is (R37)."""

    NONE = "NONE"
    MINOR = "MINOR"
    MAJOR = "MAJOR"
    GRAVE = "GRAVE"


class FindingState(StrEnum):
    """The states of a finding (R37)."""

    OPEN = "OPEN"
    RECTIFYING = "RECTIFYING"
    REPORTED = "REPORTED"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


class CertificateState(StrEnum):
    """A certificate is valid until a corrected one replaces it, or it is revoked (R32)."""

    VALID = "VALID"
    REPLACED = "REPLACED"
    REVOKED = "REVOKED"


class RevocationClass(StrEnum):
    """Of what kind the end of a certificate was; whoever checks it is told the kind and no more (R32)."""

    CORRECTION = "CORRECTION"
    RESULT_CHANGED = "RESULT_CHANGED"
    FRAUD = "FRAUD"
    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"


class JobState(StrEnum):
    """A job waits for the worker, runs, and is done; one that was interrupted goes on by itself (R32)."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"


class SealState(StrEnum):
    """What the seal of a file says that somebody has as a certificate (R32)."""

    INTACT = "INTACT"
    ALTERED = "ALTERED"
    FOREIGN = "FOREIGN"
    NONE = "NONE"


class InstrumentKind(StrEnum):
    """The two questionnaires of a project; answering one says nothing of the other (R34, R35)."""

    TEACHING = "TEACHING"
    SATISFACTION = "SATISFACTION"


class InstrumentState(StrEnum):
    """From its making to its only publication; a suppressed one has no result, a void one no project (R36)."""

    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    PUBLISHED = "PUBLISHED"
    SUPPRESSED = "SUPPRESSED"
    VOID = "VOID"


class AnnualState(StrEnum):
    """The states of a base's annual assessment (R38)."""

    DRAFT = "DRAFT"
    COMMENTING = "COMMENTING"
    FINAL = "FINAL"
    APPEALED = "APPEALED"


class ProposalState(StrEnum):
    """What the ministry has made of a proposal of another quota (R39)."""

    PROPOSED = "PROPOSED"
    ADOPTED = "ADOPTED"
    ADAPTED = "ADAPTED"
    DECLINED = "DECLINED"


class EvidenceKind(StrEnum):
    """What a number of an annual assessment is counted from (R38)."""

    PROJECT = "PROJECT"
    ENROLLMENT = "ENROLLMENT"
    INSTRUMENT = "INSTRUMENT"
    FINDING = "FINDING"
    COMPLAINT = "COMPLAINT"
