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


class ProjectPhase(StrEnum):
    """The states of a published project."""

    PUBLISHED = "PUBLISHED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    SUSPENDED = "SUSPENDED"
