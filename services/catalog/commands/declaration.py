"""A base declares its projects; quota and status change in one transaction (R6–R13)."""

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
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import own_base, own_project, require_province, require_version, round_of
from services.catalog.commands.quotas import ensure_quota
from services.catalog.domain import declaration, quota
from services.catalog.domain.base import Base
from services.catalog.domain.declaration import ClassPlan
from services.catalog.domain.plan import Plan, Venue
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
    """Begin a plan in a round, as partial as one likes (R7).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `INVALID_KIND`, `UNKNOWN_THEME`, `UNKNOWN_PROVINCE` or `INVALID_PLAN`.
    """
    base = await own_base(deps, principal, base_id)
    current = await round_of(deps, year)
    plan = _written(Plan(), changes)
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
    """Write some fields of a draft or a returned plan, which stays in its round (R7, R13).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `STALE_VERSION`, `WRONG_STATE`, `INVALID_KIND`, `UNKNOWN_THEME`,
            `UNKNOWN_PROVINCE`, `INVALID_PLAN` or `YEAR_FIXED`.
    """
    project = await own_project(deps, principal, key)
    require_version(project, version)
    if year not in {None, project.year}:
        raise YEAR_FIXED(year=project.year)
    base = await deps.store.bases.get(project.base)
    current = await round_of(deps, project.year)
    updated, events = declaration.update(
        project, base, current, kind=kind, plan=_written(project.plan, changes), now=deps.clock.now()
    )
    return await deps.store.projects.save(updated, events)


@idempotent("projects", name="submit_project")
async def submit_project(deps: Deps, principal: Principal, *, key: str, version: int) -> Project:
    """Hand in a complete plan and take its quota, both or neither (R7, R11, R13).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `STALE_VERSION`, `QUOTA_EXCEEDED`, or what `declaration.submit` refuses.
    """
    found = await own_project(deps, principal, key)
    base = await deps.store.bases.get(found.base)
    current = await round_of(deps, found.year)

    async def work(session: Session) -> Project:
        project = await deps.store.projects.get(key, session)
        require_version(project, version)
        submitted, events = declaration.submit(project, base, current, deps.clock.now())
        await settle_quota(deps, project, submitted, session)
        return await deps.store.projects.save(submitted, events, session)

    return await deps.store.transact(work)


@idempotent("projects", name="withdraw_project")
async def withdraw_project(deps: Deps, principal: Principal, *, key: str, reason: str) -> Project:
    """Take a plan back before publication and give back its quota (R11).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `WRONG_STATE` or `REASON_MISSING`.
    """
    await own_project(deps, principal, key)

    async def work(session: Session) -> Project:
        project = await deps.store.projects.get(key, session)
        withdrawn, events = declaration.withdraw(project, reason, deps.clock.now())
        await settle_quota(deps, project, withdrawn, session)
        return await deps.store.projects.save(withdrawn, events, session)

    return await deps.store.transact(work)


@idempotent("projects", name="add_class")
async def add_class(deps: Deps, principal: Principal, *, key: str, given: ClassPlan) -> Project:
    """A further class of a design, a draft of the same series (R12).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `WRONG_STATE`, `UNKNOWN_PROVINCE` or `INVALID_PLAN`.
    """
    source = await own_project(deps, principal, key)
    base = await deps.store.bases.get(source.base)
    current = await round_of(deps, source.year)
    require_province(given.venue.province if given.venue else None)
    fresh, now = new_id(), deps.clock.now()
    declaration.add_class(source, base, current, key=fresh, code="", given=given, now=now)
    code = await _next_code(deps, base, current)
    further, events = declaration.add_class(source, base, current, key=fresh, code=code, given=given, now=now)
    return await deps.store.projects.insert(further, events)


async def lapse_overdue(deps: Deps) -> int:
    """Let go of every returned plan whose time is over, and say how many (R13).

    A plan that cannot be let go is logged, and holds up no other.
    """
    now = deps.clock.now()
    over = [current.year for current in await deps.store.rounds.query({}) if declaration.is_over(current, now)]
    return sum([await _let_go(deps, key) for key in await deps.store.projects.returned_in(over)])


async def settle_quota(deps: Deps, before: Project, after: Project, session: Session) -> None:
    """Consume or release what the change of status asks for, in the transaction of that change (R11).

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


async def _let_go(deps: Deps, key: str) -> bool:
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
    await settle_quota(deps, project, lapsed, session)
    await deps.store.projects.save(lapsed, events, session)
    return True


async def _next_code(deps: Deps, base: Base, current: Round) -> str:
    serial = await deps.store.quotas.next_serial(await ensure_quota(deps, base, current))
    return f"{current.year}-{_LETTERS[base.category]}-{base.number:03d}-{serial:02d}"


def _written(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    written = replace(plan, **changes)
    venue: Venue | None = written.venue
    require_province(venue.province if venue else None)
    return written
