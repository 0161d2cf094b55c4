"""Types of funding records; a correction is a later revision, the earlier ones stay (R27)."""

from datetime import datetime
from typing import Self

import strawberry

from services.enrollment.commands import NewFunding
from services.enrollment.domain import funding as domain
from services.enrollment.graph.context import Info
from services.enrollment.graph.enums import Fen, FundingSource, yuan
from services.enrollment.graph.loaders import FundingRevisionsLoader, SchoolByCodeLoader
from services.enrollment.graph.people import School
from services.enrollment.graph.projects import Project


@strawberry.input(description="登记经费；给出 corrects 则为更正，须说明理由，金额0为撤销 (R27)")
class FundingInput:
    """A payment, or the correction of one."""

    year: int
    amount: Fen = strawberry.field(description="金额，单位分")
    source: FundingSource
    item: str = strawberry.field(description="职业院校教师素质提高计划中的项目")
    school: strawberry.ID | None = None
    project: strawberry.ID | None = None
    note: str | None = None
    corrects: strawberry.ID | None = strawberry.field(default=None, description="所更正的现行记录")
    reason: str | None = strawberry.field(default=None, description="更正的理由")

    def entry(self) -> NewFunding:
        """The payment, as the command takes it."""
        return NewFunding(
            year=self.year,
            amount=self.amount,
            source=self.source,
            item=self.item,
            school=self.school,
            project=self.project,
            note=self.note,
        )


@strawberry.type(description="一笔经费记录的一版；更正只增不改 (R27)")
class Funding:
    """One revision of a payment's record."""

    id: strawberry.ID
    year: int
    revision: int
    amount: Fen
    yuan: str
    source: FundingSource
    item: str
    note: str | None
    corrects: strawberry.ID | None
    reason: str | None
    recorded_at: datetime
    source_record: strawberry.Private[domain.Funding]

    @classmethod
    def of(cls, source: domain.Funding) -> Self:
        """From the domain's record; whoever gets here may read it."""
        return cls(
            id=strawberry.ID(source.id),
            year=source.year,
            revision=source.revision,
            amount=Fen(source.amount),
            yuan=yuan(source.amount),
            source=source.source,
            item=source.item,
            note=source.note,
            corrects=None if source.corrects is None else strawberry.ID(source.corrects),
            reason=source.reason,
            recorded_at=source.recorded_at,
            source_record=source,
        )

    @strawberry.field(description="所资助的学校")
    async def school(self, info: Info) -> School | None:
        """The school that the payment is for."""
        code = self.source_record.school
        school = await info.context.loader(SchoolByCodeLoader).load(code) if code else None
        return School.of(school) if school else None

    @strawberry.field(description="所资助的项目")
    def project(self) -> Project | None:
        """The project that the payment is for."""
        key = self.source_record.project
        return Project(id=strawberry.ID(key)) if key else None

    @strawberry.field(description="更正本版的那一版；空为现行")
    async def superseded_by(self, info: Info) -> strawberry.ID | None:
        """The revision after this one."""
        later = [revision for revision in await self._revisions(info) if revision.corrects == self.id]
        return strawberry.ID(later[0].id) if later else None

    @strawberry.field(description="之前各版，由先到后")
    async def history(self, info: Info) -> list["Funding"]:
        """The revisions before this one."""
        return [Funding.of(row) for row in await self._revisions(info) if row.revision < self.revision]

    async def _revisions(self, info: Info) -> list[domain.Funding]:
        return await info.context.loader(FundingRevisionsLoader).load(self.source_record.record) or []
