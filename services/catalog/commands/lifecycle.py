"""A project from publication to its end: amend, start, finish, cancel, suspend, resume, extend (R18, R28, R33)."""

from datetime import date

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from kernel.free_text import Reason
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import own_project, require_own_base, require_province, require_version, round_of
from services.catalog.domain import lifecycle, window
from services.catalog.domain.lifecycle import Amendment
from services.catalog.domain.project import Project


@idempotent("projects", name="amend_project")
async def amend_project(deps: Deps, principal: Principal, *, key: str, version: int, given: Amendment) -> Project:
    """Change venue, dates or faculty after publication (R18).

    Args:
        deps: The service's dependencies.
        principal: The base.
        key: The project's id.
        version: The version that was read.
        given: The new values and the reason, as they were typed.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `STALE_VERSION`, or what `lifecycle.amend` refuses.
    """
    project = await own_project(deps, principal, key)
    require_version(project, version)
    require_province(given.venue.province if given.venue else None)
    current = await round_of(deps, project.year)
    amended, events = lifecycle.amend(project, current, given, deps.clock.now())
    return await deps.store.projects.save(amended, events)


@idempotent("projects", name="start_project")
async def start_project(deps: Deps, principal: Principal, *, key: str) -> Project:
    """Begin the training (R28).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `WRONG_STATE` or `TOO_EARLY`.
    """
    project = await own_project(deps, principal, key)
    started, events = lifecycle.start(project, deps.clock.now())
    return await deps.store.projects.save(started, events)


@idempotent("projects", name="finish_project")
async def finish_project(deps: Deps, principal: Principal, *, key: str) -> Project:
    """End the training (R28).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `WRONG_STATE` or `TOO_EARLY`.
    """
    project = await own_project(deps, principal, key)
    current = await round_of(deps, project.year)
    finished, events = lifecycle.finish(project, current, deps.clock.now())
    return await deps.store.projects.save(finished, events)


@idempotent("projects", name="cancel_project")
async def cancel_project(deps: Deps, principal: Principal, *, key: str, reason: str) -> Project:
    """Cancel a published project, by its base or by the ministry (R33).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `REASON_MISSING`, `INVALID_REASON` or `WRONG_STATE`.
    """
    require_scope(principal, Scope.BASE, Scope.MINISTRY)
    project = await deps.store.projects.get(key)
    if principal.scope is Scope.BASE:
        require_own_base(principal, project.base)
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
