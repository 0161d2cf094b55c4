"""Declaration by a base: a project's status and its quota change in one transaction (R6–R13)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from chassis.commands.bulk import Row, run, run_row
from chassis.commands.guards import require_scope
from chassis.context import current_act
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.unit_of_work import UnitOfWork
from kernel.free_text import Reason
from kernel.refusals import WRONG_STATE
from services.catalog.commands.bulk import Loaded, ProjectBatch, Step, project_row, required
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import (
    own_base,
    own_project,
    require_own_base,
    require_province,
    require_version,
    round_of,
)
from services.catalog.commands.quotas import ensure_quota
from services.catalog.domain import declaration
from services.catalog.domain.base import Base
from services.catalog.domain.declaration import ClassPlan
from services.catalog.domain.plan import Plan, Venue, checked_texts
from services.catalog.domain.project import Project
from services.catalog.domain.refusals import YEAR_FIXED
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import BaseCategory, ProjectKind

C = TypeVar("C")
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
        Refusal: `NOT_FOUND`, `UNKNOWN_ROUND`, `FORBIDDEN`, `INVALID_KIND`, `INVALID_TEXT`, `UNKNOWN_THEME`,
            `UNKNOWN_PROVINCE` or `INVALID_PLAN`.
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
    await require_version(deps, project, version)
    if year not in {None, project.year}:
        raise YEAR_FIXED(year=project.year)
    base = await deps.store.bases.get(project.base)
    current = await round_of(deps, project.year)
    updated, events = declaration.update(
        project, base, current, kind=kind, plan=_with_changes(project.plan, changes), now=deps.clock.now()
    )
    return await deps.store.projects.save(updated, events)


async def submit_project(deps: Deps, principal: Principal, *, key: str, version: int) -> Project:
    """Submit a complete plan and consume quota, both or neither (R7, R11, R13).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `STALE_VERSION`, `QUOTA_EXCEEDED`, `BUSY`, or what `declaration.submit`
            refuses.
    """
    require_scope(principal, Scope.BASE)
    content = {"key": key, "version": version}
    row = project_row(deps, principal, key, version, name="submit_project|", content=content)
    return await run_row(deps.store.client, _Submission(deps, principal), row)


class _OwnProjects(ProjectBatch[C]):
    """Rows of a base about projects of its own.

    Args:
        deps: The service's dependencies.
        principal: The base.
    """

    def __init__(self, deps: Deps, principal: Principal) -> None:
        super().__init__(deps)
        self._principal = principal

    def decide(self, unit: UnitOfWork, state: Loaded, row: Row[C]) -> Project:
        require_own_base(self._principal, required(state.projects, row.key, "project").base)
        return super().decide(unit, state, row)


class _Submission(_OwnProjects[int]):
    """Submissions; the row's command is the version that was read."""

    async def load_related(self, unit: UnitOfWork, loaded: Loaded, commands: Sequence[int]) -> None:
        await super().load_related(unit, loaded, commands)
        projects = loaded.projects.values()
        bases = await unit.load(self.store.bases, [project.base for project in projects])
        loaded.bases = {base.id: base for base in bases}
        await self.load_quotas(unit, loaded)

    def decide(self, unit: UnitOfWork, state: Loaded, row: Row[int]) -> Project:
        project = required(state.projects, row.key, "project")
        require_own_base(self._principal, project.base)
        if project.version != row.command:
            raise unit.stale(self.store.projects, project)
        return super().decide(unit, state, row)

    def step(self, loaded: Loaded, project: Project, command: int) -> Step:
        del command  # the version, which `decide` has compared
        base, current = loaded.base_of(project), loaded.round_of(project)
        return declaration.submit(project, base, current, self.now)


async def withdraw_project(deps: Deps, principal: Principal, *, key: str, reason: str) -> Project:
    """Withdraw a plan before publication and release its quota (R11).

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `REASON_MISSING`, `INVALID_REASON`, `WRONG_STATE` or `BUSY`.
    """
    require_scope(principal, Scope.BASE)
    content = {"key": key, "reason": reason}
    row = project_row(deps, principal, key, reason, name="withdraw_project|", content=content)
    return await run_row(deps.store.client, _Withdrawal(deps, principal), row)


class _Withdrawal(_OwnProjects[str]):
    """Withdrawals; the row's command is the reason as it was typed."""

    async def load_related(self, unit: UnitOfWork, loaded: Loaded, commands: Sequence[str]) -> None:
        """Nothing else is decided on."""

    def step(self, loaded: Loaded, project: Project, command: str) -> Step:
        del loaded
        return declaration.withdraw(project, Reason.of(command, "R11"), self.now)


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
    rows = [Row(key=key, command=None, act=current_act()) for key in await deps.store.projects.returned_in(over)]
    results = await run(deps.store.client, _Lapse(deps), rows)
    for result in results:
        if result.refusal and result.refusal.code != WRONG_STATE.code:  # that one was handed in or lapsed meanwhile
            log.error("a returned plan does not lapse", project=result.key, code=result.refusal.code)
    return sum(result.value is not None for result in results)


class _Lapse(ProjectBatch[None]):
    """Plans to lapse."""

    def step(self, loaded: Loaded, project: Project, command: None) -> Step:
        del command
        return declaration.lapse(project, loaded.round_of(project), self.now)


async def _next_code(deps: Deps, base: Base, current: Round) -> str:
    serial = await deps.store.quotas.next_serial(await ensure_quota(deps, base, current))
    return f"{current.year}-{_LETTERS[base.category]}-{base.number:03d}-{serial:02d}"


def _with_changes(plan: Plan, changes: Mapping[str, Any]) -> Plan:
    changed = checked_texts(replace(plan, **changes), changes)
    venue: Venue | None = changed.venue
    require_province(venue.province if venue else None)
    return changed
