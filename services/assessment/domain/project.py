"""Assessment's own view of a project, built from catalog's events."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kernel.dates import today
from services.assessment.domain.refusals import (
    INVALID_HOURS,
    NOT_FINISHED,
    NOT_RUNNING,
    SESSION_NOT_YET_HELD,
    UNKNOWN_SESSION,
    WRONG_MODE,
)
from services.assessment.domain.vocabulary import HeldMode, ProjectPhase, SessionMode


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the timetable.

    Attributes:
        id: Unique within the project.
        title: Its title.
        date: The day it is held, in Asia/Shanghai.
        hours: Class hours.
        mode: Online, offline or blended.
    """

    id: str
    title: str
    date: date
    hours: int
    mode: HeldMode = HeldMode.OFFLINE

    def mode_of(self, stated: SessionMode | None) -> SessionMode:
        """The mode in which an attendee takes part (R29).

        Args:
            stated: As the attendance list states it; may be None.

        Returns:
            The session's mode; of a blended session the stated one, or offline where none is stated.

        Raises:
            Refusal: `WRONG_MODE`: the stated mode is not the session's.
        """
        if self.mode is HeldMode.BLENDED:
            return stated or SessionMode.OFFLINE
        mode = SessionMode(self.mode.value)
        if stated not in (None, mode):
            raise WRONG_MODE(session=self.id, mode=mode.value)
        return mode

    def hours_of(self, *, present: bool, stated: int | None) -> int:
        """The class hours that an attendee took part in (R29).

        Args:
            present: Whether the attendee took part.
            stated: As the attendance list states them, of whoever came late or left early; None for the whole session.

        Raises:
            Refusal: `INVALID_HOURS`: more than the session has, none of somebody present, or any of somebody absent.
        """
        most = self.hours if present else 0
        hours = most if stated is None else stated
        if not min(1, most) <= hours <= most:
            raise INVALID_HOURS(session=self.id, most=self.hours)
        return hours

    def require_held(self, now: datetime) -> None:
        """Require that the day of the session has come (R29).

        Raises:
            Refusal: `SESSION_NOT_YET_HELD`.
        """
        if self.date > today(now):
            raise SESSION_NOT_YET_HELD(session=self.id, date=self.date.isoformat())


RESULTS_WITHIN = timedelta(days=15)
"""How long after the end of a training its results are to be published [D]."""
PUBLISHED_AFTER = timedelta(days=30)
"""How long after the end of a training what there is of results is published by itself [D]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What certificates say of a project (R32).

    Attributes:
        code: The project's readable code.
        title: Its title.
        base: The base's name when the project was published.
        province: Two-digit code of the base's province.
        category: The base's category.
        starts_on: The first day.
        ends_on: The last day.
        class_hours: Class hours of the plan.
    """

    code: str
    title: str
    base: str
    province: str
    category: str
    starts_on: date
    ends_on: date
    class_hours: int


@dataclass(frozen=True, slots=True)
class RatedTeacher:
    """One who teaches in a project, and whom its attendees rate (R34).

    Attributes:
        key: `f1`, `f2` …; fixed within the project.
        name: The name in the plan.
    """

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """A published project.

    Attributes:
        id: Catalog's id.
        version: `Envelope.order` of the event by which it entered its phase; an event of a lower one is late.
        base: Id of the base that holds it.
        year: The year of its round.
        days: Training days, which credit is counted by (R31).
        phase: Its state, as far as assessment needs it.
        sessions: Its timetable.
        mode: The mode of sessions that state none.
        timetable: `Envelope.order` of the event that gave it these sessions; an amendment of a lower one is late.
        recorded_afterwards: Whether its base recorded after its last day that it was held, without having started it.
        class_hours: The plan's class hours; None in documents of earlier releases, where the timetable's sum counts.
        ends_on: The plan's last day; None in documents of earlier releases.
        finished_on: The day on which it was said to be over; None before, and where the event did not say it.
        province: Two-digit code of the base's province; `00` where it is not known.
        category: The category of its base; None where an earlier release has stored the project.
        escalated: Whether its base left applications undecided (R23).
        overrun: Whether it went past its window without an extension (R28).
        suspended: Whether the ministry has ever suspended it.
        training: What certificates say of it; None in documents of earlier releases.
        faculty: Who teaches; empty where the catalog has not told it.
        capacity: The planned seats; None where an earlier release has stored the project.
        cancelled_by: The role that called it off, `base` or `ministry`; None while it is not, and where an earlier
            release has stored that.
        started: `Envelope.order` of the event by which its training began; None before, and likewise.
        amendments: Catalog's versions of the project in which it was amended.
    """

    id: str
    version: int
    base: str
    year: int
    days: int
    phase: ProjectPhase
    sessions: tuple[Session, ...]
    mode: HeldMode = HeldMode.OFFLINE
    timetable: int = 0
    recorded_afterwards: bool = False
    class_hours: int | None = None
    ends_on: date | None = None
    finished_on: date | None = None
    province: str = "00"
    category: str | None = None
    escalated: bool = False
    overrun: bool = False
    suspended: bool = False
    training: Training | None = None
    faculty: tuple[RatedTeacher, ...] = ()
    capacity: int | None = None
    cancelled_by: str | None = None
    started: int | None = None
    amendments: tuple[int, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the training is over: attendance is corrected with reasons, and results are recorded (R30)."""
        return self.phase in (ProjectPhase.FINISHED, ProjectPhase.COMPLETED)

    @property
    def amended_since_start(self) -> int:
        """How often it was amended after its training had begun (R18, R38)."""
        started = self.started
        return 0 if started is None else sum(version > started for version in self.amendments)

    @property
    def hours(self) -> int:
        """The plan's class hours; credit never goes beyond them (R31)."""
        return sum(session.hours for session in self.sessions) if self.class_hours is None else self.class_hours

    @property
    def last_day(self) -> date | None:
        """The last training day; None where neither plan nor timetable says it."""
        return self.ends_on or max((session.date for session in self.sessions), default=None)

    @property
    def results_due_on(self) -> date | None:
        """Until when the base is to publish the results; None while the training is not over (R30)."""
        ended_on = self.ended_on
        return ended_on and ended_on + RESULTS_WITHIN

    @property
    def published_on(self) -> date | None:
        """The day on which what there is of results is published by itself; None while the training is not over."""
        ended_on = self.ended_on
        return ended_on and ended_on + PUBLISHED_AFTER

    @property
    def ended_on(self) -> date | None:
        """The day on which the training was over; None while it is not."""
        return (self.finished_on or self.last_day) if self.is_over else None

    def due_hours(self, now: datetime) -> int:
        """The class hours that an attendee should have attended: so far, or in all once the training is over (R29).

        A timetable may have groups side by side, so no more are due than the plan has class hours (ADR 34).
        """
        day = today(now)
        return min(self.hours, sum(session.hours for session in self.sessions if self.is_over or session.date <= day))

    @property
    def no_shows_are_told(self) -> bool:
        """Whether no-shows are told by now: since its end, or since its completion if recorded afterwards (R29)."""
        if self.phase is ProjectPhase.FINISHED:
            return not self.recorded_afterwards
        return self.phase is ProjectPhase.COMPLETED

    def require_running(self) -> None:
        """Require that the training has begun, or is over: attendance is recorded from then on (R29).

        A completed project is open to corrections, too (R30).

        Raises:
            Refusal: `NOT_RUNNING`.
        """
        if self.phase not in (ProjectPhase.RUNNING, ProjectPhase.FINISHED, ProjectPhase.COMPLETED):
            raise NOT_RUNNING(phase=self.phase.value)

    def require_finished(self, rule: str = "R30") -> None:
        """Require that the training is over: results are recorded, and credits confirmed, from then on (R30, R31).

        Raises:
            Refusal: `NOT_FINISHED`.
        """
        if not self.is_over:
            raise NOT_FINISHED(rule=rule, phase=self.phase.value)

    def require_session(self, key: str) -> Session:
        """The session of that id in the timetable (R29).

        Raises:
            Refusal: `UNKNOWN_SESSION`.
        """
        for session in self.sessions:
            if session.id == key:
                return session
        raise UNKNOWN_SESSION(session=key)
