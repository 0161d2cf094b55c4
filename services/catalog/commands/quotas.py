"""Quotas: adjusted by the ministry, and compared with the projects that use them (R11, R39)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from chassis.commands.bulk import Batch, Row, run
from chassis.commands.guards import require_scope
from chassis.context import current_act
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import run_once
from chassis.storage.mongo import Session
from chassis.storage.unit_of_work import UnitOfWork
from kernel.free_text import Reason
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import round_of
from services.catalog.domain import quota as quotas
from services.catalog.domain.base import Base, require_open
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
    proposal: str | None = None,
    above_round: bool = False,
) -> Base:
    """Change a base's quota of a round; below what is used it only stops new submissions (R39).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        base_id: The base.
        year: The round.
        limit: Projects, 0 or more.
        reason: As it was typed.
        effective_from: First day of the new limit; None for today.
        proposal: Id of the proposal of assessment that this decides; None for none.
        above_round: Whether the limit is meant to exceed the one that the round gives.

    Raises:
        Refusal: `NOT_FOUND`, `UNKNOWN_ROUND`, `REASON_MISSING`, `INVALID_REASON`, or what `quotas.adjust` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    base = await deps.store.bases.get(base_id)
    require_open(base)
    current = await round_of(deps, year)
    adjust = partial(
        quotas.adjust,
        limit=limit,
        reason=Reason.of(reason, "R39"),
        effective_from=effective_from,
        now=deps.clock.now(),
        proposal=proposal,
        above_round=above_round,
        actor=principal.name,
        base_name=base.name,
    )
    # A refused adjustment must leave no quota behind, so the rules are asked first.
    adjust(quotas.granted(base, current))
    await ensure_quota(deps, base, current)

    async def work(session: Session) -> Quota:
        quota = await deps.store.quotas.get(quota_id(base.id, year), session)
        return await deps.store.quotas.save(*adjust(quota), session)

    given: tuple[object, ...] = (base_id, year, limit, reason, effective_from)
    if proposal is not None or above_round:  # what earlier releases were sent has the digest that it had
        given += (proposal, above_round)
    await run_once(deps.store.quotas, principal, "adjust_quota", given, partial(deps.store.transact, work))
    return base


async def ensure_quota(deps: Deps, base: Base, current: Round) -> str:
    """Create the base's quota of the round where there is none; its id (R11).

    The limit is that of the round as the transaction finds it, for an amendment may have raised it since `current` was
    read. One that commits meanwhile conflicts, and raises the new quota too.
    """
    key = quota_id(base.id, current.year)
    if await deps.store.quotas.find(key):
        return key

    async def work(session: Session) -> None:
        await deps.store.quotas.take_turn(current.year, session)
        await deps.store.quotas.ensure(quotas.granted(base, await round_of(deps, current.year, session)), session)

    await deps.store.transact(work)
    return key


async def reconcile_quotas(store: Store, *, year: int | None = None, repair: bool = False) -> list[Difference]:
    """Find every quota whose count is wrong, and repair it if asked to (R11).

    They are compared and repaired in transactions, as submissions change them, so a submission at the same time is
    neither reported as a difference nor lost by a repair.

    Args:
        store: The catalog's repositories.
        year: The round; all by default.
        repair: Whether to set `used` to what is counted; a quota document that is missing is reported but not repaired.

    Returns:
        The quotas whose count was wrong before the repair.

    Raises:
        Refusal: `BUSY` or `INTERNAL`: a quota could not be compared; the others were.
    """
    rows = [Row(key=key, command=repair, act=current_act()) for key in await store.quotas.ids(year)]
    results = await run(store.client, _Comparison(store), rows)
    for result in results:
        if result.refusal:
            raise result.refusal
    return [result.value for result in results if result.value]


@dataclass(frozen=True, slots=True)
class _Counted:
    """Quotas by id, and the codes of the projects that count towards each."""

    quotas: dict[str, Quota]
    codes: dict[str, list[str]]


class _Comparison(Batch[_Counted, bool, Difference, Quota]):
    """The batch: a row is a quota, its command whether to repair it, its value the difference, if there is one.

    Args:
        store: The catalog's repositories.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store.quotas)
        self._quotas = store.quotas

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[bool]]) -> _Counted:
        """Load the quotas and count what uses them."""
        keys = [row.key for row in rows]
        loaded = {quota.id: quota for quota in await unit.load(self.outcomes, keys)}
        return _Counted(loaded, await self._quotas.consuming_codes(keys, unit.session))

    def decide(self, unit: UnitOfWork, state: _Counted, row: Row[bool]) -> Difference | None:
        """Compare, and stage the repair."""
        stored = state.quotas.get(row.key)
        difference = quotas.compare(row.key, stored, state.codes[row.key])
        if difference and stored and row.command:
            unit.save(self.outcomes, *quotas.reconcile(stored, difference), act=row.act)
        return difference
