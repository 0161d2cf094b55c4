"""The counters of a project's seats; they move only with a step of an enrollment (R23)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.enrollment.domain.events import EnrollmentEvent, SeatCount, SeatEvent
from services.enrollment.domain.vocabulary import EnrollmentStatus


class Counter(StrEnum):
    """The counters of a project's seats."""

    ACCEPTED = "accepted"
    OFFERED = "offered"
    WAITLISTED = "waitlisted"


HOLDS: dict[EnrollmentStatus, Counter] = {
    EnrollmentStatus.WAITLISTED: Counter.WAITLISTED,
    EnrollmentStatus.OFFERED: Counter.OFFERED,
    EnrollmentStatus.ACCEPTED: Counter.ACCEPTED,
    EnrollmentStatus.ATTENDING: Counter.ACCEPTED,
    EnrollmentStatus.NO_SHOW: Counter.ACCEPTED,
    EnrollmentStatus.PASSED: Counter.ACCEPTED,
    EnrollmentStatus.FAILED: Counter.ACCEPTED,
    EnrollmentStatus.INCOMPLETE: Counter.ACCEPTED,
    EnrollmentStatus.CREDITED: Counter.ACCEPTED,
    EnrollmentStatus.CREDIT_REVOKED: Counter.ACCEPTED,
}
"""The counter that an enrollment of a state counts in; other states count in none."""
ADMITTED = frozenset(status for status, counter in HOLDS.items() if counter is Counter.ACCEPTED)
"""The states of an enrollment that was accepted and has its seat still."""


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of one project.

    Attributes:
        id: The project's id.
        capacity: How many there are.
        accepted: Seats of accepted enrollments.
        offered: Seats of open offers.
        waitlisted: Enrollments on the waiting list; they hold no seat.
        version: How many steps have moved the counters.
    """

    id: str
    capacity: int
    accepted: int = 0
    offered: int = 0
    waitlisted: int = 0
    version: int = 0

    @property
    def left(self) -> int:
        """How many seats are free; an open offer holds one (R23)."""
        return max(self.capacity - self.accepted - self.offered, 0)


def holds_seat(status: EnrollmentStatus) -> bool:
    """Whether an enrollment in that state holds a seat; an open offer does (R23)."""
    return HOLDS.get(status) in {Counter.ACCEPTED, Counter.OFFERED}


def difference(before: EnrollmentStatus | None, after: EnrollmentStatus) -> dict[Counter, int]:
    """What a step adds to each counter.

    Args:
        before: The state before; None for an enrollment that is created with its seat.
        after: The state after.

    Returns:
        The changed counters only, +1 or -1.
    """
    changes = dict.fromkeys(Counter, 0)
    if before and before in HOLDS:
        changes[HOLDS[before]] -= 1
    if after in HOLDS:
        changes[HOLDS[after]] += 1
    return {counter: change for counter, change in changes.items() if change}


def takes_seat(changes: dict[Counter, int]) -> bool:
    """Whether a step takes a seat that was free before."""
    return changes.get(Counter.ACCEPTED, 0) + changes.get(Counter.OFFERED, 0) > 0


def with_seats(events: Sequence[EnrollmentEvent], seats: Seats | None) -> list[EnrollmentEvent]:
    """The events of a step, each seat event with the counters as the step leaves them (ADR 13).

    Args:
        events: The events of the step.
        seats: The counters after the step; None where it moved none.

    Raises:
        LookupError: The step moved seats but has no seat event: consumers would have a wrong count from then on.
    """
    if seats is None:
        return list(events)
    if not any(isinstance(event, SeatEvent) for event in events):
        raise LookupError(f"no event reports the seats of {seats.id}")
    count = SeatCount(
        version=seats.version,
        capacity=seats.capacity,
        accepted=seats.accepted,
        offered=seats.offered,
        waitlisted=seats.waitlisted,
    )
    return [replace(event, seats=count) if isinstance(event, SeatEvent) else event for event in events]
