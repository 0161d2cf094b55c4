"""What waits for a role by the calendar: which enrollments it has to act on, and until when (R21–R25)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.dates import oldest_year_at_hand
from services.enrollment.domain.project import ADMIT, ENROL, RECHECK, Round, is_open, is_past
from services.enrollment.domain.vocabulary import EnrollmentStatus


class Duty(StrEnum):
    """What a role has to do about enrollments; each value is its kind in the graph."""

    RANK = "RANK"
    SUBMIT = "SUBMIT"
    CONFIRM_OFFER = "CONFIRM_OFFER"
    ANSWER_WITHDRAWAL = "ANSWER_WITHDRAWAL"
    DECIDE = "DECIDE"
    ESCALATION = "ESCALATION"


@dataclass(frozen=True, slots=True)
class Due:
    """A duty of one round.

    Attributes:
        duty: What is to be done.
        rule: The rule that asks for it.
        status: The state of the enrollments that it is about; None for any.
        year: The round.
        closes_at: Until when it can be done; None where each enrollment has a time of its own, or none.
        unranked: Only enrollments that the school has not ranked.
        leaving: Only enrollments whose teacher has asked to leave (R26).
        returned: Only enrollments that the base has returned.
    """

    duty: Duty
    rule: str
    status: EnrollmentStatus | None
    year: int
    closes_at: datetime | None = None
    unranked: bool = False
    leaving: bool = False
    returned: bool = False


def rounds_at_hand(rounds: Iterable[Round], now: datetime) -> Sequence[Round]:
    """The rounds that are still dealt with, by year.

    Args:
        rounds: All rounds.
        now: Domain time.
    """
    oldest = oldest_year_at_hand(now)
    return sorted((current for current in rounds if int(current.id) >= oldest), key=lambda current: int(current.id))


def duties_of_school(rounds: Iterable[Round], now: datetime) -> Sequence[Due]:
    """A school ranks and submits while enrollment is open, and answers offers and who asks to leave at any time.

    After enrollment it submits what bases have returned, until 学员资格复核 ends (R23).
    """
    duties = []
    for current in rounds:
        year = int(current.id)
        if is_open(current, ENROL, now):
            closes = current.calendar[ENROL].closes_at
            duties += [
                Due(Duty.RANK, "R21", EnrollmentStatus.SIGNED_UP, year, closes, unranked=True),
                Due(Duty.SUBMIT, "R22", EnrollmentStatus.SIGNED_UP, year, closes),
            ]
        elif is_open(current, RECHECK, now):
            closes = current.steps[RECHECK].closes_at
            duties.append(Due(Duty.SUBMIT, "R22", EnrollmentStatus.SIGNED_UP, year, closes, returned=True))
        duties += [
            Due(Duty.CONFIRM_OFFER, "R25", EnrollmentStatus.OFFERED, year),
            Due(Duty.ANSWER_WITHDRAWAL, "R26", None, year, leaving=True),
        ]
    return duties


def duties_of_base(rounds: Iterable[Round], now: datetime) -> Sequence[Due]:
    """A base decides while admission is open (R23)."""
    return [
        Due(Duty.DECIDE, "R23", EnrollmentStatus.SUBMITTED, int(current.id), current.calendar[ADMIT].closes_at)
        for current in rounds
        if is_open(current, ADMIT, now)
    ]


def duties_of_ministry(rounds: Iterable[Round], now: datetime) -> Sequence[Due]:
    """The ministry decides what bases have left undecided (R23)."""
    return [
        Due(Duty.ESCALATION, "R23", EnrollmentStatus.SUBMITTED, int(current.id))
        for current in rounds
        if is_past(current, ADMIT, now)
    ]
