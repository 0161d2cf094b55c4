"""Opening a round and extending its phases (R1)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey
from kernel.free_text import Reason
from kernel.reference import round_data
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import round_of
from services.catalog.domain import opening
from services.catalog.domain.refusals import ROUND_EXISTS
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import PhaseName

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
        Refusal: `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON`, or what `opening.extend_phase` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    current = await round_of(deps, year)
    actor, now = principal.name or principal.subject, deps.clock.now()
    extended, events = opening.extend_phase(
        current, phase, closes, reason=Reason.of(reason, "R1"), actor=actor, now=now
    )
    return await deps.store.rounds.save(extended, events)


def _reference(year: int) -> dict[str, Any]:
    try:
        return {"contacts": ()} | round_data(year)
    except FileNotFoundError:
        return {"contacts": (), "experts_per_project": 2}
