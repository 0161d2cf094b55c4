"""R34, R36: when a box takes ballots, may be closed and may be opened, to the millisecond at each boundary."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from services.assessment.ballots.box import AFTER_CLOSING, Box, BoxState

OPENS = datetime(2024, 6, 11, tzinfo=SHANGHAI)
CLOSES = OPENS + timedelta(days=14)
INSTANT = timedelta(milliseconds=1)
BOX = Box("ins", "n", "k", opens_at=OPENS, closes_at=CLOSES)


def refused(act: Callable[..., object], *given: object) -> str | None:
    """The code by which something is refused; None where it is not."""
    try:
        act(*given)
    except Refusal as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (OPENS - INSTANT, "BALLOT_BOX_NOT_OPEN"),
        (OPENS, None),
        (CLOSES - INSTANT, None),
        (CLOSES, "BALLOT_BOX_CLOSED"),
    ],
)
def test_r34_a_ballot_is_taken_from_the_first_instant_and_not_at_the_last(now: datetime, code: str | None) -> None:
    assert refused(BOX.require_open, now) == code


@pytest.mark.parametrize("state", [BoxState.CLOSED, BoxState.EMPTIED])
def test_r36_a_box_that_was_closed_takes_none_whatever_the_clock_says(state: BoxState) -> None:
    """A clock that is set back opens nothing again."""
    assert refused(replace(BOX, state=state).require_open, OPENS) == "BALLOT_BOX_CLOSED"


@pytest.mark.parametrize(
    ("now", "code"), [(CLOSES + AFTER_CLOSING - INSTANT, "BALLOT_BOX_NOT_DUE"), (CLOSES + AFTER_CLOSING, None)]
)
def test_r36_a_box_is_closed_a_minute_after_its_last_ballot_may_have_come(now: datetime, code: str | None) -> None:
    assert refused(BOX.require_due, now) == code


@pytest.mark.parametrize("now", [OPENS - INSTANT, OPENS])
def test_r34_a_window_moves_until_its_first_instant(now: datetime) -> None:
    later = (OPENS, CLOSES + timedelta(days=1))
    assert refused(BOX.set_up, "n", later, now) == ("BALLOT_BOX_DIFFERS" if now >= OPENS else None)
    assert BOX.set_up("n", (OPENS, CLOSES), now) is BOX


@pytest.mark.parametrize("counted", range(7))
def test_r36_only_a_closed_box_of_five_ballots_is_opened(counted: int) -> None:
    closed = replace(BOX, state=BoxState.CLOSED, counted=counted)
    assert refused(closed.require_openable) == (None if counted >= 5 else "TOO_FEW_BALLOTS")
    assert refused(replace(closed, state=BoxState.OPEN).require_openable) == "BALLOT_BOX_NOT_DUE"
    assert refused(replace(closed, state=BoxState.EMPTIED).require_openable) == "BALLOT_BOX_NOT_DUE"
