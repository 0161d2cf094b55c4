"""R23: the events of a step that moved seats tell what it left (ADR 13)."""

from dataclasses import replace

import pytest

from kernel.errors import Refusal
from services.enrollment.domain.enrollment import decide, rank
from services.enrollment.domain.events import Accepted, SeatCount
from services.enrollment.domain.seats import Seats, moved, moves_seats, with_seats
from services.enrollment.domain.vocabulary import EnrollmentDecision, EnrollmentStatus
from tests.unit.enrollment.examples import NOW, an_enrollment

SEATS = Seats("p1", 10, accepted=3, offered=2, waitlisted=1, version=7)


def test_the_event_of_a_step_that_moved_seats_tells_all_of_them() -> None:
    _, events = decide(an_enrollment(EnrollmentStatus.SUBMITTED), EnrollmentDecision.ACCEPT, None, NOW)
    (event,) = with_seats(events, SEATS)
    assert isinstance(event, Accepted)
    assert event.seats == SeatCount(version=7, capacity=10, accepted=3, offered=2, waitlisted=1)
    assert replace(event, seats=None) == events[0]


@pytest.mark.parametrize("after", [EnrollmentStatus.REJECTED, EnrollmentStatus.WITHDRAWN])
def test_a_step_between_states_without_a_seat_moves_none(after: EnrollmentStatus) -> None:
    assert not moves_seats(EnrollmentStatus.SUBMITTED, after)


def test_r23_a_step_that_takes_a_seat_is_refused_when_none_is_free() -> None:
    full = replace(SEATS, accepted=8)
    with pytest.raises(Refusal) as refused:
        moved(full, EnrollmentStatus.SUBMITTED, EnrollmentStatus.ACCEPTED)
    assert (refused.value.code, refused.value.details) == ("CLASS_FULL", {"capacity": 10})
    taken = moved(full, EnrollmentStatus.OFFERED, EnrollmentStatus.ACCEPTED)
    assert (taken.accepted, taken.offered, taken.left, taken.version) == (9, 1, 0, 8)


def test_a_step_that_moves_seats_in_silence_fails() -> None:
    _, events = rank(an_enrollment(EnrollmentStatus.SUBMITTED), 1)
    with pytest.raises(LookupError):
        with_seats(events, SEATS)
