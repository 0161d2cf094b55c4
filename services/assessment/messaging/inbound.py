"""The events that assessment consumes, and the effect of each on its own view of projects and attendees.

Each model has only the fields that assessment needs; what else an event carries is ignored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from chassis.context import current_act
from chassis.events import Envelope
from chassis.messaging.inbox import Handler, Row
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from services.assessment.commands.quota_proposals import find_proposal
from services.assessment.domain import project as projects
from services.assessment.domain.attendance import miss
from services.assessment.domain.quota_proposal import (
    LimitChange,
    QuotaLimit,
    QuotaProposal,
    RoundQuotas,
    follow_adjustment,
)
from services.assessment.domain.record import Record, follow
from services.assessment.domain.vocabulary import HeldMode, ProjectPhase, ProposalState
from services.assessment.store import AttendeeName, Store

_ACCEPTED = "enrollment.accepted"
_STATUS_ACCEPTED = "ACCEPTED"
_SUBMITTED, _DECIDED, _ESCALATED = "submitted", "decided", "escalated"
"""What may have happened to an application, as the fields of `Application` are called."""
_UNKNOWN_PROVINCE = "00"


@dataclass(frozen=True)
class TimetableSession:
    """A session of the timetable; without a mode of its own it is held in the project's."""

    id: str
    title: str
    date: date
    hours: int
    mode: HeldMode | None = None


@dataclass(frozen=True)
class FacultyMember:
    """One who teaches in the project, under a key that stays the same (R34)."""

    id: str
    name: str


@dataclass(frozen=True)
class ProjectPublished:
    """A project was published: attendance will be recorded for it."""

    project: str
    base: str
    year: int
    days: int
    mode: HeldMode
    sessions: tuple[TimetableSession, ...]
    province: str = "00"
    code: str | None = None
    title: str | None = None
    base_name: str | None = None
    category: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    class_hours: int | None = None
    faculty_members: tuple[FacultyMember, ...] = ()
    capacity: int | None = None

    @property
    def training(self) -> projects.Training | None:
        """What certificates say of it (R32); None where the event does not say it all."""
        if not (self.code and self.title and self.base_name and self.category):
            return None
        if not (self.starts_on and self.ends_on and self.class_hours):
            return None
        return projects.Training(
            code=self.code,
            title=self.title,
            base=self.base_name,
            province=self.province,
            category=self.category,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            class_hours=self.class_hours,
        )


@dataclass(frozen=True)
class ProjectAmended:
    """A project got a new timetable, and may have other days (R18)."""

    project: str
    sessions: tuple[TimetableSession, ...]
    starts_on: date | None = None
    ends_on: date | None = None
    faculty_members: tuple[FacultyMember, ...] = ()
    days: int | None = None


@dataclass(frozen=True)
class RoundTold:
    """A round was opened or amended (R1); an earlier release has not told its quotas."""

    year: int
    quotas: dict[str, int] | None = None


@dataclass(frozen=True)
class QuotaAdjusted:
    """The ministry gave a base another limit (R39)."""

    base: str
    year: int
    limit: int
    effective_from: date
    proposal: str | None = None
    follows_round: bool = False


@dataclass(frozen=True)
class ProjectMoved:
    """A project changed its state."""

    project: str


@dataclass(frozen=True)
class ProjectCancelled:
    """A project was called off by its base or by the ministry (R33)."""

    project: str
    by: str | None = None


@dataclass(frozen=True)
class ProjectFinished:
    """A project ended, or was recorded afterwards as held: then attendance is still to be recorded (R28, R29)."""

    project: str
    recorded_afterwards: bool = False
    finished_on: date | None = None
    overrun: bool = False


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


@dataclass(frozen=True)
class Escalated:
    """A base had not decided on an enrollment when admission closed (R23)."""

    project: str
    enrollment: str


@dataclass(frozen=True)
class Applied:
    """A school has handed an application in, or it was decided (R22, R23)."""

    project: str
    enrollment: str


@dataclass(frozen=True)
class Inherited:
    """Another school is responsible for an enrollment, for the one before was merged into it."""

    enrollment: str
    project: str
    base: str
    teacher: str
    school: str
    province: str


@dataclass(frozen=True)
class AttendeeNamed:
    """An attendee has a name, or another one than before; it is sealed to this service (ADR 52)."""

    enrollment: str
    key: str
    sealed: str


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
        """Store a project; of one that is stored already, fill in what an earlier release has not stored."""
        if stored := await self._store.projects.find(event.project, session):
            if (filled := _filled(stored, event, envelope)) != stored:
                await self._store.projects.put(filled, session)
            return
        project = projects.Project(
            id=event.project,
            version=envelope.order,
            base=event.base,
            year=event.year,
            days=event.days,
            phase=ProjectPhase.PUBLISHED,
            sessions=_timetable(event.sessions, event.mode),
            mode=event.mode,
            timetable=envelope.order,
            class_hours=event.class_hours,
            ends_on=event.ends_on,
            province=envelope.province,
            category=event.category,
            training=event.training,
            faculty=_faculty(event.faculty_members),
            capacity=event.capacity,
        )
        await self._store.projects.put(project, session)

    async def amended(self, event: ProjectAmended, envelope: Envelope, session: Session) -> None:
        """Replace the timetable, unless a later amendment came first; every amendment is remembered (R38)."""
        project = await self._store.projects.get(event.project, session)
        project = replace(project, amendments=(*project.amendments, envelope.order))
        if envelope.order >= project.timetable:
            sessions = _timetable(event.sessions, project.mode)
            amended = replace(
                project,
                sessions=sessions,
                timetable=envelope.order,
                ends_on=event.ends_on or project.ends_on,
                training=_moved(project.training, event.starts_on, event.ends_on),
                faculty=_faculty(event.faculty_members) or project.faculty,
                days=event.days or project.days,
            )
            await self._store.projects.put(amended, session)
        else:
            await self._store.projects.put(project, session)

    async def started(self, event: ProjectMoved, envelope: Envelope, session: Session) -> None:
        """Let the training begin; what is amended later is counted (R18, R38)."""
        if moved := await self._move(event.project, ProjectPhase.RUNNING, envelope, session):
            await self._store.projects.put(replace(moved, started=envelope.order), session)

    async def cancelled(self, event: ProjectCancelled, envelope: Envelope, session: Session) -> None:
        """Call the project off; who did is counted in the annual assessment (R33, R38)."""
        if moved := await self._move(event.project, ProjectPhase.CANCELLED, envelope, session):
            await self._store.projects.put(replace(moved, cancelled_by=event.by), session)

    async def round_told(self, event: RoundTold, envelope: Envelope, session: Session) -> None:
        """Keep what a round gives each category, for proposals of quotas (R39); a late event changes nothing."""
        stored = await self._store.rounds.find(str(event.year), session)
        if event.quotas is not None and (stored is None or stored.version < envelope.order):
            await self._store.rounds.put(RoundQuotas(str(event.year), envelope.order, event.quotas), session)

    async def quota_adjusted(self, event: QuotaAdjusted, envelope: Envelope, session: Session) -> None:
        """Keep the limits of a base, and note what was made of a proposal (R39); the round's own are kept with it."""
        if event.follows_round:
            return
        day = event.effective_from
        if event.proposal and (proposal := await find_proposal(self._store, event.proposal, day, session)):
            await self._decide(proposal, follow_adjustment(proposal, event.limit), session)
        key, change = f"{event.base}:{event.year}", LimitChange(envelope.order, event.limit, day)
        stored = await self._store.limits.find(key, session) or QuotaLimit(key, envelope.order)
        await self._store.limits.put(stored.after(change), session)

    async def _decide(self, proposal: QuotaProposal, decided: QuotaProposal, session: Session) -> None:
        if decided is proposal:
            return
        unit = UnitOfWork(session)
        stage = unit.insert if proposal.state is ProposalState.PROPOSED else unit.save
        stage(self._store.proposals, decided, act=current_act())
        await unit.flush()

    async def resumed(self, event: ProjectResumed, envelope: Envelope, session: Session) -> None:
        """Put the project back into the state it was suspended in."""
        await self._move(event.project, event.status, envelope, session)

    async def finished(self, event: ProjectFinished, envelope: Envelope, session: Session) -> None:
        """Finish the project; every attendee who took part in no session is a no-show (R29).

        Of a project that was recorded as held afterwards nobody can have recorded attendance yet, so nobody is a
        no-show before the project is completed.
        """
        moved = await self._move(event.project, ProjectPhase.FINISHED, envelope, session)
        if moved is None:
            return
        finished = replace(
            moved,
            recorded_afterwards=event.recorded_afterwards,
            finished_on=event.finished_on,
            overrun=moved.overrun or event.overrun,
        )
        await self._store.projects.put(finished, session)
        if not event.recorded_afterwards:
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

    async def suspended(self, event: ProjectMoved, envelope: Envelope, session: Session) -> None:
        """Suspend the project; that it ever was weighs in the draw of an inspection (R37)."""
        if moved := await self._move(event.project, ProjectPhase.SUSPENDED, envelope, session):
            await self._store.projects.put(replace(moved, suspended=True), session)

    async def escalated(self, rows: Sequence[Row], session: Session) -> None:
        """Note that bases left applications undecided: that weighs in draws and in assessments (R23, R37, R38)."""
        await self._store.applications.note(
            ((row.event.enrollment, row.event.project, _ESCALATED) for row in rows), session
        )
        for key in sorted({row.event.project for row in rows}):
            project = await self._store.projects.find(key, session)
            if project and not project.escalated:
                await self._store.projects.put(replace(project, escalated=True), session)

    async def submitted(self, rows: Sequence[Row], session: Session) -> None:
        """Note that schools have handed applications in, which bases are to decide in time (R22, R38)."""
        await self._store.applications.note(
            ((row.event.enrollment, row.event.project, _SUBMITTED) for row in rows), session
        )

    async def decided(self, rows: Sequence[Row], session: Session) -> None:
        """Note that applications were decided (R23, R38)."""
        await self._store.applications.note(
            ((row.event.enrollment, row.event.project, _DECIDED) for row in rows), session
        )

    async def attendees(self, rows: Sequence[Row], session: Session) -> None:
        """Open the records of teachers who are accepted, and close those of who left (R23, R26).

        A record keeps what was recorded in it. Who left without a record gets a closed one: an acceptance that arrives
        late then opens none.
        """
        if accepted_rows := [row for row in rows if row.envelope.type == _ACCEPTED]:
            await self.decided(accepted_rows, session)
        unit = UnitOfWork(session)
        loaded = await unit.load(self._store.records, [row.event.enrollment for row in rows])
        records = {record.id: record for record in loaded}
        for row in rows:
            key, version = row.event.enrollment, row.envelope.order
            accepted = row.envelope.type == _ACCEPTED or row.event.decided == _STATUS_ACCEPTED
            record = records.get(key)
            if record is None:
                first = replace(_record(row.event), live=accepted, enrollment_version=version, school_version=version)
                records[key] = unit.insert(self._store.records, first, act=row.act)
            elif (followed := follow(record, accepted=accepted, version=version)) is not record:
                records[key] = unit.save(self._store.records, followed, act=row.act)
        await unit.flush()

    async def inherited(self, rows: Sequence[Row], session: Session) -> None:
        """Let the successor confirm the credits of a school that was merged into it (R3, R31).

        Where there is no record yet there is a closed one from then on: an acceptance that arrives late opens it at
        the successor.
        """
        unit = UnitOfWork(session)
        loaded = await unit.load(self._store.records, [row.event.enrollment for row in rows])
        records = {record.id: record for record in loaded}
        for row in rows:
            key, version = row.event.enrollment, row.envelope.order
            record = records.get(key)
            if record is None:
                first = replace(_record(row.event), live=False, enrollment_version=0, school_version=version)
                records[key] = unit.insert(self._store.records, first, act=row.act)
            elif version > record.school_version:
                moved = replace(record, school=row.event.school, province=row.event.province, school_version=version)
                records[key] = unit.save(self._store.records, moved, act=row.act)
        await unit.flush()

    async def named(self, event: AttendeeNamed, envelope: Envelope, session: Session) -> None:
        """Keep an attendee's latest name, sealed as it came; a late event changes nothing (R32, ADR 52)."""
        stored = await self._store.names.find(event.enrollment, session)
        if stored is None or stored.version < envelope.order:
            name = AttendeeName(event.enrollment, envelope.order, event.key, event.sealed)
            await self._store.names.put(name, session)

    async def _move(
        self, key: str, phase: ProjectPhase, envelope: Envelope, session: Session
    ) -> projects.Project | None:
        """Put the project into a phase, unless a later event did so before.

        Events of one project arrive in order, but for a dead letter that is replayed: it comes after what followed it.

        Returns:
            The project in that phase; None where the phase was not taken.
        """
        project = await self._store.projects.get(key, session)
        if envelope.order < project.version:
            return None
        moved = replace(project, phase=phase, version=envelope.order)
        await self._store.projects.put(moved, session)
        return moved


def handlers(store: Store) -> dict[str, Handler]:
    """The handler of each event type."""
    effects = Effects(store)
    return {
        "catalog.round-opened": Handler(RoundTold, effects.round_told),
        "catalog.round-amended": Handler(RoundTold, effects.round_told),
        "catalog.quota-adjusted": Handler(QuotaAdjusted, effects.quota_adjusted),
        "catalog.project-published": Handler(ProjectPublished, effects.published),
        "catalog.project-amended": Handler(ProjectAmended, effects.amended),
        "catalog.project-started": Handler(ProjectMoved, effects.started),
        "catalog.project-finished": Handler(ProjectFinished, effects.finished),
        "catalog.project-completed": Handler(ProjectMoved, effects.completed),
        "catalog.project-cancelled": Handler(ProjectCancelled, effects.cancelled),
        "catalog.project-suspended": Handler(ProjectMoved, effects.suspended),
        "catalog.project-resumed": Handler(ProjectResumed, effects.resumed),
        _ACCEPTED: Handler(Attendee, many=effects.attendees),
        "enrollment.decision-revised": Handler(Attendee, many=effects.attendees),
        "enrollment.submitted": Handler(Applied, many=effects.submitted),
        "enrollment.rejected": Handler(Applied, many=effects.decided),
        "enrollment.waitlisted": Handler(Applied, many=effects.decided),
        "enrollment.escalated": Handler(Escalated, many=effects.escalated),
        "enrollment.withdrawn": Handler(Attendee, many=effects.attendees),
        "enrollment.substituted": Handler(Attendee, many=effects.attendees),
        "enrollment.cancelled": Handler(Attendee, many=effects.attendees),
        "enrollment.attendee-named": Handler(AttendeeNamed, effects.named),
        "enrollment.enrollment-inherited": Handler(Inherited, many=effects.inherited),
    }


def _filled(stored: projects.Project, event: ProjectPublished, envelope: Envelope) -> projects.Project:
    """The project with what its publication says and it lacks; what it has since been amended to stays (R18, R32)."""
    ends_on = stored.ends_on or event.ends_on
    return replace(
        stored,
        class_hours=event.class_hours if stored.class_hours is None else stored.class_hours,
        ends_on=ends_on,
        province=envelope.province if stored.province == _UNKNOWN_PROVINCE else stored.province,
        category=stored.category or event.category,
        training=stored.training or _moved(event.training, event.starts_on, ends_on),
        faculty=stored.faculty or _faculty(event.faculty_members),
        capacity=event.capacity if stored.capacity is None else stored.capacity,
    )


def _timetable(sessions: tuple[TimetableSession, ...], mode: HeldMode) -> tuple[projects.Session, ...]:
    return tuple(
        projects.Session(session.id, session.title, session.date, session.hours, session.mode or mode)
        for session in sessions
    )


def _faculty(members: tuple[FacultyMember, ...]) -> tuple[projects.RatedTeacher, ...]:
    return tuple(projects.RatedTeacher(member.id, member.name) for member in members)


def _record(event: Attendee | Inherited) -> Record:
    return Record(event.enrollment, 1, event.project, event.base, event.teacher, event.school, event.province)


def _moved(
    training: projects.Training | None, starts_on: date | None, ends_on: date | None
) -> projects.Training | None:
    if training is None or starts_on is None or ends_on is None:
        return training
    return replace(training, starts_on=starts_on, ends_on=ends_on)
