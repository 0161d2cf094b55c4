"""What waits for a base or the ministry by the calendar: which projects it has to act on, and until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kernel.dates import today
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import PhaseName, ProjectStatus


class Duty(StrEnum):
    """What is to be done about projects; each value is its kind in the graph."""

    COMPLETE_PLAN = "COMPLETE_PLAN"
    REVISE_PLAN = "REVISE_PLAN"
    START = "START"
    FINISH = "FINISH"
    ASSIGN_EXPERTS = "ASSIGN_EXPERTS"
    DECIDE_PLAN = "DECIDE_PLAN"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True, slots=True)
class Due:
    """A duty of one round, or of all of them.

    Attributes:
        duty: What is to be done.
        rule: The rule that asks for it.
        status: The state of the projects that it is about.
        year: The round; None for all.
        closes_at: Until when it can be done; None where nothing ends it.
        starts_by: Only projects that start on this day or before.
        ends_by: Only projects that end on this day or before.
    """

    duty: Duty
    rule: str
    status: ProjectStatus
    year: int | None = None
    closes_at: datetime | None = None
    starts_by: date | None = None
    ends_by: date | None = None


def duties_of_base(rounds: Iterable[Round], now: datetime) -> list[Due]:
    """A base completes and revises its plans in time, starts its trainings and ends them (R7, R13, R28)."""
    day, duties = today(now), []
    for current in rounds:
        year = current.year
        for duty, rule, status, phase in (
            (Duty.COMPLETE_PLAN, "R7", ProjectStatus.DRAFT, PhaseName.DECLARE),
            (Duty.REVISE_PLAN, "R13", ProjectStatus.RETURNED, PhaseName.REVIEW),
        ):
            if current.phase(phase).is_open(now):
                duties.append(Due(duty, rule, status, year, current.phase(phase).until_instant))
    return [
        *duties,
        Due(Duty.START, "R28", ProjectStatus.PUBLISHED, starts_by=day),
        Due(Duty.FINISH, "R28", ProjectStatus.RUNNING, ends_by=day),
    ]


def duties_of_ministry(rounds: Iterable[Round]) -> list[Due]:
    """The ministry has each plan reviewed, decides it and publishes it, in time and late (R14, R16, R17)."""
    return [
        Due(duty, rule, status, current.year, current.phase(PhaseName.REVIEW).until_instant)
        for current in rounds
        for duty, rule, status in (
            (Duty.ASSIGN_EXPERTS, "R14", ProjectStatus.SUBMITTED),
            (Duty.DECIDE_PLAN, "R16", ProjectStatus.UNDER_REVIEW),
            (Duty.PUBLISH, "R17", ProjectStatus.APPROVED),
        )
    ]
