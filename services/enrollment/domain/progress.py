"""The counts of a province's enrollments by how far they are (R27, R42)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from services.enrollment.domain.seats import ADMITTED
from services.enrollment.domain.vocabulary import BaseCategory, EnrollmentStatus, FundingSource

_S = EnrollmentStatus

SUCCEEDED = frozenset({_S.PASSED, _S.CREDITED, _S.CREDIT_REVOKED})
"""The states after a passed assessment, whether or not its credit was revoked later (R30, R31)."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Share:
    """The count of enrollments with the same base category, base province and status.

    Attributes:
        category: What the base trains; None where no event of its projects said so.
        base_province: The base's, two digits; `00` for none.
        count: How many enrollments.
        submitted: How many of them the school has ever submitted.
    """

    category: BaseCategory | None
    base_province: str
    status: EnrollmentStatus
    count: int
    submitted: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Enrollments by how far they are; each count includes the later ones: passed, accepted, submitted, signed up."""

    sign_ups: int = 0
    submitted: int = 0
    accepted: int = 0
    passed: int = 0
    statuses: Mapping[EnrollmentStatus, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One province's progress in one year.

    Attributes:
        province: Two digits; `00` for the schools of line ministries.
        schools: How many are on file.
        schools_signed_up: How many have a sign-up.
        schools_submitted: How many have submitted an enrollment.
        funding: The funding in force, in fen, by source.
    """

    province: str
    year: int
    schools: int
    schools_signed_up: int
    schools_submitted: int
    shares: tuple[Share, ...]
    funding: Mapping[FundingSource, int]

    def whole(self) -> Tally:
        """The counts of all enrollments."""
        return _tally(self.shares)

    def by_category(self) -> dict[BaseCategory | None, Tally]:
        """The counts by base category, in the order of the categories; an unknown category comes last."""
        order = [*BaseCategory, None]
        return _grouped(self.shares, lambda share: share.category, order.index)

    def by_base_province(self) -> dict[str, Tally]:
        """The counts by the province of the base."""
        return _grouped(self.shares, lambda share: share.base_province, lambda province: province)


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
        accepted=sum(statuses[status] for status in ADMITTED),
        passed=sum(statuses[status] for status in SUCCEEDED),
        statuses={status: statuses[status] for status in EnrollmentStatus if statuses[status]},
    )
