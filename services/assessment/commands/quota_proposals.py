"""What grades propose for quotas, and what the ministry has made of it (R39, ADR 60, ADR 64)."""

import re
from datetime import date

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey, Session
from kernel.dates import today
from kernel.free_text import Reason
from kernel.refusals import BUSY, NOT_FOUND, RETRY_AFTER_SECONDS
from services.assessment.commands.deps import Deps
from services.assessment.commands.rubrics import require_rubric
from services.assessment.domain import quota_proposal
from services.assessment.domain.annual import Assessment
from services.assessment.domain.quota_proposal import QuotaProposal, RoundQuotas
from services.assessment.domain.vocabulary import ProposalState
from services.assessment.store import Store

_RULE = "R39"
_KEY = re.compile(r"(2[0-9]{3})/(.+)/[0-9]{1,3}", re.ASCII | re.DOTALL)


async def quota_proposals(
    deps: Deps, principal: Principal, *, year: int, state: ProposalState | None = None
) -> list[QuotaProposal]:
    """What the grades of the year before propose for the quotas of a round, and what was decided.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The round.
        state: If set, only those in this state.

    Returns:
        By base. While the round is not known there is none, and of a base whose limit in force is the proposed one
        there is only what was decided.

    Raises:
        Refusal: `FORBIDDEN`.
    """
    require_scope(principal, Scope.MINISTRY, rule=_RULE)
    store = deps.store
    known = await store.rounds.find(str(year))
    if known is None:
        return []
    graded = await store.annual.of_year(year - 1)
    before = {each.base: each for each in await store.annual.of_year(year - 2)}
    day = today(deps.clock.now())
    limits = {
        each.id: each.on(day) for each in await store.limits.find_many([f"{g.base}:{year}" for g in graded]) if each
    }
    found = {
        proposal.id: proposal
        for each in graded
        if (proposal := _proposed(known, each, before.get(each.base), limits.get(f"{each.base}:{year}")))
    }
    found |= {each.id: each for each in await store.proposals.query({"year": year}, sort=())}
    chosen = (each for each in found.values() if state in {None, each.state})
    return sorted(chosen, key=lambda each: (each.base, each.state is ProposalState.PROPOSED, each.id))


@idempotent("proposals", name="decline_quota_proposal")
async def decline_quota_proposal(deps: Deps, principal: Principal, *, key: str, reason: Reason) -> QuotaProposal:
    """Decline a proposal, as the ministry: the quota stays as it is.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The proposal's id.
        reason: Why.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `PROPOSAL_DECIDED` or `BUSY`.
    """
    require_scope(principal, Scope.MINISTRY, rule=_RULE)
    current = await find_proposal(deps.store, key, today(deps.clock.now()))
    if current is None:
        raise NOT_FOUND(rule=_RULE, kind="quota-proposal", id=key)
    try:  # what is not declined yet is not stored, or it is decided
        return await deps.store.proposals.insert(*quota_proposal.decline(current, reason))
    except DuplicateKey as error:
        raise BUSY(retryAfter=RETRY_AFTER_SECONDS) from error


async def find_proposal(store: Store, key: str, day: date, session: Session | None = None) -> QuotaProposal | None:
    """A proposal, as it was decided or as grade and limit make it; None where they make no such proposal.

    Args:
        store: The service's repositories.
        key: The proposal's id.
        day: Whose limit is in force.
        session: The transaction to read in.
    """
    named = _KEY.fullmatch(key)
    if named is None:
        return None
    if decided := await store.proposals.find(key, session):
        return decided
    year, base = int(named[1]), named[2]
    known = await store.rounds.find(str(year), session)
    assessment = await store.annual.find(f"{year - 1}/{base}", session)
    if known is None or assessment is None:
        return None
    before = await store.annual.find(f"{year - 2}/{base}", session)
    limit = await store.limits.find(f"{base}:{year}", session)
    proposal = _proposed(known, assessment, before, limit.on(day) if limit else None)
    return proposal if proposal and proposal.id == key else None


def _proposed(
    known: RoundQuotas, assessment: Assessment, before: Assessment | None, limit: int | None
) -> QuotaProposal | None:
    round_limit = known.quotas.get(assessment.category or "")
    if round_limit is None:
        return None
    rubric = require_rubric(assessment.rubric)
    return quota_proposal.propose(assessment, before, rubric, round_limit=round_limit, limit=limit)
