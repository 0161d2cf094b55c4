"""What a base's grade proposes for its next quota; only the ministry, in the catalog, changes one (R39, ADR 60)."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.assessment.domain.annual import Assessment
from services.assessment.domain.rubric import Grade, Rubric
from services.assessment.domain.vocabulary import AnnualState

_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class RoundQuotas:
    """How many projects a round gives the bases of each category, as the catalog's events have it.

    Attributes:
        id: The year.
        version: Catalog's version of the round.
        quotas: By category.
    """

    id: str
    version: int
    quotas: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class QuotaLimit:
    """The limit that the ministry has given a base in a round, as the catalog's events have it.

    Attributes:
        id: `<base>:<year>`.
        version: Catalog's version of the quota.
        limit: The latest limit.
    """

    id: str
    version: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaProposal:
    """Another quota than the one in force, because of a grade.

    Attributes:
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
    """

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
    return QuotaProposal(
        assessment=assessment.id,
        base=assessment.base,
        base_name=assessment.base_name,
        year=assessment.year + 1,
        grade=assessment.grade,
        again=again,
        factor_bp=factor,
        round_limit=round_limit,
        limit=in_force,
        proposed=proposed,
    )


def _is_unqualified(before: Assessment | None) -> bool:
    return before is not None and before.state is AnnualState.FINAL and before.grade is Grade.UNQUALIFIED
