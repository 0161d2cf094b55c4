"""Types of a province's progress: enrollments and funding of a year, counted (R27, R42)."""

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from services.enrollment.domain import progress as domain
from services.enrollment.graph.enums import BaseCategory, EnrollmentStatus, Fen, FundingSource, yuan

if TYPE_CHECKING:
    from services.enrollment.graph.provinces import Province

ProvinceType = Annotated["Province", strawberry.lazy("services.enrollment.graph.provinces")]


@strawberry.type(description="某状态的报名数")
class StatusCount:
    """How many enrollments are in a state."""

    status: EnrollmentStatus
    count: int


@strawberry.type(description="报名人次：已提交、已录取、已通过含其后各状态，其余为当前状态的人次 (R42)")
class EnrollmentTally:
    """Enrollments by how far they have got."""

    sign_ups: int
    submitted: int
    accepted: int
    rejected: int
    waitlisted: int
    attending: int
    passed: int
    statuses: list[StatusCount]

    @classmethod
    def of(cls, source: domain.Tally) -> Self:
        """From the domain's tally."""
        statuses = source.statuses
        return cls(
            sign_ups=source.sign_ups,
            submitted=source.submitted,
            accepted=source.accepted,
            rejected=statuses.get(EnrollmentStatus.REJECTED, 0),
            waitlisted=statuses.get(EnrollmentStatus.WAITLISTED, 0),
            attending=statuses.get(EnrollmentStatus.ATTENDING, 0),
            passed=source.passed,
            statuses=[StatusCount(status=status, count=count) for status, count in statuses.items()],
        )


@strawberry.type(description="某类基地的报名人次")
class CategoryProgress:
    """Enrollments at the bases of a category.

    The category is null for projects that were published before their events told it.
    """

    category: BaseCategory | None
    tally: EnrollmentTally


@strawberry.type(description="某省基地的报名人次；province 为空：不属于任何省份的基地")
class BaseProvinceProgress:
    """Enrollments at the bases of a province."""

    province: ProvinceType | None
    tally: EnrollmentTally


@strawberry.type(description="某来源的经费")
class SourceTotal:
    """Money of one source."""

    source: FundingSource
    amount: Fen
    yuan: str


@strawberry.type(description="现行经费记录合计 (R27)")
class FundingTotal:
    """The sum of the records in force."""

    amount: Fen
    yuan: str
    sources: list[SourceTotal]


@strawberry.type(description="某省学校某年度的报名进展；province 为空：部委所属院校 (R27)")
class ProvinceProgress:
    """How far a province's enrollments of a year have got."""

    province: ProvinceType | None
    year: int
    total: int
    registered_schools: int = strawberry.field(description="已登记的学校数")
    schools: int = strawberry.field(description="有报名的学校数")
    submitting_schools: int = strawberry.field(description="已提交报名的学校数")
    statuses: list[StatusCount]
    tally: EnrollmentTally
    by_category: list[CategoryProgress]
    by_base_province: list[BaseProvinceProgress]
    funding: FundingTotal

    @classmethod
    def of(cls, source: domain.Progress) -> Self:
        """From the domain's counts."""
        from services.enrollment.graph.provinces import Province

        tally = EnrollmentTally.of(source.whole())
        return cls(
            province=Province.of(source.province),
            year=source.year,
            total=tally.sign_ups,
            registered_schools=source.schools,
            schools=source.schools_signed_up,
            submitting_schools=source.schools_submitted,
            statuses=tally.statuses,
            tally=tally,
            by_category=[
                CategoryProgress(category=category, tally=EnrollmentTally.of(counts))
                for category, counts in source.by_category().items()
            ],
            by_base_province=[
                BaseProvinceProgress(province=Province.of(code), tally=EnrollmentTally.of(counts))
                for code, counts in source.by_base_province().items()
            ],
            funding=_total(source),
        )


def _total(progress: domain.Progress) -> FundingTotal:
    amount = sum(progress.funding.values())
    sources = [
        SourceTotal(source=kind, amount=Fen(progress.funding[kind]), yuan=yuan(progress.funding[kind]))
        for kind in FundingSource
        if kind in progress.funding
    ]
    return FundingTotal(amount=Fen(amount), yuan=yuan(amount), sources=sources)
