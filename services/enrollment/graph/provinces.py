"""The fields that enrollment adds to `Province`, an entity of the catalog; for itself and the ministry (R27)."""

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from chassis.graph import requires
from chassis.graph.connection import Connection
from chassis.graph.resolvers import text_key
from chassis.principal import Scope
from kernel.reference import provinces
from services.enrollment.graph.context import Info, may_read_province
from services.enrollment.graph.enums import EnrollmentOrder
from services.enrollment.graph.funding import Funding
from services.enrollment.graph.inputs import EnrollmentFilter
from services.enrollment.graph.loaders import FundingByProvinceLoader, ProgressByProvinceLoader
from services.enrollment.graph.progress import ProvinceProgress

if TYPE_CHECKING:
    from services.enrollment.graph.enrollments import Enrollment

EnrollmentType = Annotated["Enrollment", strawberry.lazy("services.enrollment.graph.enrollments")]


@strawberry.federation.type(keys=["code"])
class Province:
    """A province by its code."""

    code: strawberry.ID

    @classmethod
    def of(cls, code: str | None) -> Self | None:
        """The province of a code; None for `00` and whatever else is no province."""
        return cls(code=strawberry.ID(code)) if code and code in provinces() else None

    @classmethod
    def resolve_reference(cls, code: strawberry.ID) -> Self | None:
        """The province another subgraph refers to."""
        return cls.of(text_key(code))

    @strawberry.federation.field(
        description="报名进展，本省和教师工作司可见 (R27)", requires_scopes=requires(Scope.PROVINCE, Scope.MINISTRY)
    )
    async def progress(self, info: Info, year: int) -> ProvinceProgress | None:
        """The province's enrollments of a year, counted."""
        if not may_read_province(info.context.principal, self.code):
            return None
        progress = await info.context.loader(ProgressByProvinceLoader).load((self.code, year))
        return ProvinceProgress.of(progress) if progress else None

    @strawberry.federation.field(
        description="经费：现行各笔，本省和教师工作司可见；更正前的各版见 history (R27)",
        requires_scopes=requires(Scope.PROVINCE, Scope.MINISTRY),
    )
    async def funding(self, info: Info, year: int) -> list[Funding] | None:
        """The revisions in force of what the province has recorded for a year."""
        if not may_read_province(info.context.principal, self.code):
            return []
        records = await info.context.loader(FundingByProvinceLoader).load((self.code, year))
        return [Funding.of(record) for record in records or ()]

    @strawberry.federation.field(
        description="本省学校的报名 (R27)", requires_scopes=requires(Scope.PROVINCE, Scope.MINISTRY)
    )
    async def enrollments(
        self,
        info: Info,
        *,
        filter: EnrollmentFilter | None = None,
        search: str | None = None,
        order_by: EnrollmentOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[EnrollmentType] | None:
        """The enrollments of the province's schools."""
        from services.enrollment.graph.enrollments import enrollments_page

        if not may_read_province(info.context.principal, self.code):
            return Connection[EnrollmentType].empty()
        selection = (filter or EnrollmentFilter()).selection(province=self.code, search=search, order=order_by)
        return await enrollments_page(info, selection, first, after)
