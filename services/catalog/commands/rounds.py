"""Opening a round, extending its phases, correcting its parts (R1)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec

from chassis.commands.guards import require_scope
from chassis.context import current_act
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey, Session
from chassis.storage.unit_of_work import UnitOfWork
from kernel.free_text import Reason
from kernel.reference import round_data
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import round_of
from services.catalog.domain import opening, round_amendment
from services.catalog.domain import quota as quotas
from services.catalog.domain.refusals import ROUND_EXISTS
from services.catalog.domain.round import Round
from services.catalog.domain.steps import phases_of
from services.catalog.domain.vocabulary import BaseCategory, PhaseName

_NEEDED = {
    "title": "title",
    "phases": "phases",
    "quotas": "quotas",
    "duration_norms": "durationNorms",
    "themes": "themes",
    "review_dimensions": "reviewDimensions",
}


@idempotent("rounds", name="open_round")
async def open_round(deps: Deps, principal: Principal, *, year: int, given: Mapping[str, Any]) -> Round:
    """Open a year's round (R1).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The round.
        given: Parts of the round by the domain's names; the other parts are the year's reference data.

    Raises:
        Refusal: `ROUND_EXISTS`, or what `opening.open_round` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    data = _reference(year) | dict(given) | {"id": str(year), "version": 1, "year": year}
    if data.get("steps") and "phases" not in given:
        data["phases"] = phases_of(data["steps"])
    elif "steps" not in given:
        data.pop("steps", None)  # other phases than the reference data has, so other steps
    if missing := [name for field, name in _NEEDED.items() if data.get(field) is None]:
        raise opening.incomplete(missing)
    opened, events = opening.open_round(msgspec.convert(data, Round), deps.clock.now())
    try:
        return await deps.store.rounds.insert(opened, events)
    except DuplicateKey as error:
        raise ROUND_EXISTS(year=year) from error


@idempotent("rounds", name="extend_phase")
async def extend_phase(
    deps: Deps, principal: Principal, *, year: int, phase: PhaseName, closes: date, reason: str
) -> Round:
    """Give a phase a later last day (R1).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The round.
        phase: Which phase.
        closes: Its new last day, included.
        reason: As it was typed.

    Raises:
        Refusal: `UNKNOWN_ROUND`, `REASON_MISSING`, `INVALID_REASON`, or what `opening.extend_phase` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    current = await round_of(deps, year)
    actor, now = principal.name or principal.subject, deps.clock.now()
    extended, events = opening.extend_phase(
        current, phase, closes, reason=Reason.of(reason, "R1"), actor=actor, now=now
    )
    return await deps.store.rounds.save(extended, events)


@idempotent("rounds", name="amend_round")
async def amend_round(
    deps: Deps, principal: Principal, *, year: int, version: int, given: Mapping[str, Any], reason: str
) -> Round:
    """Correct parts of an open round; the quotas that bases have from it follow (R1, R11).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The round.
        version: The version that was read.
        given: The new parts, by the domain's names.
        reason: As it was typed.

    Raises:
        Refusal: `UNKNOWN_ROUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON`, or what
            `round_amendment.amend_round` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    why = Reason.of(reason, "R1")
    actor, now = principal.name or principal.subject, deps.clock.now()

    async def work(session: Session) -> Round:
        current = await round_of(deps, year, session)
        if current.version != version:
            raise await deps.store.rounds.stale(current.id)
        parts = msgspec.to_builtins(current)
        limits = {"plan_limits": parts["plan_limits"] | given["plan_limits"]} if "plan_limits" in given else {}
        parts |= dict(given) | limits
        use = await deps.store.projects.use_of(year, session)
        if round_amendment.OF_PLANS.intersection(given):
            use = replace(use, bases=await deps.store.bases.standing(session))
        amended, events = round_amendment.amend_round(
            current, msgspec.convert(parts, Round), use, reason=why, actor=actor, now=now
        )
        unit = UnitOfWork(session)
        deps.store.reviews.take_turn(unit, year)  # experts assigned at the same time conflict, and see the new round
        await _move_quotas(deps, unit, current, amended, why)
        await unit.flush()
        return await deps.store.rounds.save(amended, events, session)

    return await deps.store.transact(work)


async def _move_quotas(deps: Deps, unit: UnitOfWork, current: Round, amended: Round, reason: Reason) -> None:
    """Stage the quotas of the categories whose limit has changed."""
    moved = {c for c in BaseCategory if current.quota_of(c) != amended.quota_of(c)}
    if not moved:
        return
    await deps.store.quotas.take_turn(current.year, unit.session)  # whoever creates a quota now sees the new limit
    where = {"category": {"$in": sorted(moved)}}
    bases = {base.id: base for base in await deps.store.bases.query(where, session=unit.session)}
    for quota in await unit.load(deps.store.quotas, [quotas.quota_id(base, current.year) for base in bases]):
        base = bases[quota.base]
        limit = amended.quota_of(base.category)
        moved_quota = quotas.follow_round(quota, limit=limit, reason=reason, now=deps.clock.now(), base_name=base.name)
        if moved_quota:
            unit.save(deps.store.quotas, *moved_quota, act=current_act())


def _reference(year: int) -> dict[str, Any]:
    try:
        return {"contacts": ()} | round_data(year)
    except FileNotFoundError:
        return {"contacts": (), "experts_per_project": 2}
