"""Rounds and projects as the catalog's events describe them, and whether they are open (R1, R26)."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel.errors import Refusal, Unblock
from kernel.refusals import PHASE_CLOSED
from services.enrollment.domain.refusals import PROJECT_NOT_OPEN
from services.enrollment.domain.vocabulary import Audience, BaseCategory, ProjectState

ENROL = "ENROL"
ADMIT = "ADMIT"
ELIGIBILITY = "ELIGIBILITY"
"""The step in which schools confirm who is eligible (参训资格审核), in rounds that have it (ADR 33)."""
RECHECK = "RECHECK"
"""The step in which bases check eligibility again (学员资格复核), in rounds that have it (ADR 33)."""
STEPS = frozenset({ELIGIBILITY, RECHECK})
"""The steps of a round that enrollment holds besides its phases."""
PHASES = {
    ENROL: ("学员报名阶段", "The phase of enrollment"),
    ADMIT: ("基地核准阶段", "The phase of the bases' decisions"),
    ELIGIBILITY: ("参训资格审核", "The schools' confirmation of who is eligible"),
    RECHECK: ("学员资格复核", "The bases' second check of who is eligible"),
}
"""Chinese and English of the phases and steps that messages name."""
SHANGHAI = ZoneInfo("Asia/Shanghai")
_BEGUN = {ProjectState.RUNNING, ProjectState.FINISHED}


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of a round: open from `opens_at` until before `closes_at` (R1)."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """The calendar of a year's round (R1).

    Attributes:
        id: The year, as text.
        version: The version of the catalog's round that this copies.
        calendar: Phase name to instants.
        steps: Those of `STEPS` that the round has, by code; none in documents of earlier releases.
    """

    id: str
    version: int
    calendar: dict[str, Phase]
    steps: dict[str, Phase] = field(default_factory=dict)

    def window(self, name: str) -> Phase | None:
        """When a phase or a step is open; None where the round does not have it."""
        return self.calendar.get(name) or self.steps.get(name)


@dataclass(frozen=True, slots=True)
class Project:
    """A published project.

    Attributes:
        id: Its id in the catalog.
        version: The version of the catalog's project that this copies.
        province: The base's.
        category: What the base trains; None where the event did not say so.
        reason: Why it was cancelled or suspended (R33).
        amended_at: Domain time at which its latest amendment came in (R18).
        amendment: Why it was amended then.
        started: Whether it has ever run; one that is suspended may have (R26).
        given_up: Its earlier first days, in place of which a later one was set (R18).
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
    amendment: str | None = None
    started: bool = False
    given_up: tuple[date, ...] = ()


def amended(project: Project, version: int, days: tuple[date, date], reason: str | None, now: datetime) -> Project:
    """The project after an amendment of its plan (R18).

    Args:
        project: The project before.
        version: The version of the catalog's project.
        days: The first and the last day of the training.
        reason: Why it was amended.
        now: Domain time.
    """
    starts_on, ends_on = days
    given_up = (*project.given_up, project.starts_on) if starts_on > project.starts_on else project.given_up
    return replace(
        project,
        version=version,
        starts_on=starts_on,
        ends_on=ends_on,
        amended_at=now,
        amendment=reason,
        given_up=given_up,
    )


def moved(project: Project, version: int, state: ProjectState, reason: str | None) -> Project:
    """The project in the state that an event reports; `started` stays true from the first run on.

    Args:
        project: The project before.
        version: The version of the catalog's project.
        state: The state reported.
        reason: Why, where the event says so.
    """
    started = project.started or not _BEGUN.isdisjoint({project.state, state})
    return replace(project, version=version, state=state, reason=reason, started=started)


def starts_at(project: Project) -> datetime:
    """The midnight at which the training's first day begins, in Asia/Shanghai."""
    return midnight_of(project.starts_on)


def midnight_of(day: date) -> datetime:
    """The midnight at which a day begins, in Asia/Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def has_begun(project: Project, now: datetime) -> bool:
    """Whether the training has begun, by the project's state or by its first day (R26)."""
    return project.started or project.state in _BEGUN or now >= starts_at(project)


def require_open(project: Project, rule: str) -> None:
    """Refuse a project that is not published: running, finished, suspended or cancelled.

    Raises:
        Refusal: `PROJECT_NOT_OPEN`.
    """
    if project.state is not ProjectState.PUBLISHED:
        raise _not_open(project, rule)


def require_not_started(project: Project, now: datetime, rule: str) -> None:
    """Refuse a project that has begun, by its state or by its first day, or that is cancelled.

    Args:
        project: The project.
        now: Domain time.
        rule: The rule that the refusal names.

    Raises:
        Refusal: `PROJECT_NOT_OPEN`.
    """
    if project.state not in {ProjectState.PUBLISHED, ProjectState.SUSPENDED}:
        raise _not_open(project, rule)
    if has_begun(project, now):
        raise PROJECT_NOT_OPEN(
            rule=rule,
            detail=("：培训已经开始", ": the training has begun"),
            status=project.state.value,
            startsOn=project.starts_on.isoformat(),
        )


def has_come(project: Project, calendar: Round | None, now: datetime) -> bool:
    """Whether the first day of a published project has come, and nobody decides on it any more (R23).

    A suspended project stands still, and so does one whose base may still decide that day.

    Args:
        project: The project.
        calendar: Its round.
        now: Domain time.
    """
    return project.state is ProjectState.PUBLISHED and now >= starts_at(project) and is_past(calendar, ADMIT, now)


def require_phase(calendar: Round | None, phase: str, now: datetime, rule: str) -> None:
    """Refuse outside a phase or step of the round's calendar (R1).

    Args:
        calendar: The round; None where there is none.
        phase: The name of the phase, or the code of the step.
        now: Domain time.
        rule: The rule that the refusal names.

    Raises:
        Refusal: `PHASE_CLOSED`, with the instants between which it is open.
    """
    if is_open(calendar, phase, now):
        return
    window = calendar.window(phase) if calendar else None
    raise PHASE_CLOSED(
        rule=rule,
        detail=_named(phase, window),
        phase=phase,
        opensAt=window.opens_at.astimezone(SHANGHAI).isoformat() if window else None,
        closesAt=window.closes_at.astimezone(SHANGHAI).isoformat() if window else None,
    )


def _named(phase: str, window: Phase | None) -> tuple[str, str]:
    """A phase or step with its first and last day, as far as the round has it."""
    zh, en = PHASES[phase]
    if window is None:
        return zh, en
    opens = window.opens_at.astimezone(SHANGHAI).date()
    closes = (window.closes_at - timedelta.resolution).astimezone(SHANGHAI).date()
    return f"{zh}（{opens}至{closes}）", f"{en} ({opens} to {closes}, both included)"


def has_step(calendar: Round | None, step: str) -> bool:
    """Whether a round has one of `STEPS` (R1)."""
    return calendar is not None and step in calendar.steps


def is_open(calendar: Round | None, phase: str, now: datetime) -> bool:
    """Whether a phase or step of the round's calendar is under way (R1)."""
    window = calendar.window(phase) if calendar else None
    return window is not None and window.opens_at <= now < window.closes_at


def is_past(calendar: Round | None, phase: str, now: datetime) -> bool:
    """Whether a phase or step of the round's calendar is over (R1)."""
    window = calendar.window(phase) if calendar else None
    return window is not None and window.closes_at <= now


def _not_open(project: Project, rule: str) -> Refusal:
    """The ministry can resume a suspended project; nobody opens one again that has begun or is cancelled."""
    return PROJECT_NOT_OPEN(
        rule=rule,
        unblock=Unblock.MINISTRY if project.state is ProjectState.SUSPENDED else Unblock.SELF,
        status=project.state.value,
    )
