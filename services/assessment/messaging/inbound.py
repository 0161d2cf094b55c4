"""Which events come in and what each does; assessment keeps its own view of projects and attendees."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date

from chassis.events import Envelope
from chassis.messaging.inbox import Handler
from chassis.storage.mongo import Session
from services.assessment.domain import project as projects
from services.assessment.domain.record import Record, miss
from services.assessment.domain.vocabulary import HeldMode, ProjectPhase
from services.assessment.store import Store


@dataclass(frozen=True)
class TimetableSession:
    """A session, as far as attendance needs it; without a mode it is held as the project is."""

    id: str
    title: str
    date: date
    hours: int
    mode: HeldMode | None = None


@dataclass(frozen=True)
class ProjectPublished:
    """A project whose attendance will be kept."""

    project: str
    base: str
    year: int
    days: int
    mode: HeldMode
    sessions: tuple[TimetableSession, ...]


@dataclass(frozen=True)
class ProjectAmended:
    """A new timetable (R18)."""

    project: str
    sessions: tuple[TimetableSession, ...]


@dataclass(frozen=True)
class ProjectMoved:
    """Any event that only changes a project's state."""

    project: str


@dataclass(frozen=True)
class ProjectResumed:
    """A suspended project goes on in that state."""

    project: str
    status: ProjectPhase


@dataclass(frozen=True)
class Attendee:
    """Somebody will attend, or will not, or no longer."""

    enrollment: str
    project: str
    base: str
    teacher: str
    school: str
    province: str


class Effects:
    """What the events do.

    Args:
        store: Where.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def published(self, event: ProjectPublished, envelope: Envelope, session: Session) -> None:
        """Begin to keep a project."""
        if await self._store.projects.find(event.project, session):
            return
        kept = projects.Project(
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
        await self._store.projects.put(kept, session)

    async def amended(self, event: ProjectAmended, envelope: Envelope, session: Session) -> None:
        """Take the new timetable, unless a newer one has come before."""
        kept = await self._store.projects.get(event.project, session)
        if envelope.version >= kept.timetable:
            sessions = _timetable(event.sessions, kept.mode)
            await self._store.projects.put(replace(kept, sessions=sessions, timetable=envelope.version), session)

    async def resumed(self, event: ProjectResumed, envelope: Envelope, session: Session) -> None:
        """Go on where the project stopped."""
        await self._move(event.project, event.status, envelope, session)

    async def finished(self, event: ProjectMoved, envelope: Envelope, session: Session) -> None:
        """Close the timetable; who was never there is a no-show (R29)."""
        if not await self._move(event.project, ProjectPhase.FINISHED, envelope, session):
            return
        for record in await self._store.records.attendees(event.project, session):
            missed = miss(record)
            if missed:
                await self._store.records.save(record, missed, session)

    def moves(self, phase: ProjectPhase) -> Callable[[ProjectMoved, Envelope, Session], Awaitable[None]]:
        """An effect that puts the project into `phase`."""

        async def effect(event: ProjectMoved, envelope: Envelope, session: Session) -> None:
            await self._move(event.project, phase, envelope, session)

        return effect

    async def accepted(self, event: Attendee, _: Envelope, session: Session) -> None:
        """Open the record of an attendee; one that is there already stays as it is, with what was recorded since."""
        if not await self._store.records.find(event.enrollment, session):
            await self._store.records.insert(_record(event), (), session)

    async def left(self, event: Attendee, _: Envelope, session: Session) -> None:
        """Close the record of somebody who left; where there is none, one is made closed, and none opens later."""
        record = await self._store.records.find(event.enrollment, session)
        if record is None:
            await self._store.records.insert(replace(_record(event), live=False), (), session)
        elif record.live:
            await self._store.records.save(replace(record, live=False), (), session)

    async def _move(self, key: str, phase: ProjectPhase, envelope: Envelope, session: Session) -> bool:
        """Whether the project is in that phase now: a dead letter that is replayed comes after what came since."""
        kept = await self._store.projects.get(key, session)
        if envelope.version < kept.version:
            return False
        await self._store.projects.put(replace(kept, phase=phase, version=envelope.version), session)
        return True


def handlers(store: Store) -> dict[str, Handler]:
    """Event type to what it does."""
    effects = Effects(store)
    return {
        "catalog.project-published": Handler(ProjectPublished, effects.published),
        "catalog.project-amended": Handler(ProjectAmended, effects.amended),
        "catalog.project-started": Handler(ProjectMoved, effects.moves(ProjectPhase.RUNNING)),
        "catalog.project-finished": Handler(ProjectMoved, effects.finished),
        "catalog.project-cancelled": Handler(ProjectMoved, effects.moves(ProjectPhase.CANCELLED)),
        "catalog.project-suspended": Handler(ProjectMoved, effects.moves(ProjectPhase.SUSPENDED)),
        "catalog.project-resumed": Handler(ProjectResumed, effects.resumed),
        "enrollment.accepted": Handler(Attendee, effects.accepted),
        "enrollment.withdrawn": Handler(Attendee, effects.left),
        "enrollment.substituted": Handler(Attendee, effects.left),
        "enrollment.cancelled": Handler(Attendee, effects.left),
    }


def _timetable(sessions: tuple[TimetableSession, ...], mode: HeldMode) -> tuple[projects.Session, ...]:
    return tuple(projects.Session(one.id, one.title, one.date, one.hours, one.mode or mode) for one in sessions)


def _record(of: Attendee) -> Record:
    return Record(of.enrollment, 1, of.project, of.base, of.teacher, of.school, of.province)
