"""The events that assessment consumes, and the effect of each on its own view of projects and attendees.

Each model has only the fields that assessment needs; what else an event carries is ignored.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chassis.context import current_act
from chassis.events import Envelope
from chassis.messaging.inbox import Handler, Row
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from services.assessment.domain import project as projects
from services.assessment.domain.record import Record, follow, miss
from services.assessment.domain.vocabulary import HeldMode, ProjectPhase
from services.assessment.store import Store

_ACCEPTED = "enrollment.accepted"
_STATUS_ACCEPTED = "ACCEPTED"


@dataclass(frozen=True)
class TimetableSession:
    """A session of the timetable; without a mode of its own it is held in the project's."""

    id: str
    title: str
    date: date
    hours: int
    mode: HeldMode | None = None


@dataclass(frozen=True)
class ProjectPublished:
    """A project was published: attendance will be recorded for it."""

    project: str
    base: str
    year: int
    days: int
    mode: HeldMode
    sessions: tuple[TimetableSession, ...]


@dataclass(frozen=True)
class ProjectAmended:
    """A project got a new timetable (R18)."""

    project: str
    sessions: tuple[TimetableSession, ...]


@dataclass(frozen=True)
class ProjectMoved:
    """A project changed its state."""

    project: str


@dataclass(frozen=True)
class ProjectFinished:
    """A project ended, or was recorded afterwards as held: then attendance is still to be recorded (R28, R29)."""

    project: str
    recorded_afterwards: bool = False


@dataclass(frozen=True)
class ProjectResumed:
    """A suspended project resumed in the state `status`."""

    project: str
    status: ProjectPhase


@dataclass(frozen=True)
class Attendee:
    """A teacher was accepted, or left: withdrawn, substituted or cancelled, or the decision was revised.

    Attributes:
        decided: The state that a revised decision leads to; None in the other events.
    """

    enrollment: str
    project: str
    base: str
    teacher: str
    school: str
    province: str
    decided: str | None = None


class Effects:
    """The effects of the events.

    Each method takes the event's model, its envelope, and the session of the transaction that also marks the event as
    consumed, or several events at once; it must use that session in every read and write.

    Args:
        store: The service's repositories.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def published(self, event: ProjectPublished, envelope: Envelope, session: Session) -> None:
        """Store a project; one that is stored already stays as it is."""
        if await self._store.projects.find(event.project, session):
            return
        project = projects.Project(
            id=event.project,
            version=envelope.version,
            base=event.base,
            year=event.year,
            days=event.days,
            phase=ProjectPhase.PUBLISHED,
            sessions=_timetable(event.sessions, event.mode),
            mode=event.mode,
            timetable=envelope.version,
        )
        await self._store.projects.put(project, session)

    async def amended(self, event: ProjectAmended, envelope: Envelope, session: Session) -> None:
        """Replace the timetable, unless a later amendment came first."""
        project = await self._store.projects.get(event.project, session)
        if envelope.version >= project.timetable:
            sessions = _timetable(event.sessions, project.mode)
            await self._store.projects.put(replace(project, sessions=sessions, timetable=envelope.version), session)

    async def resumed(self, event: ProjectResumed, envelope: Envelope, session: Session) -> None:
        """Put the project back into the state it was suspended in."""
        await self._move(event.project, event.status, envelope, session)

    async def finished(self, event: ProjectFinished, envelope: Envelope, session: Session) -> None:
        """Finish the project; every attendee who took part in no session is a no-show (R29).

        Of a project that was recorded as held afterwards nobody can have recorded attendance yet, so nobody is a
        no-show before the project is completed.
        """
        moved = await self._move(event.project, ProjectPhase.FINISHED, envelope, session)
        if moved and event.recorded_afterwards:
            await self._store.projects.put(replace(moved, recorded_afterwards=True), session)
        elif moved:
            await self._miss(event.project, session)

    async def completed(self, event: ProjectMoved, envelope: Envelope, session: Session) -> None:
        """Complete the project; of one that was recorded afterwards, the no-shows are known now (R29)."""
        moved = await self._move(event.project, ProjectPhase.COMPLETED, envelope, session)
        if moved and moved.recorded_afterwards:
            await self._miss(event.project, session)

    async def _miss(self, project: str, session: Session) -> None:
        unit = UnitOfWork(session)
        for record in await self._store.records.attendees(project, session):
            if events := miss(record):
                unit.save(self._store.records, record, events, act=current_act())
        await unit.flush()

    def moves(self, phase: ProjectPhase) -> Callable[[ProjectMoved, Envelope, Session], Awaitable[None]]:
        """The effect that puts a project into `phase`."""

        async def effect(event: ProjectMoved, envelope: Envelope, session: Session) -> None:
            await self._move(event.project, phase, envelope, session)

        return effect

    async def attendees(self, rows: Sequence[Row], session: Session) -> None:
        """Open the records of teachers who are accepted, and close those of who left (R23, R26).

        A record keeps what was recorded in it. Who left without a record gets a closed one: an acceptance that arrives
        late then opens none.
        """
        unit = UnitOfWork(session)
        loaded = await unit.load(self._store.records, [row.event.enrollment for row in rows])
        records = {record.id: record for record in loaded}
        for row in rows:
            key, version = row.event.enrollment, row.envelope.version
            accepted = row.envelope.type == _ACCEPTED or row.event.decided == _STATUS_ACCEPTED
            record = records.get(key)
            if record is None:
                first = replace(_record(row.event), live=accepted, enrollment_version=version)
                records[key] = unit.insert(self._store.records, first, act=row.act)
            elif (followed := follow(record, accepted=accepted, version=version)) is not record:
                records[key] = unit.save(self._store.records, followed, act=row.act)
        await unit.flush()

    async def _move(
        self, key: str, phase: ProjectPhase, envelope: Envelope, session: Session
    ) -> projects.Project | None:
        """Put the project into a phase, unless a later event did so before.

        Events of one project arrive in order, but for a dead letter that is replayed: it comes after what followed it.

        Returns:
            The project in that phase; None where the phase was not taken.
        """
        project = await self._store.projects.get(key, session)
        if envelope.version < project.version:
            return None
        moved = replace(project, phase=phase, version=envelope.version)
        await self._store.projects.put(moved, session)
        return moved


def handlers(store: Store) -> dict[str, Handler]:
    """The handler of each event type."""
    effects = Effects(store)
    return {
        "catalog.project-published": Handler(ProjectPublished, effects.published),
        "catalog.project-amended": Handler(ProjectAmended, effects.amended),
        "catalog.project-started": Handler(ProjectMoved, effects.moves(ProjectPhase.RUNNING)),
        "catalog.project-finished": Handler(ProjectFinished, effects.finished),
        "catalog.project-completed": Handler(ProjectMoved, effects.completed),
        "catalog.project-cancelled": Handler(ProjectMoved, effects.moves(ProjectPhase.CANCELLED)),
        "catalog.project-suspended": Handler(ProjectMoved, effects.moves(ProjectPhase.SUSPENDED)),
        "catalog.project-resumed": Handler(ProjectResumed, effects.resumed),
        _ACCEPTED: Handler(Attendee, many=effects.attendees),
        "enrollment.decision-revised": Handler(Attendee, many=effects.attendees),
        "enrollment.withdrawn": Handler(Attendee, many=effects.attendees),
        "enrollment.substituted": Handler(Attendee, many=effects.attendees),
        "enrollment.cancelled": Handler(Attendee, many=effects.attendees),
    }


def _timetable(sessions: tuple[TimetableSession, ...], mode: HeldMode) -> tuple[projects.Session, ...]:
    return tuple(
        projects.Session(session.id, session.title, session.date, session.hours, session.mode or mode)
        for session in sessions
    )


def _record(event: Attendee) -> Record:
    return Record(event.enrollment, 1, event.project, event.base, event.teacher, event.school, event.province)
