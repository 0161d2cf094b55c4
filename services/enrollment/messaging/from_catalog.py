"""What the catalog's events do: rounds and projects as enrollment knows them, and their enrollments (R18, R33)."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from chassis.events import Envelope
from chassis.messaging.inbox import Effect, Handler
from chassis.storage.mongo import Session
from kernel.dates import SHANGHAI
from services.enrollment.commands import (
    Deps,
    offer_after_suspension,
    renew_offers,
    revive_lapsed,
    sweep,
    tell_of_amendment,
)
from services.enrollment.domain.project import STEPS, Phase, Project, Round, moved
from services.enrollment.domain.project import amended as after_amendment
from services.enrollment.domain.seats import Seats
from services.enrollment.domain.vocabulary import ProjectState
from services.enrollment.messaging.inbound import (
    BaseRenamed,
    Days,
    ProjectAmended,
    ProjectMoved,
    ProjectPublished,
    ProjectResumed,
    RoundCalendar,
    StepDays,
)
from services.enrollment.messaging.news import with_news


def catalog_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of the catalog's events that concern enrollment, by event type.

    An effect writes the projection in the inbox's transaction. What may touch any number of enrollments comes after
    it, in transactions of its own; it is run again on a redelivery, and is idempotent.
    """
    effects = _CatalogEffects(deps)

    async def close_enrollments(envelope: Envelope) -> None:
        await sweep(deps, envelope.subject)

    async def offer_seats(envelope: Envelope) -> None:
        deps.wake.set()  # after the commit: the sender would not see the renewed offers' deliveries before
        await offer_after_suspension(deps, envelope.subject)

    async def notify_of_amendment(envelope: Envelope) -> None:
        await revive_lapsed(deps, envelope.subject)
        await tell_of_amendment(deps, envelope.subject)

    start, finish, cancel, suspend = (
        effects.set_state(state)
        for state in (ProjectState.RUNNING, ProjectState.FINISHED, ProjectState.CANCELLED, ProjectState.SUSPENDED)
    )
    handlers = {
        "catalog.round-opened": Handler(RoundCalendar, effects.store_calendar),
        "catalog.phase-extended": Handler(RoundCalendar, effects.store_calendar),
        "catalog.round-amended": Handler(RoundCalendar, effects.store_calendar),
        "catalog.base-renamed": Handler(BaseRenamed, effects.rename_base),
        "catalog.project-published": Handler(ProjectPublished, effects.store_project),
        "catalog.project-amended": Handler(ProjectAmended, effects.amend_project, notify_of_amendment),
        "catalog.project-started": Handler(ProjectMoved, start, close_enrollments),
        "catalog.project-finished": Handler(ProjectMoved, finish, close_enrollments),
        "catalog.project-cancelled": Handler(ProjectMoved, cancel, close_enrollments),
        "catalog.project-suspended": Handler(ProjectMoved, suspend),
        "catalog.project-resumed": Handler(ProjectResumed, effects.resume_project, offer_seats),
    }
    return with_news(handlers, deps)


class _CatalogEffects:
    """Effects on the projection of rounds and projects; each ignores an event that a later one has overtaken.

    A command reads the project here in a transaction of its own, which a snapshot lets go on with the old project. So
    the effects write documents that those commands write too (`Seating.touch_all`). One of the two then conflicts
    and runs again on what the other has written (notes N21).
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._store = deps.store

    async def store_calendar(self, event: RoundCalendar, envelope: Envelope, session: Session) -> None:
        """Store a round's calendar, with the steps that are held here (R1, ADR 33)."""
        stored = await self._store.rounds.find(str(event.year), session)
        if stored is None or stored.version < envelope.order:
            calendar = {name: _phase(days) for name, days in event.calendar.items()}
            steps = {step.code: _phase(step) for step in event.steps if step.code in STEPS}
            await self._store.rounds.put(Round(str(event.year), envelope.order, calendar, steps), session)

    async def rename_base(self, event: BaseRenamed, envelope: Envelope, session: Session) -> None:
        """Show the base of its projects under its new name, in lists and workbooks (R2, R42)."""
        if not await self._store.base_names.rename(event.base, event.name, envelope.order, session):
            return
        named = {"$set": {"base_name": event.name}}
        await self._store.projects.collection.update_many({"base": event.base}, named, session=session)

    async def store_project(self, event: ProjectPublished, envelope: Envelope, session: Session) -> None:
        """Store a published project and open its seats (R17, R23).

        The catalog publishes a project under the name that its base has then. Where another is on file here, the
        rename came in first, though it was sent later (R2).
        """
        if await self._store.projects.find(event.project, session):
            return
        renamed = await self._store.base_names.latest(event.base, session)
        project = Project(
            id=event.project,
            version=envelope.order,
            code=event.code,
            title=event.title,
            base=event.base,
            base_name=renamed or event.base_name,
            organization=event.organization,
            province=event.province,
            year=event.year,
            starts_on=event.starts_on,
            ends_on=event.ends_on,
            capacity=event.capacity,
            audience=event.audience,
            category=event.category,
        )
        await self._store.projects.put(project, session)
        await self._store.seating.create_seats(Seats(project.id, project.capacity), session)
        await self._store.seating.touch_all(project, session)

    async def amend_project(self, event: ProjectAmended, envelope: Envelope, session: Session) -> None:
        """Store new dates, for the project and for whoever is accepted in it (R18, R19)."""
        project = await self._project_before(event.project, envelope, session)
        if project is None:
            return
        days = event.starts_on, event.ends_on
        amended = after_amendment(project, envelope.order, days, event.reason, self._deps.clock.now())
        await self._store.projects.put(amended, session)
        await self._store.seating.touch_all(amended, session)
        await self._store.seating.move_dates(event.project, event.starts_on, event.ends_on, session)

    def set_state(self, state: ProjectState) -> Effect:
        """The effect of an event that moves a project to `state`."""

        async def effect(event: ProjectMoved, envelope: Envelope, session: Session) -> None:
            await self._set_state(event.project, state, event.reason, envelope, session)

        return effect

    async def resume_project(self, event: ProjectResumed, envelope: Envelope, session: Session) -> None:
        """Let a suspended project go on, and give its open offers their whole time anew (R25)."""
        project = await self._set_state(event.project, event.status, None, envelope, session)
        if project:
            await renew_offers(self._deps, project, session)

    async def _set_state(
        self, key: str, state: ProjectState, reason: str | None, envelope: Envelope, session: Session
    ) -> Project | None:
        before = await self._project_before(key, envelope, session)
        if before is None:
            return None
        project = moved(before, envelope.order, state, reason)
        await self._store.projects.put(project, session)
        await self._store.seating.touch_all(project, session)
        return project

    async def _project_before(self, key: str, envelope: Envelope, session: Session) -> Project | None:
        """The stored project, unless it has a later version than the event, or was never published."""
        project = await self._store.projects.find(key, session)
        return project if project and project.version < envelope.order else None


def _phase(days: Days | StepDays) -> Phase:
    """Days, first and last included, as a half-open interval of instants in Asia/Shanghai (R1)."""
    return Phase(_midnight(days.opens), _midnight(days.closes + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
