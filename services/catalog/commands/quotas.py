"""Quotas: adjusted by the ministry, and compared with the projects that use them (R11, R39)."""

from datetime import date
from functools import partial

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import run_once
from chassis.storage.mongo import Session
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import round_of
from services.catalog.domain import quota
from services.catalog.domain import quota as quotas
from services.catalog.domain.base import Base
from services.catalog.domain.quota import Difference, Quota, quota_id
from services.catalog.domain.round import Round
from services.catalog.store import Store


async def adjust_quota(
    deps: Deps,
    principal: Principal,
    *,
    base_id: str,
    year: int,
    limit: int,
    reason: str,
    effective_from: date | None,
) -> Base:
    """Change a base's quota of a round; below what is used it only stops new submissions (R39).

    Raises:
        Refusal: `NOT_FOUND`, `INVALID_QUOTA` or `REASON_MISSING`.
    """
    require_scope(principal, Scope.MINISTRY)
    base = await deps.store.bases.get(base_id)
    current = await round_of(deps, year)
    adjust = partial(
        quotas.adjust,
        limit=limit,
        reason=reason,
        effective_from=effective_from,
        now=deps.clock.now(),
        by=principal.name,
    )
    # A refused adjustment must leave no quota behind, so the rules are asked first.
    adjust(quotas.granted(base, current))
    await ensure_quota(deps, base, current)

    async def work(session: Session) -> Quota:
        quota = await deps.store.quotas.get(quota_id(base.id, year), session)
        return await deps.store.quotas.save(*adjust(quota), session)

    given = (base_id, year, limit, reason, effective_from)
    await run_once(deps.store.quotas, principal, "adjust_quota", given, partial(deps.store.transact, work))
    return base


async def ensure_quota(deps: Deps, base: Base, current: Round) -> str:
    """The id of the base's quota in the round, which is there from now on (R11)."""
    key = quota_id(base.id, current.year)
    await deps.store.quotas.ensure(quotas.granted(base, current))
    return key


async def reconcile_quotas(store: Store, *, year: int | None = None, repair: bool = False) -> list[Difference]:
    """Every quota whose count is wrong, of one round or of all.

    Each is looked at in one transaction, as submissions change it, so what goes on beside this is neither taken for a
    difference nor lost by a repair.

    Args:
        store: The catalog's.
        year: The round; all by default.
        repair: Whether to set `used` to what is counted; a quota that is gone cannot be.
    """
    checked = [await store.transact(partial(_check, store, key, repair=repair)) for key in await store.quotas.ids(year)]
    return [found for found in checked if found]


async def _check(store: Store, key: str, session: Session, *, repair: bool) -> Difference | None:
    held = await store.quotas.find(key, session)
    found = quota.compare(key, held, await store.quotas.consuming_codes(key, session))
    if found and held and repair:
        await store.quotas.save(*quota.reconcile(held, found), session)
    return found
