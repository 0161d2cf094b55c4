"""Opening a round and extending its phases (R1)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from chassis.errors import Refusal, Unblock
from chassis.idempotency import repeatable
from chassis.mongo import DuplicateKey
from chassis.principal import Principal, Scope
from chassis.reference import round_data
from services.catalog.commands.catalog import Catalog, require_scope, round_of
from services.catalog.domain import round as rounds
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import PhaseName


@repeatable("rounds")
async def open_round(catalog: Catalog, principal: Principal, *, year: int, given: Mapping[str, Any]) -> Round:
    """Open a year's round from what is given and, for the rest, from the year's reference data (R1).

    Raises:
        Refusal: `CALENDAR_NOT_MONOTONIC`, `ROUND_INCOMPLETE` or `ROUND_EXISTS`.
    """
    require_scope(principal, Scope.MINISTRY)
    data = _reference(year) | dict(given) | {"id": str(year), "version": 1, "year": year}
    missing = sorted(name for name in _NEEDED if not data.get(name))
    if missing:
        raise Refusal(
            "ROUND_INCOMPLETE",
            f"年度轮次缺少：{'、'.join(missing)}",
            f"The round lacks: {', '.join(missing)}",
            rule="R1",
            unblock=Unblock.MINISTRY,
            missing=missing,
        )
    opened, events = rounds.open_round(msgspec.convert(data, Round), catalog.clock.now())
    try:
        return await catalog.store.rounds.insert(opened, events)
    except DuplicateKey as error:
        raise Refusal(
            "ROUND_EXISTS", "该年度轮次已开启", "That year's round is open", rule="R1", unblock=Unblock.SELF, year=year
        ) from error


@repeatable("rounds")
async def extend_phase(
    catalog: Catalog, principal: Principal, *, year: int, phase: PhaseName, closes: date, reason: str
) -> Round:
    """Give a phase a later last day (R1).

    Raises:
        Refusal: `NOT_FOUND`, or what `round.extend_phase` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    current = await round_of(catalog, year)
    by, now = principal.name or principal.subject, catalog.clock.now()
    extended, events = rounds.extend_phase(current, phase, closes, reason=reason, by=by, now=now)
    return await catalog.store.rounds.save(extended, events)


_NEEDED = ("title", "phases", "quotas", "duration_norms", "themes", "review_dimensions", "experts_per_project")


def _reference(year: int) -> dict[str, Any]:
    try:
        return {"contacts": ()} | round_data(year)
    except FileNotFoundError:
        return {"contacts": (), "experts_per_project": 2}
