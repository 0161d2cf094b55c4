"""What waits for a base or the ministry by the calendar: which projects it has to act on, and until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kernel.dates import oldest_year_at_hand, today
from services.catalog.domain.base import Base
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
        bases: The ids of the bases whose projects it is about; None for all.
        year: The round; None for all.
        closes_at: Until when it can be done; None where nothing ends it, or each project has a day of its own.
        starts_by: Only projects that start on this day or before.
        ends_by: Only projects that end on this day or before.
    """

    duty: Duty
    rule: str
    status: ProjectStatus
    bases: tuple[str, ...] | None = None
    year: int | None = None
    closes_at: datetime | None = None
    starts_by: date | None = None
    ends_by: date | None = None


def duties_of_base(rounds: Iterable[Round], bases: Iterable[Base], now: datetime) -> list[Due]:
    """A base completes and revises its plans in time, starts its trainings and ends them (R7, R13, R28).

    A draft of a base that has ended waits for nobody: it cannot be submitted any more (R2).

    Args:
        rounds: All rounds.
        bases: The bases that are acted for, those that were merged into the own one too.
        now: Domain time, aware.
    """
    acted_for = list(bases)
    own = tuple(base.id for base in acted_for)
    standing = tuple(base.id for base in acted_for if not base.closed)
    day, duties = today(now), []
    for current in rounds:
        year = current.year
        for duty, rule, status, phase, whose in (
            (Duty.COMPLETE_PLAN, "R7", ProjectStatus.DRAFT, PhaseName.DECLARE, standing),
            (Duty.REVISE_PLAN, "R13", ProjectStatus.RETURNED, PhaseName.REVIEW, own),
        ):
            if current.phase(phase).is_open(now):
                duties.append(Due(duty, rule, status, whose, year, current.phase(phase).until_instant))
    return [
        *duties,
        Due(Duty.START, "R28", ProjectStatus.PUBLISHED, own, starts_by=day),
        Due(Duty.FINISH, "R28", ProjectStatus.RUNNING, own, ends_by=day),
    ]


def duties_of_ministry(rounds: Iterable[Round], now: datetime) -> list[Due]:
    """The ministry has each plan reviewed, decides it and publishes it, in time and late (R14, R16, R17).

    Args:
        rounds: All rounds; those that are no longer dealt with have no duties.
        now: Domain time, aware.
    """
    oldest = oldest_year_at_hand(now)
    return [
        Due(duty, rule, status, None, current.year, current.phase(PhaseName.REVIEW).until_instant)
        for current in rounds
        if current.year >= oldest
        for duty, rule, status in (
            (Duty.ASSIGN_EXPERTS, "R14", ProjectStatus.SUBMITTED),
            (Duty.DECIDE_PLAN, "R16", ProjectStatus.UNDER_REVIEW),
            (Duty.PUBLISH, "R17", ProjectStatus.APPROVED),
        )
    ]
