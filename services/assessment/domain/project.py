"""Assessment's own view of a project, kept from catalog's events."""

from dataclasses import dataclass
from datetime import date

from chassis.errors import Refusal, Unblock
from services.assessment.domain.vocabulary import ProjectPhase


@dataclass(frozen=True, slots=True)
class Session:
    """A session of the timetable.

    Attributes:
        id: Unique within the project.
        title: What it is about.
        date: When it is held.
        hours: Class hours.
    """

    id: str
    title: str
    date: date
    hours: int


@dataclass(frozen=True, slots=True)
class Project:
    """A published project.

    Attributes:
        id: Catalog's id.
        version: Of the projection.
        base: Who holds it.
        year: Its round.
        days: What credit is counted by (R31).
        phase: Its state, as far as assessment needs it.
        sessions: Its timetable.
    """

    id: str
    version: int
    base: str
    year: int
    days: int
    phase: ProjectPhase
    sessions: tuple[Session, ...]

    def require_running(self) -> None:
        """Attendance and results belong to a training that has begun.

        Raises:
            Refusal: `NOT_RUNNING` (R29).
        """
        if self.phase not in (ProjectPhase.RUNNING, ProjectPhase.FINISHED):
            raise Refusal(
                "NOT_RUNNING",
                "培训尚未开始，不能登记考勤和结果",
                "The training has not begun: no attendance and no results yet",
                rule="R29",
                unblock=Unblock.BASE,
                phase=self.phase.value,
            )

    def require_session(self, key: str) -> Session:
        """The session of that id.

        Raises:
            Refusal: `UNKNOWN_SESSION` (R29).
        """
        for session in self.sessions:
            if session.id == key:
                return session
        raise Refusal(
            "UNKNOWN_SESSION",
            "该课次不在项目课程表中",
            "The timetable has no such session",
            rule="R29",
            unblock=Unblock.SELF,
            session=key,
        )
