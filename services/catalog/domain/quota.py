"""How many projects a base may have in a round, and how many it has (R11, R39)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kernel.dates import today
from kernel.free_text import Reason
from kernel.refusals import PROPOSAL_DECIDED
from services.catalog.domain.base import Base
from services.catalog.domain.events import QuotaAdjusted, QuotaReconciled
from services.catalog.domain.refusals import (
    BASE_CLOSED,
    INVALID_QUOTA,
    PROPOSAL_MISMATCH,
    QUOTA_ABOVE_ROUND,
    QUOTA_EXCEEDED,
)
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import ProjectStatus

CONSUMING = frozenset(
    {
        ProjectStatus.SUBMITTED,
        ProjectStatus.UNDER_REVIEW,
        ProjectStatus.RETURNED,
        ProjectStatus.APPROVED,
        ProjectStatus.PUBLISHED,
        ProjectStatus.RUNNING,
        ProjectStatus.FINISHED,
        ProjectStatus.COMPLETED,
        ProjectStatus.SUSPENDED,
        ProjectStatus.CANCELLED,
    }
)
"""The states that consume quota; CANCELLED is one, for a project is cancelled after publication only (R11)."""

LIMITS = range(201)
"""How many projects a quota allows, of a round (R1, R11) and by an adjustment (R39)."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A change of a quota's limit by the ministry (R39).

    Attributes:
        by: Who acted, as the audit names them.
        proposal: The proposal that it decides, `<year>/<base>/<limit>`; None where it follows from none.
    """

    limit: int
    effective_from: date
    reason: str
    at: datetime
    by: str | None = None
    proposal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A quota whose `used` is not the number of its base's consuming projects (R11).

    Attributes:
        used: What the quota says; None where a base has projects and no quota.
        projects: Codes of the projects that are counted.
    """

    base: str
    year: int
    used: int | None
    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The quota of one base in one round; its id is `<base>:<year>`.

    Attributes:
        limit: The limit that the round gives the base's category.
        used: Projects in consuming states; changed only together with a project's status.
        serial: The last serial number that a project of the base got in the round.
        adjustments: The ministry's changes of the limit, oldest first.
        frozen: Whether its base has ended, so that nothing more is counted.
    """

    id: str
    version: int
    base: str
    year: int
    province: str
    limit: int
    used: int = 0
    serial: int = 0
    adjustments: tuple[Adjustment, ...] = ()
    frozen: bool = False

    def in_force(self, day: date) -> Adjustment | None:
        """The latest adjustment that is effective on a day; None while the round's limit is in force (R39)."""
        return next((change for change in reversed(self.adjustments) if change.effective_from <= day), None)

    def limit_on(self, day: date) -> int:
        """The limit in force on a day (R11, R39)."""
        adjusted = self.in_force(day)
        return adjusted.limit if adjusted else self.limit


def granted(base: Base, current: Round) -> Quota:
    """The quota that a round gives a base by its category (R11)."""
    return Quota(
        id=quota_id(base.id, current.year),
        version=1,
        base=base.id,
        year=current.year,
        province=base.routing_province,
        limit=current.quota_of(base.category),
    )


def quota_id(base: str, year: int) -> str:
    """The id of a base's quota in a round."""
    return f"{base}:{year}"


def delta(before: ProjectStatus, after: ProjectStatus) -> int:
    """What a change of status does to `used`: +1 consumes, -1 releases, 0 leaves it (R11)."""
    return (after in CONSUMING) - (before in CONSUMING)


def consume(quota: Quota, day: date) -> Quota:
    """Count one project more (R11).

    Args:
        quota: The quota.
        day: On which the project is submitted.

    Raises:
        Refusal: `BASE_CLOSED` or `QUOTA_EXCEEDED`.
    """
    if quota.frozen:
        raise BASE_CLOSED(base=quota.base)
    if quota.used >= quota.limit_on(day):
        raise QUOTA_EXCEEDED(used=quota.used, limit=quota.limit_on(day))
    return replace(quota, used=quota.used + 1)


def adjust(
    quota: Quota,
    *,
    limit: int,
    reason: Reason,
    effective_from: date | None,
    now: datetime,
    proposal: str | None = None,
    above_round: bool = False,
    actor: str | None = None,
    base_name: str | None = None,
) -> tuple[Quota, list[QuotaAdjusted]]:
    """Change the limit, now or from a later day; below what is used it only stops new submissions (R39).

    Args:
        quota: The quota.
        limit: Projects, one of `LIMITS`.
        reason: Why.
        effective_from: First day of the new limit; None for today.
        now: Domain time, aware.
        proposal: The proposal of assessment that this decides, with its limit or another one; None for none.
        above_round: Whether the limit is meant to exceed the one that the round gives.
        actor: Who acts, as the audit names them.
        base_name: The base's name, for the event.

    Raises:
        Refusal: `BASE_CLOSED`, `QUOTA_ABOVE_ROUND`, `PROPOSAL_MISMATCH`, `PROPOSAL_DECIDED`, or `INVALID_QUOTA` for a
            limit beyond 0 to 200 or a day that is over.
    """
    if quota.frozen:
        raise BASE_CLOSED(base=quota.base)
    since = effective_from or today(now)
    if limit not in LIMITS or since < today(now):
        raise INVALID_QUOTA(limit=LIMITS[-1])
    if limit > quota.limit and not above_round:
        raise QUOTA_ABOVE_ROUND(field="aboveRound", limit=quota.limit)
    if proposal is not None:
        _require_undecided(quota, proposal)
    event = QuotaAdjusted(
        base=quota.base,
        year=quota.year,
        before=quota.limit_on(since),
        limit=limit,
        used=quota.used,
        reason=reason.text,
        effective_from=since,
        province=quota.province,
        base_name=base_name,
        proposal=proposal,
    )
    change = Adjustment(limit, since, reason.text, now, actor, proposal)
    return replace(quota, adjustments=(*quota.adjustments, change)), [event]


def _require_undecided(quota: Quota, proposal: str) -> None:
    """Require that a proposal is of this quota, and that no adjustment has decided it.

    Raises:
        Refusal: `PROPOSAL_MISMATCH` or `PROPOSAL_DECIDED`.
    """
    if not re.fullmatch(rf"{quota.year}/{re.escape(quota.base)}/[0-9]{{1,3}}", proposal, re.ASCII):
        raise PROPOSAL_MISMATCH(field="proposalId", proposal=proposal)
    proposed = int(proposal.rpartition("/")[2])
    for change in quota.adjustments:
        if change.proposal == proposal:
            raise PROPOSAL_DECIDED(field="proposalId", state="ADOPTED" if change.limit == proposed else "ADAPTED")


def follow_round(
    quota: Quota, *, limit: int, reason: Reason, now: datetime, base_name: str | None = None
) -> tuple[Quota, list[QuotaAdjusted]] | None:
    """Let a base's quota follow an amendment of its round, up or down (R11).

    One that the ministry has adjusted stays in force, and one of a base that has ended stays as it is.

    Args:
        quota: The quota.
        limit: What the amended round gives the base's category.
        reason: Why the round was amended.
        now: Domain time, aware.
        base_name: The base's name, for the event.

    Returns:
        The quota, with an event where its limit in force has changed; None where nothing changes.
    """
    if quota.frozen or quota.limit == limit:
        return None
    before, day = quota.limit_on(today(now)), today(now)
    changed = replace(quota, limit=limit)
    if changed.limit_on(day) == before:
        return changed, []
    event = QuotaAdjusted(
        base=quota.base,
        year=quota.year,
        before=before,
        limit=limit,
        used=quota.used,
        reason=reason.text,
        effective_from=day,
        province=quota.province,
        base_name=base_name,
        follows_round=True,
    )
    return changed, [event]


def thaw(
    quota: Quota, *, limit: int, reason: Reason, now: datetime, base_name: str | None = None
) -> tuple[Quota, list[QuotaAdjusted]]:
    """Let a quota count again, for its base is open again; what its round has amended meanwhile follows (R2, R11).

    Args:
        quota: The quota.
        limit: What the round gives the base's category.
        reason: Why the base is open again.
        now: Domain time, aware.
        base_name: The base's name, for the event.
    """
    counting = replace(quota, frozen=False)
    return follow_round(counting, limit=limit, reason=reason, now=now, base_name=base_name) or (counting, [])


def compare(key: str, quota: Quota | None, projects: Sequence[str]) -> Difference | None:
    """How a quota's count differs from its base's consuming projects; None where it does not (R11).

    Args:
        key: The quota's id.
        quota: The quota; None where there is no document.
        projects: Codes of the projects that count towards it.
    """
    used = quota.used if quota else None
    if (used or 0) == len(projects):
        return None
    base, _, year = key.rpartition(":")
    return Difference(base=base, year=int(year), used=used, projects=tuple(projects))


def reconcile(quota: Quota, difference: Difference) -> tuple[Quota, list[QuotaReconciled]]:
    """Set `used` to the number of consuming projects (R11)."""
    counted = len(difference.projects)
    event = QuotaReconciled(base=quota.base, year=quota.year, before=quota.used, used=counted, province=quota.province)
    return replace(quota, used=counted), [event]
