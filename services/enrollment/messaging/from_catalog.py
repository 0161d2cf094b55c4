"""What the catalog's events do: the projection of rounds and projects, and the end of enrolments (R18, R33)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from chassis.events import Envelope
from chassis.messaging.inbox import Effect, Handler
from chassis.storage.mongo import Session
from kernel.dates import SHANGHAI
from services.enrollment.commands import Deps, renew_offers, sweep, tell_of_amendment
from services.enrollment.domain.project import Phase, Project, Round, moved
from services.enrollment.domain.seats import Seats
from services.enrollment.domain.vocabulary import ProjectState
from services.enrollment.messaging.inbound import (
    Days,
    ProjectAmended,
    ProjectMoved,
    ProjectPublished,
    ProjectResumed,
    RoundCalendar,
)


def catalog_handlers(deps: Deps) -> Mapping[str, Handler]:
    """A handler for each of the catalog's events that concern enrolment."""
    effects = _CatalogEffects(deps)

    async def after_move(envelope: Envelope) -> None:
        await sweep(deps, envelope.subject)

    async def after_resumption(_: Envelope) -> None:
        deps.wake.set()

    async def after_amendment(envelope: Envelope) -> None:
        await tell_of_amendment(deps, envelope.subject)

    return {
        "catalog.round-opened": Handler(RoundCalendar, effects.keep_calendar),
        "catalog.phase-extended": Handler(RoundCalendar, effects.keep_calendar),
        "catalog.project-published": Handler(ProjectPublished, effects.keep_project),
        "catalog.project-amended": Handler(ProjectAmended, effects.amend, after_amendment),
        "catalog.project-started": Handler(ProjectMoved, effects.move_to(ProjectState.RUNNING), after_move),
        "catalog.project-finished": Handler(ProjectMoved, effects.move_to(ProjectState.FINISHED), after_move),
        "catalog.project-cancelled": Handler(ProjectMoved, effects.move_to(ProjectState.CANCELLED), after_move),
        "catalog.project-suspended": Handler(ProjectMoved, effects.move_to(ProjectState.SUSPENDED)),
        "catalog.project-resumed": Handler(ProjectResumed, effects.resume, after_resumption),
    }


class _CatalogEffects:
    def __init__(self, deps: Deps) -> None:
        self._office = deps
        self._store = deps.store

    async def keep_calendar(self, event: RoundCalendar, envelope: Envelope, session: Session) -> None:
        known = await self._store.rounds.find(str(event.year), session)
        if known is None or known.version < envelope.version:
            calendar = {name: _phase(days) for name, days in event.calendar.items()}
            await self._store.rounds.put(Round(str(event.year), envelope.version, calendar), session)

    async def keep_project(self, event: ProjectPublished, envelope: Envelope, session: Session) -> None:
        if await self._store.projects.find(event.project, session):
            return
        project = Project(
            id=event.project,
            version=envelope.version,
            code=event.code,
            title=event.title,
            base=event.base,
            base_name=event.base_name,
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
        await self._store.seating.pass_doors(project.id, session)
        await self._store.seating.open_project(Seats(project.id, project.capacity), session)

    async def amend(self, event: ProjectAmended, envelope: Envelope, session: Session) -> None:
        known = await self._known(event.project, envelope, session)
        if known is None:
            return
        amended = replace(
            known,
            version=envelope.version,
            starts_on=event.starts_on,
            ends_on=event.ends_on,
            amended_at=self._office.clock.now(),
            amendment=event.reason,
        )
        await self._store.projects.put(amended, session)
        await self._store.seating.move_dates(event.project, event.starts_on, event.ends_on, session)

    def move_to(self, state: ProjectState) -> Effect:
        """The effect of an event that puts a project into a state."""

        async def effect(event: ProjectMoved, envelope: Envelope, session: Session) -> None:
            await self._move(event.project, state, event.reason, envelope, session)

        return effect

    async def resume(self, event: ProjectResumed, envelope: Envelope, session: Session) -> None:
        project = await self._move(event.project, event.status, None, envelope, session)
        if project:
            await renew_offers(self._office, project, session)

    async def _move(
        self, key: str, state: ProjectState, reason: str | None, envelope: Envelope, session: Session
    ) -> Project | None:
        known = await self._known(key, envelope, session)
        if known is None:
            return None
        project = moved(known, envelope.version, state, reason)
        await self._store.projects.put(project, session)
        await self._store.seating.pass_doors(key, session)
        return project

    async def _known(self, key: str, envelope: Envelope, session: Session) -> Project | None:
        """The projection, unless a later event has been taken in already, or the project was never published."""
        known = await self._store.projects.find(key, session)
        return known if known and known.version < envelope.version else None


def _phase(days: Days) -> Phase:
    """Inclusive days as a half-open interval of instants (R1)."""
    return Phase(_midnight(days.opens), _midnight(days.closes + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
