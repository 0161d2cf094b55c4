"""The counters of a project's seats; they move only with a step of an enrollment (R23)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from services.enrollment.domain.events import EnrollmentEvent, SeatCount, SeatEvent
from services.enrollment.domain.refusals import CLASS_FULL
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
        project_version: The project's version when the counters were last written.
    """

    id: str
    capacity: int
    accepted: int = 0
    offered: int = 0
    waitlisted: int = 0
    version: int = 0
    project_version: int = 0

    @property
    def left(self) -> int:
        """How many seats are free; an open offer holds one (R23)."""
        return max(self.capacity - self.accepted - self.offered, 0)


def holds_seat(status: EnrollmentStatus) -> bool:
    """Whether an enrollment in that state holds a seat; an open offer does (R23)."""
    return HOLDS.get(status) in {Counter.ACCEPTED, Counter.OFFERED}


def moves_seats(before: EnrollmentStatus | None, after: EnrollmentStatus) -> bool:
    """Whether a step moves a counter; `before` is None for an enrollment that is created."""
    return (HOLDS.get(before) if before else None) is not HOLDS.get(after)


def moved(seats: Seats, before: EnrollmentStatus | None, after: EnrollmentStatus) -> Seats:
    """Move the counters with a step of an enrollment.

    Args:
        seats: The counters before the step.
        before: The state before; None for an enrollment that is created with its seat.
        after: The state after.

    Returns:
        The counters after the step.

    Raises:
        Refusal: `CLASS_FULL`: the step takes a seat, and none is free.
    """
    counts = {Counter.ACCEPTED: seats.accepted, Counter.OFFERED: seats.offered, Counter.WAITLISTED: seats.waitlisted}
    if before in HOLDS:
        counts[HOLDS[before]] -= 1
    if after in HOLDS:
        counts[HOLDS[after]] += 1
    takes_seat = holds_seat(after) and not (before and holds_seat(before))
    if takes_seat and seats.left == 0:
        raise CLASS_FULL(capacity=seats.capacity)
    return replace(
        seats,
        accepted=counts[Counter.ACCEPTED],
        offered=counts[Counter.OFFERED],
        waitlisted=counts[Counter.WAITLISTED],
        version=seats.version + 1,
    )


def with_seats(events: Sequence[EnrollmentEvent], seats: Seats) -> list[EnrollmentEvent]:
    """The events of a step, each seat event with the counters as the step leaves them (ADR 13).

    Args:
        events: The events of the step.
        seats: The counters after the step.

    Raises:
        LookupError: The step moved seats but has no seat event: consumers would have a wrong count from then on.
    """
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
