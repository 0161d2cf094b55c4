"""Who holds a seat of a project; the counters move only with an enrollment (R23)."""

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
"""Which counter an enrollment of each state is in; the others are in none."""
ADMITTED = frozenset(status for status, counter in HOLDS.items() if counter is Counter.ACCEPTED)
"""The states of somebody whom the base has accepted and not lost again."""


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats of a project, by its id; `version` counts the steps that moved them."""

    id: str
    capacity: int
    accepted: int = 0
    offered: int = 0
    waitlisted: int = 0
    version: int = 0

    @property
    def left(self) -> int:
        """Seats nobody holds; an open offer holds one (R23)."""
        return max(self.capacity - self.accepted - self.offered, 0)


def holds_seat(status: EnrollmentStatus) -> bool:
    """Whether a seat is held in that state; an open offer holds one (R23)."""
    return HOLDS.get(status) in {Counter.ACCEPTED, Counter.OFFERED}


def difference(before: EnrollmentStatus | None, after: EnrollmentStatus) -> dict[Counter, int]:
    """What a step adds to the counters; from nothing when an enrollment is born with its seat."""
    changes = dict.fromkeys(Counter, 0)
    if before and before in HOLDS:
        changes[HOLDS[before]] -= 1
    if after in HOLDS:
        changes[HOLDS[after]] += 1
    return {counter: change for counter, change in changes.items() if change}


def takes_seat(changes: dict[Counter, int]) -> bool:
    """Whether a step needs a seat that was free."""
    return changes.get(Counter.ACCEPTED, 0) + changes.get(Counter.OFFERED, 0) > 0


def with_seats(events: Sequence[EnrollmentEvent], seats: Seats | None) -> list[EnrollmentEvent]:
    """The events of a step, with the seats that it left behind where it moved any.

    Raises:
        LookupError: No event of a step that moved seats has room to say so: others would count wrong from then on.
    """
    if seats is None:
        return list(events)
    if not any(isinstance(event, SeatEvent) for event in events):
        raise LookupError(f"nobody would learn of the seats of {seats.id}")
    count = SeatCount(
        version=seats.version,
        capacity=seats.capacity,
        accepted=seats.accepted,
        offered=seats.offered,
        waitlisted=seats.waitlisted,
    )
    return [replace(event, seats=count) if isinstance(event, SeatEvent) else event for event in events]
