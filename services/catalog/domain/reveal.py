"""The recorded act of seeing the phones of a base's team (R6, R40, R41)."""

from dataclasses import dataclass
from datetime import datetime

from kernel.reveals import Purpose
from services.catalog.domain.base import Base, Team
from services.catalog.domain.events import ContactsRevealed


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamReveal:
    """The record that somebody saw the phones of a base's team.

    Attributes:
        id: Sorts by time.
        base: The base's id.
        persons: How many they are.
        by: The account's subject.
        scope: The account's role.
        organization: The account's organisation.
        at: Domain time.
    """

    id: str
    version: int
    base: str
    persons: int
    by: str
    scope: str
    organization: str | None
    purpose: str
    at: datetime


def persons_of(team: Team) -> int:
    """How many persons a team has; who has several duties counts once."""
    members = (*team.design, *team.declaration, *team.delivery)
    return len({(member.name, member.phone_masked) for member in members})


def reveal_team(
    key: str, base: Base, purpose: Purpose, now: datetime, *, by: str, scope: str, organization: str | None
) -> tuple[TeamReveal, list[ContactsRevealed]]:
    """Record the act of seeing the phones of a base's team; it opens nothing itself.

    Args:
        key: The record's id.
        base: Whose team.
        purpose: What for.
        now: Domain time.
        by: The account's subject.
        scope: The account's role.
        organization: The account's organisation.
    """
    act = TeamReveal(
        id=key,
        version=1,
        base=base.id,
        persons=persons_of(base.team),
        by=by,
        scope=scope,
        organization=organization,
        purpose=purpose.text,
        at=now,
    )
    return act, [ContactsRevealed(base=base.id, purpose=purpose.text)]
