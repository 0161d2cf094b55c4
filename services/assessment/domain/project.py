"""Assessment's own view of a project, kept from catalog's events."""

from dataclasses import dataclass
from datetime import date

from services.assessment.domain.refusals import NOT_RUNNING, UNKNOWN_SESSION, WRONG_MODE
from services.assessment.domain.vocabulary import HeldMode, ProjectPhase, SessionMode


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the timetable.

    Attributes:
        id: Unique within the project.
        title: What it is about.
        date: When it is held.
        hours: Class hours.
        mode: How it is held.
    """

    id: str
    title: str
    date: date
    hours: int
    mode: HeldMode = HeldMode.OFFLINE

    def mode_of(self, said: SessionMode | None) -> SessionMode:
        """How an attendee takes part: as the session is held, or, at a blended one, as is said (offline by default).

        Raises:
            Refusal: `WRONG_MODE` (R29).
        """
        if self.mode is HeldMode.BLENDED:
            return said or SessionMode.OFFLINE
        held = SessionMode(self.mode.value)
        if said not in (None, held):
            raise WRONG_MODE(session=self.id, mode=held.value)
        return held


@dataclass(frozen=True, slots=True)
class Project:
    """A published project.

    Attributes:
        id: Catalog's id.
        version: Catalog's own, when it came into this phase.
        base: Who holds it.
        year: Its round.
        days: What credit is counted by (R31).
        phase: Its state, as far as assessment needs it.
        sessions: Its timetable.
        mode: How sessions are held that do not say it.
        timetable: Catalog's version of the project when it got these sessions.
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

    def require_running(self) -> None:
        """Attendance and results belong to a training that has begun.

        Raises:
            Refusal: `NOT_RUNNING` (R29).
        """
        if self.phase not in (ProjectPhase.RUNNING, ProjectPhase.FINISHED):
            raise NOT_RUNNING(phase=self.phase.value)

    def require_session(self, key: str) -> Session:
        """The session of that id.

        Raises:
            Refusal: `UNKNOWN_SESSION` (R29).
        """
        for session in self.sessions:
            if session.id == key:
                return session
        raise UNKNOWN_SESSION(session=key)
