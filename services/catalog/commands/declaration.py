"""Declaration by a base: a project's status and its quota change in one transaction (R6–R13)."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from chassis.ids import new_id
from chassis.principal import Principal
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import Session, StorageError
from kernel.dates import today
from kernel.free_text import Reason
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import own_base, own_project, require_province, require_version, round_of
from services.catalog.commands.quotas import ensure_quota
from services.catalog.domain import declaration, quota
from services.catalog.domain.base import Base
from services.catalog.domain.declaration import ClassPlan
from services.catalog.domain.plan import Plan, Venue, checked_texts
from services.catalog.domain.project import Project
from services.catalog.domain.quota import quota_id
from services.catalog.domain.refusals import YEAR_FIXED
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import BaseCategory, ProjectKind

log = structlog.get_logger()
_LETTERS = {
    BaseCategory.PRINCIPAL: "PRI",
    BaseCategory.DUAL_QUALIFIED_TEACHER: "DQT",
    BaseCategory.ENTERPRISE_PRACTICE: "ENT",
}


@idempotent("projects", name="draft_project")
async def draft_project(
    deps: Deps,
    principal: Principal,
    *,
    base_id: str,
    year: int,
    kind: ProjectKind | None,
    changes: Mapping[str, Any],
) -> Project:
    """Draft a plan in a round, however partial (R7).

    Args:
        deps: The service's dependencies.
        principal: The base.
        base_id: The id of the base.
        year: The round.
        kind: What the project trains for; None where the base's category has one kind only.
        changes: Fields of the plan, by the domain's names.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `INVALID_KIND`, `INVALID_TEXT`, `UNKNOWN_THEME`, `UNKNOWN_PROVINCE` or
            `INVALID_PLAN`.
    """
    base = await own_base(deps, principal, base_id)
    current = await round_of(deps, year)
    plan = _with_changes(Plan(), changes)
    key, now = new_id(), deps.clock.now()
    # A refused draft must not use up a serial number, so the rules are asked first.
    declaration.draft(base, current, key=key, code="", kind=kind, plan=plan, now=now)
    code = await _next_code(deps, base, current)
    project, events = declaration.draft(base, current, key=key, code=code, kind=kind, plan=plan, now=now)
    return await deps.store.projects.insert(project, events)


@idempotent("projects", name="update_project")
async def update_project(
    deps: Deps,
    principal: Principal,
    *,
    key: str,
    version: int,
    year: int | None = None,
    kind: ProjectKind | None,
    changes: Mapping[str, Any],
) -> Project:
    """Change fields of a draft or a returned plan, which stays in its round (R7, R13).

    Args:
        deps: The service's dependencies.
        principal: The base.
        key: The project's id.
        version: The version that was read.
        year: The round as the caller knows it; another one than the project's is refused.
        kind: What the project trains for; None leaves it.
        changes: Fields of the plan, by the domain's names.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `STALE_VERSION`, `WRONG_STATE`, `INVALID_KIND`, `INVALID_TEXT`,
            `UNKNOWN_THEME`, `UNKNOWN_PROVINCE`, `INVALID_PLAN` or `YEAR_FIXED`.
    """
    project = await own_project(deps, principal, key)
    require_version(project, version)
    if year not in {None, project.year}:
        raise YEAR_FIXED(year=project.year)
    base = await deps.store.bases.get(project.base)
    current = await round_of(deps, project.year)
    updated, events = declaration.update(
        project, base, current, kind=kind, plan=_with_changes(project.plan, changes), now=deps.clock.now()
    )
    return await deps.store.projects.save(updated, events)


@idempotent("projects", name="submit_project")
async def submit_project(deps: Deps, principal: Principal, *, key: str, version: int) -> Project:
    """Submit a complete plan and consume quota, both or neither (R7, R11, R13).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `STALE_VERSION`, `QUOTA_EXCEEDED`, or what `declaration.submit` refuses.
    """
    own = await own_project(deps, principal, key)
    base = await deps.store.bases.get(own.base)
    current = await round_of(deps, own.year)

    async def work(session: Session) -> Project:
        project = await deps.store.projects.get(key, session)
        require_version(project, version)
        submitted, events = declaration.submit(project, base, current, deps.clock.now())
        await apply_quota(deps, project, submitted, session)
        return await deps.store.projects.save(submitted, events, session)

    return await deps.store.transact(work)


@idempotent("projects", name="withdraw_project")
async def withdraw_project(deps: Deps, principal: Principal, *, key: str, reason: str) -> Project:
    """Withdraw a plan before publication and release its quota (R11).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `REASON_MISSING`, `INVALID_REASON` or `WRONG_STATE`.
    """
    await own_project(deps, principal, key)

    async def work(session: Session) -> Project:
        project = await deps.store.projects.get(key, session)
        withdrawn, events = declaration.withdraw(project, Reason.of(reason, "R11"), deps.clock.now())
        await apply_quota(deps, project, withdrawn, session)
        return await deps.store.projects.save(withdrawn, events, session)

    return await deps.store.transact(work)


@idempotent("projects", name="add_class")
async def add_class(deps: Deps, principal: Principal, *, key: str, given: ClassPlan) -> Project:
    """Draft a further class of a design, in the same series (R12).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `WRONG_STATE`, `UNKNOWN_PROVINCE`, `INVALID_TEXT` or `INVALID_PLAN`.
    """
    source = await own_project(deps, principal, key)
    base = await deps.store.bases.get(source.base)
    current = await round_of(deps, source.year)
    checked_texts(Plan(venue=given.venue, timetable=given.timetable or ()))
    require_province(given.venue.province if given.venue else None)
    class_id, now = new_id(), deps.clock.now()
    declaration.add_class(source, base, current, key=class_id, code="", class_plan=given, now=now)
    code = await _next_code(deps, base, current)
    further, events = declaration.add_class(source, base, current, key=class_id, code=code, class_plan=given, now=now)
    return await deps.store.projects.insert(further, events)


async def lapse_overdue(deps: Deps) -> int:
    """Lapse every returned plan whose review phase is over (R13).

    A plan that fails to lapse is logged, and does not stop the others. Idempotent.

    Returns:
        How many plans lapsed.
    """
    now = deps.clock.now()
    over = [current.year for current in await deps.store.rounds.query({}) if declaration.is_over(current, now)]
    return sum([await _try_to_lapse(deps, key) for key in await deps.store.projects.returned_in(over)])


async def apply_quota(deps: Deps, before: Project, after: Project, session: Session) -> None:
    """Consume or release quota as a change of status requires, in the transaction of that change (R11).

    Args:
        deps: The service's dependencies.
        before: The project as it was read.
        after: The project as it will be saved.
        session: The transaction.

    Raises:
        Refusal: `QUOTA_EXCEEDED`.
    """
    change = quota.delta(before.status, after.status)
    key = quota_id(before.base, before.year)
    if change < 0:
        await deps.store.quotas.release(key, session)
    elif change > 0:
        granted = await deps.store.quotas.get(key, session)
        day = today(deps.clock.now())
        if not await deps.store.quotas.consume(key, granted.limit_on(day), session):
            raise quota.exceeded(granted, day)


async def _try_to_lapse(deps: Deps, key: str) -> bool:
    try:
        return await deps.store.transact(partial(_lapse_if_overdue, deps, key))
    except StorageError:
        raise
    except Exception:
        log.exception("a returned plan does not lapse", project=key)
        return False


async def _lapse_if_overdue(deps: Deps, key: str, session: Session) -> bool:
    project = await deps.store.projects.get(key, session)
    current = await round_of(deps, project.year, session)
    now = deps.clock.now()
    if not declaration.is_overdue(project, current, now):
        return False
    lapsed, events = declaration.lapse(project, current, now)
    await apply_quota(deps, project, lapsed, session)
    await deps.store.projects.save(lapsed, events, session)
    return True


async def _next_code(deps: Deps, base: Base, current: Round) -> str:
    serial = await deps.store.quotas.next_serial(await ensure_quota(deps, base, current))
    return f"{current.year}-{_LETTERS[base.category]}-{base.number:03d}-{serial:02d}"


def _with_changes(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    changed = checked_texts(replace(plan, **changes), changes)
    venue: Venue | None = changed.venue
    require_province(venue.province if venue else None)
    return changed
