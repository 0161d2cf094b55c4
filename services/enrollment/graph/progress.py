"""The progress of provinces in the graph: of one by itself, of all by the ministry (R27, R42)."""

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from services.enrollment.domain import progress as domain
from services.enrollment.graph.enums import BaseCategory, EnrollmentStatus, Fen, FundingSource, yuan

if TYPE_CHECKING:
    from services.enrollment.graph.provinces import Province

ProvinceType = Annotated["Province", strawberry.lazy("services.enrollment.graph.provinces")]


@strawberry.type(description="某状态的报名数")
class StatusCount:
    """How many enrolments are in a state."""

    status: EnrollmentStatus
    count: int


@strawberry.type(description="报名人次：已提交、已录取、已通过含其后各状态，其余为当前状态的人次 (R42)")
class EnrollmentTally:
    """Enrolments by how far they are."""

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
        """As the domain counts."""
        now = source.statuses
        return cls(
            sign_ups=source.sign_ups,
            submitted=source.submitted,
            accepted=source.accepted,
            rejected=now.get(EnrollmentStatus.REJECTED, 0),
            waitlisted=now.get(EnrollmentStatus.WAITLISTED, 0),
            attending=now.get(EnrollmentStatus.ATTENDING, 0),
            passed=source.passed,
            statuses=[StatusCount(status=status, count=count) for status, count in now.items()],
        )


@strawberry.type(description="某类基地的报名人次")
class CategoryProgress:
    """Enrolments at the bases of a category; no category of bases whose projects were published before it was kept."""

    category: BaseCategory | None
    tally: EnrollmentTally


@strawberry.type(description="某省基地的报名人次；province 为空：不属于任何省份的基地")
class BaseProvinceProgress:
    """Enrolments at the bases of a province."""

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
    """What is recorded and in force."""

    amount: Fen
    yuan: str
    sources: list[SourceTotal]


@strawberry.type(description="某省学校某年度的报名进展；province 为空：部委所属院校 (R27)")
class ProvinceProgress:
    """How far a province's enrolments of a year are."""

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
        """As the domain counts."""
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
                CategoryProgress(category=category, tally=EnrollmentTally.of(one))
                for category, one in source.by_category().items()
            ],
            by_base_province=[
                BaseProvinceProgress(province=Province.of(code), tally=EnrollmentTally.of(one))
                for code, one in source.by_base_province().items()
            ],
            funding=_total(source),
        )


def _total(source: domain.Progress) -> FundingTotal:
    amount = sum(source.funding.values())
    sources = [
        SourceTotal(source=one, amount=Fen(source.funding[one]), yuan=yuan(source.funding[one]))
        for one in FundingSource
        if one in source.funding
    ]
    return FundingTotal(amount=Fen(amount), yuan=yuan(amount), sources=sources)
