"""The only place where plain phones of a base's team leave the vault, as a recorded act (R6, R41)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.commands.guards import require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from kernel.refusals import NOT_FOUND
from kernel.reveals import Purpose
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import require_own_base
from services.catalog.domain.base import Base, TeamMember
from services.catalog.domain.refusals import NOT_SUBMITTED_TO
from services.catalog.domain.reveal import reveal_team


@dataclass(frozen=True, slots=True, repr=False)
class RevealedContact:
    """A contact of a base's team with the phone in plain (R6, R41)."""

    name: str
    phone: str
    email: str | None


@dataclass(frozen=True, slots=True, repr=False)
class RevealedTeam:
    """A base's team with its phones in plain, by duty (R6, R41)."""

    base: Base
    design: tuple[RevealedContact, ...]
    declaration: tuple[RevealedContact, ...]
    delivery: tuple[RevealedContact, ...]


async def reveal_base_team(deps: Deps, principal: Principal, *, base_id: str, purpose: str) -> RevealedTeam:
    """Show the phones of a base's team to the base, to a school that has submitted to it, or to the ministry (R6, R41).

    Who works with a base that was merged into this one works with this one (R2). The record and its event are stored
    before anything is opened. A repeat is recorded again, even under the same `Idempotency-Key`, for the phones are
    shown again.

    Args:
        deps: The service's dependencies.
        principal: Who wants to see them.
        base_id: The base's id.
        purpose: What for, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND` for the base or for a team that nobody has named, `NOT_SUBMITTED_TO`,
            `INVALID_PURPOSE` or `TOO_MANY_REVEALS`; nothing is shown then.
    """
    require_scope(principal, Scope.SCHOOL, Scope.BASE, Scope.MINISTRY)
    why, store = Purpose.of(purpose), deps.store
    base = await store.bases.get(base_id)
    await _require_partner(deps, principal, base)
    act, events = reveal_team(
        new_id(),
        base,
        why,
        deps.clock.now(),
        by=principal.subject,
        scope=principal.scope.value,
        organization=principal.organization,
    )
    if not act.persons:
        raise NOT_FOUND(kind="team", id=base_id)
    await store.reveals.counts.spend(principal.subject, datetime.now(UTC), act.persons)
    await store.reveals.insert(act, events)
    return RevealedTeam(
        base,
        design=_opened(deps, base.team.design),
        declaration=_opened(deps, base.team.declaration),
        delivery=_opened(deps, base.team.delivery),
    )


async def _require_partner(deps: Deps, principal: Principal, base: Base) -> None:
    match principal.scope:
        case Scope.BASE:
            require_own_base(principal, base.id)
        case Scope.SCHOOL:
            bases = [base.id, *await deps.store.bases.merged_into(base.id)]
            if not await deps.store.partners.work_together(principal.school or "", bases):
                raise NOT_SUBMITTED_TO(base=base.id)
        case _:
            return


def _opened(deps: Deps, members: tuple[TeamMember, ...]) -> tuple[RevealedContact, ...]:
    vault = deps.vault
    return tuple(RevealedContact(member.name, vault.open(member.phone_sealed), member.email) for member in members)
