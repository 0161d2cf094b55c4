"""A project from publication to its end: amended, started, finished, recorded, completed, ended (R18, R28, R33)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import structlog

from chassis.commands.bulk import Row, run
from chassis.commands.guards import require_scope
from chassis.context import current_act
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import Session
from kernel.dates import today
from kernel.free_text import PersonName, Reason
from kernel.refusals import WRONG_STATE
from services.catalog.commands.bulk import Loaded, ProjectBatch, Step
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import own_project, require_own_base, require_province, require_version, round_of
from services.catalog.domain import lifecycle, window
from services.catalog.domain.lifecycle import Amendment
from services.catalog.domain.plan import Plan, checked_texts
from services.catalog.domain.project import Project
from services.catalog.domain.vocabulary import ProjectStatus

log = structlog.get_logger()


@idempotent("projects", name="amend_project")
async def amend_project(
    deps: Deps,
    principal: Principal,
    *,
    key: str,
    version: int,
    given: Amendment,
    days: int | None = None,
    session_teachers: Mapping[str, str] | None = None,
) -> Project:
    """Change venue, dates or faculty after publication (R18).

    Args:
        deps: The service's dependencies.
        principal: The base.
        key: The project's id.
        version: The version that was read.
        given: The new values and the reason, as they were typed. Its fields enter the marks of requests, so none may
            be added.
        days: Of training. Not passed where none were given: they are no part of earlier marks.
        session_teachers: By session id who teaches it instead, as it was typed. Likewise.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `STALE_VERSION`, or what `lifecycle.amend` refuses.
    """
    project = await own_project(deps, principal, key)
    checked_texts(Plan(venue=given.venue, faculty=given.faculty or ()))
    taught_by = {
        session: PersonName.of(name, "sessionTeachers.teacher", "R7")
        for session, name in (session_teachers or {}).items()
    }
    Reason.of(given.reason, "R18")
    await require_version(deps, project, version)
    require_province(given.venue.province if given.venue else None)
    base = await deps.store.bases.get(project.base)
    current = await round_of(deps, project.year)
    amended, events = lifecycle.amend(
        project, base, current, given, deps.clock.now(), days=days, session_teachers=taught_by
    )
    return await deps.store.projects.save(amended, events)


@idempotent("projects", name="start_project")
async def start_project(deps: Deps, principal: Principal, *, key: str, reason: str | None = None) -> Project:
    """Begin the training; after its planned first day with a reason (R28).

    Args:
        deps: The service's dependencies.
        principal: The base.
        key: The project's id.
        reason: Why it is late, as it was typed. Not passed where none was given: it is no part of earlier marks.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `WRONG_STATE`, `TOO_EARLY`, `TOO_LATE`, `REASON_MISSING` or `INVALID_REASON`.
    """
    project = await own_project(deps, principal, key)
    Reason.optional(reason)  # its text before the state, as with every other reason
    started, events = lifecycle.start(project, reason, deps.clock.now())
    return await deps.store.projects.save(started, events)


@idempotent("projects", name="record_as_held")
async def record_as_held(deps: Deps, principal: Principal, *, key: str, reason: str) -> Project:
    """Record after the last day that a training which was not started was held as planned (R28).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `REASON_MISSING`, `INVALID_REASON`, `WRONG_STATE`, `TOO_EARLY` or
            `NOBODY_ACCEPTED`.
    """
    project = await own_project(deps, principal, key)
    current, why = await round_of(deps, project.year), Reason.of(reason, "R28")
    accepted = await deps.store.projects.seats_taken(key)
    held, events = lifecycle.record_as_held(project, current, why, deps.clock.now(), accepted=accepted)
    return await deps.store.projects.save(held, events)


@idempotent("projects", name="record_as_not_held")
async def record_as_not_held(deps: Deps, principal: Principal, *, key: str, reason: str) -> Project:
    """Record after the last day that a training was not held, which counts as a cancellation (R33).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `REASON_MISSING`, `INVALID_REASON`, `WRONG_STATE` or `TOO_EARLY`.
    """
    project = await own_project(deps, principal, key)
    cancelled, events = lifecycle.record_as_not_held(project, Reason.of(reason, "R33"), deps.clock.now())
    return await deps.store.projects.save(cancelled, events)


@idempotent("projects", name="finish_project")
async def finish_project(deps: Deps, principal: Principal, *, key: str) -> Project:
    """End the training, by its base or by the ministry (R28).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `WRONG_STATE` or `TOO_EARLY`.
    """
    project = await _of_base_or_ministry(deps, principal, key)
    current = await round_of(deps, project.year)
    finished, events = lifecycle.finish(project, current, deps.clock.now(), actor=principal.scope.value)
    return await deps.store.projects.save(finished, events)


@idempotent("projects", name="cancel_project")
async def cancel_project(deps: Deps, principal: Principal, *, key: str, reason: str) -> Project:
    """Cancel a published project, by its base or by the ministry (R33).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `REASON_MISSING`, `INVALID_REASON` or `WRONG_STATE`.
    """
    project = await _of_base_or_ministry(deps, principal, key)
    cancelled, events = lifecycle.cancel(project, Reason.of(reason, "R33"), principal.scope.value, deps.clock.now())
    return await deps.store.projects.save(cancelled, events)


@idempotent("projects", name="suspend_project")
async def suspend_project(deps: Deps, principal: Principal, *, key: str, reason: str) -> Project:
    """Suspend a project (docs/state-machines.md).

    Raises:
        Refusal: `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON` or `WRONG_STATE`.
    """
    require_scope(principal, Scope.MINISTRY)
    project = await deps.store.projects.get(key)
    suspended, events = lifecycle.suspend(project, Reason.of(reason, None), deps.clock.now())
    return await deps.store.projects.save(suspended, events)


@idempotent("projects", name="resume_project")
async def resume_project(deps: Deps, principal: Principal, *, key: str) -> Project:
    """Resume a suspended project (docs/state-machines.md).

    Raises:
        Refusal: `NOT_FOUND` or `WRONG_STATE`.
    """
    require_scope(principal, Scope.MINISTRY)
    project = await deps.store.projects.get(key)
    resumed, events = lifecycle.resume(project, deps.clock.now())
    return await deps.store.projects.save(resumed, events)


@idempotent("projects", name="extend_project")
async def extend_project(deps: Deps, principal: Principal, *, key: str, until: date, reason: str) -> Project:
    """Let a project end after the window (R28).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The project's id.
        until: Its new last day, included.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON`, `WRONG_STATE` or `INVALID_EXTENSION`.
    """
    require_scope(principal, Scope.MINISTRY)
    project = await deps.store.projects.get(key)
    current = await round_of(deps, project.year)
    extended, events = window.extend(
        project, current, until=until, reason=Reason.of(reason, "R28"), now=deps.clock.now()
    )
    return await deps.store.projects.save(extended, events)


async def tell_missed_starts(deps: Deps) -> int:
    """Tell of every published project whose planned first day has passed without a start (R28). Idempotent.

    Returns:
        Of how many.
    """
    keys = await deps.store.projects.unstarted_before(today(deps.clock.now()))
    return await _change_all(deps, _MissedStart(deps), keys)


async def tell_missed_finishes(deps: Deps) -> int:
    """Tell of every running project whose last day is over, and of which nobody has said so (R28). Idempotent.

    Returns:
        Of how many.
    """
    keys = await deps.store.projects.unfinished_before(today(deps.clock.now()))
    return await _change_all(deps, _MissedFinish(deps), keys)


async def finish_overdue(deps: Deps) -> int:
    """Finish the running projects whose days to say so themselves are over (R28, ADR 67). Idempotent.

    Returns:
        How many were finished.
    """
    keys = await deps.store.projects.finishing_by(today(deps.clock.now()))
    return await _change_all(deps, _Finish(deps), keys)


async def complete_overdue(deps: Deps) -> int:
    """Complete the finished projects whose round's days for results and credits are over (R28). Idempotent.

    Returns:
        How many were completed.
    """
    now, keys = deps.clock.now(), list[str]()
    for current in await deps.store.rounds.query({}):
        last = today(now) - timedelta(days=current.completion_days + 1)
        keys += await deps.store.projects.finished_by(current.year, last)
    return await _change_all(deps, _Completion(deps), keys)


async def complete_settled(deps: Deps, key: str, session: Session) -> bool:
    """Complete a finished project, as assessment has told that its results are published (R30).

    Args:
        deps: The service's dependencies.
        key: The project's id.
        session: The transaction of the inbox; a project that is not finished, or complete already, stays as it is.

    Returns:
        Whether it was completed.
    """
    project = await deps.store.projects.find(key, session)
    if project is None or project.status is not ProjectStatus.FINISHED:
        return False
    completed, events = lifecycle.complete(project, deps.clock.now(), settled=True)
    await deps.store.projects.save(completed, events, session)
    return True


async def _of_base_or_ministry(deps: Deps, principal: Principal, key: str) -> Project:
    """The project, for the ministry or the base that holds it."""
    require_scope(principal, Scope.BASE, Scope.MINISTRY)
    project = await deps.store.projects.get(key)
    if principal.scope is Scope.BASE:
        require_own_base(principal, project.base)
    return project


class _MissedStart(ProjectBatch[None]):
    """Projects of whose missed start is told."""

    def step(self, loaded: Loaded, project: Project, command: None) -> Step:
        del loaded, command
        return lifecycle.tell_missed_start(project, self.now)


class _MissedFinish(ProjectBatch[None]):
    """Projects of whose missed end is told."""

    def step(self, loaded: Loaded, project: Project, command: None) -> Step:
        del loaded, command
        return lifecycle.tell_missed_finish(project, self.now)


class _Finish(ProjectBatch[None]):
    """Projects to finish."""

    def step(self, loaded: Loaded, project: Project, command: None) -> Step:
        del command
        return lifecycle.finish_overdue(project, loaded.round_of(project), self.now)


class _Completion(ProjectBatch[None]):
    """Projects to complete."""

    def step(self, loaded: Loaded, project: Project, command: None) -> Step:
        del command
        return lifecycle.complete_overdue(project, loaded.round_of(project), self.now)


async def _change_all(deps: Deps, batch: ProjectBatch[None], keys: Sequence[str]) -> int:
    """Run the rows of a timer; one that fails is logged, and stops no other."""
    results = await run(deps.store.client, batch, [Row(key=key, command=None, act=current_act()) for key in keys])
    for result in results:
        if result.refusal and result.refusal.code != WRONG_STATE.code:  # somebody else was faster
            log.error("a project does not move on", project=result.key, code=result.refusal.code)
    return sum(result.value is not None for result in results)
