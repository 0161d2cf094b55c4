"""Rounds and projects as enrolment knows them from the catalog's events."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis.errors import Refusal, Unblock
from services.enrollment.domain.vocabulary import Audience, BaseCategory, ProjectState

ENROL = "ENROL"
ADMIT = "ADMIT"


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase as a half-open interval of instants (rules.md, header)."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """The calendar of a year's round (R1).

    Attributes:
        id: The year, as text.
        version: The version of the catalog's round that this copies.
        calendar: Phase name to instants.
    """

    id: str
    version: int
    calendar: dict[str, Phase]


@dataclass(frozen=True, slots=True)
class Project:
    """A published project.

    Attributes:
        id: Its id in the catalog.
        version: The version of the catalog's project that this copies.
        province: The base's.
        category: What the base trains; None of one that was published before this was kept.
        reason: Why it was called off (R33).
        amended_at: Domain time at which its latest amendment came in (R18).
    """

    id: str
    version: int
    code: str
    title: str
    base: str
    base_name: str
    organization: str
    province: str
    year: int
    starts_on: date
    ends_on: date
    capacity: int
    audience: tuple[Audience, ...]
    state: ProjectState = ProjectState.PUBLISHED
    reason: str | None = None
    amended_at: datetime | None = None
    category: BaseCategory | None = None


def require_open(project: Project, rule: str) -> None:
    """Refuse a project that is running, over, suspended or called off.

    Raises:
        Refusal: `PROJECT_NOT_OPEN`.
    """
    if project.state is not ProjectState.PUBLISHED:
        raise _not_open(project, rule)


def require_not_started(project: Project, rule: str) -> None:
    """Refuse a project that has begun or is called off.

    Raises:
        Refusal: `PROJECT_NOT_OPEN`.
    """
    if project.state not in {ProjectState.PUBLISHED, ProjectState.SUSPENDED}:
        raise _not_open(project, rule)


def require_phase(calendar: Round | None, phase: str, now: datetime, rule: str) -> None:
    """Refuse outside a phase of the round's calendar (R1).

    Raises:
        Refusal: `PHASE_CLOSED`, with the instants between which it is open.
    """
    if is_open(calendar, phase, now):
        return
    window = calendar.calendar.get(phase) if calendar else None
    raise Refusal(
        "PHASE_CLOSED",
        "当前不在该阶段的开放时间内",
        "This phase is not open",
        rule=rule,
        unblock=Unblock.MINISTRY,
        phase=phase,
        opensAt=window.opens_at.isoformat() if window else None,
        closesAt=window.closes_at.isoformat() if window else None,
    )


def is_open(calendar: Round | None, phase: str, now: datetime) -> bool:
    """Whether a phase of the round's calendar is under way (R1)."""
    window = calendar.calendar.get(phase) if calendar else None
    return window is not None and window.opens_at <= now < window.closes_at


def is_past(calendar: Round | None, phase: str, now: datetime) -> bool:
    """Whether a phase of the round's calendar is over (R1)."""
    window = calendar.calendar.get(phase) if calendar else None
    return window is not None and window.closes_at <= now


def _not_open(project: Project, rule: str) -> Refusal:
    return Refusal(
        "PROJECT_NOT_OPEN",
        "该项目当前不接受此操作",
        "The project does not take this now",
        rule=rule,
        unblock=Unblock.BASE if project.state is ProjectState.CANCELLED else Unblock.MINISTRY,
        status=project.state.value,
    )
