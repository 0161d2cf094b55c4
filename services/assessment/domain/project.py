"""Assessment's own view of a project, built from catalog's events."""

from dataclasses import dataclass
from datetime import date

from services.assessment.domain.refusals import NOT_RUNNING, UNKNOWN_SESSION, WRONG_MODE
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


@dataclass(frozen=True, slots=True)
class Project:
    """A published project.

    Attributes:
        id: Catalog's id.
        version: Catalog's version of the project when it entered its phase; an event of a lower version is late.
        base: Id of the base that holds it.
        year: The year of its round.
        days: Training days, which credit is counted by (R31).
        phase: Its state, as far as assessment needs it.
        sessions: Its timetable.
        mode: The mode of sessions that state none.
        timetable: Catalog's version of the project when it got these sessions; an amendment of a lower one is late.
        recorded_afterwards: Whether its base recorded after its last day that it was held, without having started it.
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

    @property
    def no_shows_are_told(self) -> bool:
        """Whether no-shows are told by now: since its end, or since its completion if recorded afterwards (R29)."""
        if self.phase is ProjectPhase.FINISHED:
            return not self.recorded_afterwards
        return self.phase is ProjectPhase.COMPLETED

    def require_running(self) -> None:
        """Require that the training has begun, or is over: attendance and results are recorded from then on (R29).

        A completed project is open to corrections, too (R30).

        Raises:
            Refusal: `NOT_RUNNING`.
        """
        if self.phase not in (ProjectPhase.RUNNING, ProjectPhase.FINISHED, ProjectPhase.COMPLETED):
            raise NOT_RUNNING(phase=self.phase.value)

    def require_session(self, key: str) -> Session:
        """The session of that id in the timetable (R29).

        Raises:
            Refusal: `UNKNOWN_SESSION`.
        """
        for session in self.sessions:
            if session.id == key:
                return session
        raise UNKNOWN_SESSION(session=key)
