"""What a base's grade proposes for its next quota; only the ministry, in the catalog, changes one (R39, ADR 60)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from kernel.free_text import Reason
from kernel.refusals import PROPOSAL_DECIDED
from services.assessment.domain.annual import Assessment
from services.assessment.domain.annual_events import QuotaProposalDeclined
from services.assessment.domain.rubric import Grade, Rubric
from services.assessment.domain.vocabulary import AnnualState, ProposalState

_BASIS_POINTS = 10_000
TRANSITIONS: Mapping[ProposalState, frozenset[ProposalState]] = {
    ProposalState.PROPOSED: frozenset({ProposalState.ADOPTED, ProposalState.ADAPTED, ProposalState.DECLINED}),
    ProposalState.ADOPTED: frozenset(),
    ProposalState.ADAPTED: frozenset(),
    ProposalState.DECLINED: frozenset({ProposalState.ADOPTED, ProposalState.ADAPTED}),
}
"""Which state may follow which: the quota is the ministry's, so it may come back to what it has declined."""


@dataclass(frozen=True, slots=True)
class RoundQuotas:
    """How many projects a round gives the bases of each category, as the catalog's events have it.

    Attributes:
        id: The year.
        version: `Envelope.order` of the round's latest event.
        quotas: By category.
    """

    id: str
    version: int
    quotas: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LimitChange:
    """Another limit than the round's, from a day on.

    Attributes:
        version: `Envelope.order` of the event that told of it.
        limit: How many projects.
        effective_from: Its first day.
    """

    version: int
    limit: int
    effective_from: date


@dataclass(frozen=True, slots=True)
class QuotaLimit:
    """The limits that the ministry has given a base in a round, as the catalog's events have them.

    Attributes:
        id: `<base>:<year>`.
        version: `Envelope.order` of the latest change's event.
        changes: Every change, in the order in which the ministry made them.
    """

    id: str
    version: int
    changes: tuple[LimitChange, ...] = ()

    def on(self, day: date) -> int | None:
        """The limit in force on a day: of the latest change that is effective; None while it is the round's."""
        return next((change.limit for change in reversed(self.changes) if change.effective_from <= day), None)

    def after(self, change: LimitChange) -> Self:
        """The limits with a change; events may come late or twice."""
        others = (each for each in self.changes if each.version != change.version)
        changes = tuple(sorted((*others, change), key=lambda each: each.version))
        return replace(self, version=changes[-1].version, changes=changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaProposal:
    """Another quota than the one in force, because of a grade; it is stored once it is decided.

    Attributes:
        id: `<year>/<base>/<proposed>`: when a grade or a round changes what is proposed, that is another proposal.
        version: For its repository.
        assessment: The id of the assessment that it follows from.
        base: The base's id.
        base_name: The base's name; None where it is not known.
        year: The round that it is for.
        grade: The grade.
        again: Whether the year before ended with the lowest grade, too.
        factor_bp: What the grade makes of the round's quota, in basis points.
        round_limit: What the round gives the base's category.
        limit: The limit in force.
        proposed: The proposed limit.
        province: The base's, two digits.
        state: What the ministry has made of it.
        decided_limit: The limit that the ministry has given by it; None where it has given none.
        declined_because: Why it was declined; None where it never was.
    """

    id: str
    version: int = 1
    assessment: str
    base: str
    base_name: str | None
    year: int
    grade: Grade
    again: bool
    factor_bp: int
    round_limit: int
    limit: int
    proposed: int
    province: str
    state: ProposalState = ProposalState.PROPOSED
    decided_limit: int | None = None
    declined_because: str | None = None

    @property
    def above_round(self) -> bool:
        """Whether it is more than the round gives."""
        return self.proposed > self.round_limit


def propose(
    assessment: Assessment, before: Assessment | None, rubric: Rubric, *, round_limit: int, limit: int | None
) -> QuotaProposal | None:
    """What a final grade proposes for the round of the year after.

    The round's own quota is multiplied, never the last limit: factors do not pile up over the years.

    Args:
        assessment: The base's.
        before: The base's of the year before; None where there is none.
        rubric: By which it was computed.
        round_limit: What the round gives the base's category.
        limit: What the ministry has given the base in that round; None where it has given nothing else.

    Returns:
        The proposal; None where the grade is not final, or the limit in force is the proposed one.
    """
    if assessment.state is not AnnualState.FINAL:
        return None
    again = assessment.grade is Grade.UNQUALIFIED and _is_unqualified(before)
    rule = rubric.quota
    factor = rule.second_unqualified_in_a_row_bp if again else rule.factor_bp[assessment.grade]
    proposed = round_limit * factor // _BASIS_POINTS
    if factor:
        proposed = max(rule.least, proposed)
    in_force = round_limit if limit is None else limit
    if proposed == in_force:
        return None
    year = assessment.year + 1
    return QuotaProposal(
        id=f"{year}/{assessment.base}/{proposed}",
        assessment=assessment.id,
        base=assessment.base,
        base_name=assessment.base_name,
        year=year,
        grade=assessment.grade,
        again=again,
        factor_bp=factor,
        round_limit=round_limit,
        limit=in_force,
        proposed=proposed,
        province=assessment.province,
    )


def decline(proposal: QuotaProposal, reason: Reason) -> tuple[QuotaProposal, list[QuotaProposalDeclined]]:
    """Decline a proposal, as the ministry: the quota stays as it is.

    Args:
        proposal: The proposal.
        reason: Why.

    Raises:
        Refusal: `PROPOSAL_DECIDED`.
    """
    if ProposalState.DECLINED not in TRANSITIONS[proposal.state]:
        raise PROPOSAL_DECIDED(state=proposal.state.value, field="id")
    declined = replace(proposal, state=ProposalState.DECLINED, declined_because=reason.text)
    event = QuotaProposalDeclined(
        proposal=proposal.id,
        base=proposal.base,
        year=proposal.year,
        grade=proposal.grade,
        limit=proposal.limit,
        proposed=proposal.proposed,
        reason=reason.text,
        province=proposal.province,
        base_name=proposal.base_name,
    )
    return declined, [event]


def follow_adjustment(proposal: QuotaProposal, limit: int) -> QuotaProposal:
    """The proposal after the catalog has adjusted the quota by it; the very same where that was told before.

    Args:
        proposal: The proposal.
        limit: The limit that the ministry has given: the proposed one, or another.
    """
    state = ProposalState.ADOPTED if limit == proposal.proposed else ProposalState.ADAPTED
    if state not in TRANSITIONS[proposal.state]:
        return proposal
    return replace(proposal, state=state, decided_limit=limit)


def _is_unqualified(before: Assessment | None) -> bool:
    return before is not None and before.state is AnnualState.FINAL and before.grade is Grade.UNQUALIFIED
