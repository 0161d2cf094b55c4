"""The words of assessment; values equal names, as in the graph."""

from enum import StrEnum


class SessionMode(StrEnum):
    """How an attendee took part in a session (R29)."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"


class HeldMode(StrEnum):
    """How a session is held; at a blended one each attendee is either online or there (R29)."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
    BLENDED = "BLENDED"


class ResultOutcome(StrEnum):
    """What the base found at the end (R30)."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INCOMPLETE = "INCOMPLETE"


class CreditStatus(StrEnum):
    """Counted on passing, confirmed by the school, revocable (R31)."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    REVOKED = "REVOKED"


class ProjectPhase(StrEnum):
    """What assessment needs to know of a project's state."""

    PUBLISHED = "PUBLISHED"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    CANCELLED = "CANCELLED"
    SUSPENDED = "SUSPENDED"
