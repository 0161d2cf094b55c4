"""How far the enrollments of a province's schools are, counted (R27, R42)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from services.enrollment.domain.seats import ADMITTED
from services.enrollment.domain.vocabulary import BaseCategory, EnrollmentStatus, FundingSource

_S = EnrollmentStatus

SUCCEEDED = frozenset({_S.PASSED, _S.CREDITED, _S.CREDIT_REVOKED})
"""Who passed the assessment; credit is another matter (R30, R31)."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Share:
    """Enrollments that are alike, as the database counts them.

    Attributes:
        category: What the base trains; None of one all of whose projects were published before this was kept.
        base_province: Where the base is; `00` for none.
        submitted: How many of them the school has ever handed in.
    """

    category: BaseCategory | None
    base_province: str
    status: EnrollmentStatus
    count: int
    submitted: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Enrollments by how far they are; who has been accepted has been submitted, who has passed was accepted."""

    sign_ups: int = 0
    submitted: int = 0
    accepted: int = 0
    passed: int = 0
    statuses: Mapping[EnrollmentStatus, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A province's year.

    Attributes:
        province: Two digits; `00` for the schools of line ministries.
        schools: How many are on file.
        schools_signed_up: From how many somebody signed up.
        schools_submitted: How many have handed anything in.
        funding: What is recorded and in force, in fen, by source.
    """

    province: str
    year: int
    schools: int
    schools_signed_up: int
    schools_submitted: int
    shares: tuple[Share, ...]
    funding: Mapping[FundingSource, int]

    def whole(self) -> Tally:
        """All enrollments."""
        return _tally(self.shares)

    def by_category(self) -> dict[BaseCategory | None, Tally]:
        """By what the bases train, in the order of the categories; the unknown last."""
        known = [*BaseCategory, None]
        return _grouped(self.shares, lambda one: one.category, known.index)

    def by_base_province(self) -> dict[str, Tally]:
        """By where the bases are."""
        return _grouped(self.shares, lambda one: one.base_province, lambda province: province)


def _grouped(shares: Iterable[Share], of: Callable[[Share], K], order: Callable[[K], int | str]) -> dict[K, Tally]:
    groups: dict[K, list[Share]] = {}
    for share in shares:
        groups.setdefault(of(share), []).append(share)
    return {key: _tally(groups[key]) for key in sorted(groups, key=order)}


def _tally(shares: Iterable[Share]) -> Tally:
    statuses: Counter[EnrollmentStatus] = Counter()
    submitted = 0
    for share in shares:
        statuses[share.status] += share.count
        submitted += share.submitted
    return Tally(
        sign_ups=statuses.total(),
        submitted=submitted,
        accepted=sum(statuses[one] for one in ADMITTED),
        passed=sum(statuses[one] for one in SUCCEEDED),
        statuses={one: statuses[one] for one in EnrollmentStatus if statuses[one]},
    )
