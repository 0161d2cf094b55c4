"""Bases, organisations and experts in the graph."""

import asyncio
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from chassis.graph import MajorCategory, Person, public, requires
from chassis.graph.resolvers import text_key
from chassis.principal import Scope
from services.catalog.domain import base as bases
from services.catalog.domain import quota as quotas
from services.catalog.domain import review as reviews
from services.catalog.domain.expert import open_assignments
from services.catalog.graph.context import Context, Info, is_ministry, may_read_base
from services.catalog.graph.enums import BaseCategory
from services.catalog.graph.filters import ProjectFilter
from services.catalog.graph.loaders import (
    BaseByIdLoader,
    BlankReviewsByExpertLoader,
    ExpertByIdLoader,
    OrganizationByCodeLoader,
    ProjectByIdLoader,
    QuotaByIdLoader,
    RoundByYearLoader,
)
from services.catalog.graph.quotas import ProjectPage, Quota
from services.catalog.graph.rounds import Province

if TYPE_CHECKING:
    from services.catalog.graph.projects import Project

ProjectType = Annotated["Project", strawberry.lazy("services.catalog.graph.projects")]


@strawberry.federation.type(keys=["code"], description="单位：学校标识码或统一社会信用代码 (R3)")
class Organization:
    """Who holds bases or sends experts."""

    code: strawberry.ID
    name: str

    @classmethod
    def of(cls, organization: bases.Organization) -> Self:
        """From the domain's value."""
        return cls(code=strawberry.ID(organization.code), name=organization.name)

    @classmethod
    async def resolve_reference(cls, info: Info, code: strawberry.ID) -> Self | None:
        """The organisation another subgraph refers to."""
        organization = await info.context.loader(OrganizationByCodeLoader).load(text_key(code))
        return cls.of(organization) if organization else None


@strawberry.type(description="基地的关闭或并入 (R2)")
class BaseClosing:
    """When a base ended, and which one acts for it."""

    at: datetime
    base: strawberry.Private[str]
    source: strawberry.Private[bases.Closing]

    @classmethod
    def of(cls, base: str, source: bases.Closing) -> Self:
        """From the domain's value, and the id of the base that ended."""
        return cls(at=source.at, base=base, source=source)

    @strawberry.federation.field(
        description="理由，本基地、接续的基地和教师工作司可见", requires_scopes=requires(Scope.BASE, Scope.MINISTRY)
    )
    def reason(self, info: Info) -> str | None:
        """Why; for the base itself, its successor and the ministry."""
        principal = info.context.principal
        concerned = [base for base in (self.base, self.source.into) if base]
        return self.source.reason if any(may_read_base(principal, base) for base in concerned) else None

    @strawberry.field(description="接续的基地；空为无接续")
    async def into(self, info: Info) -> "Base | None":
        """The successor."""
        if self.source.into is None:
            return None
        base = await info.context.loader(BaseByIdLoader).load(self.source.into)
        return Base.of(base, info.context) if base else None


@strawberry.federation.type(keys=["id"], description="国培基地 (R2)")
class Base:
    """A training base."""

    id: strawberry.ID
    name: str
    category: BaseCategory
    organization: Organization
    province: Province | None
    major_categories: list[MajorCategory]
    version: int
    valid_from: date
    valid_until: date | None = strawberry.field(description="有效期末日，空为长期 (R2)")
    closing: BaseClosing | None = strawberry.field(description="关闭或并入其他基地；空为在用 (R2)")
    province_reason: str | None = strawberry.federation.field(
        description="与单位代码所属省份不一致的理由 (R2)", requires_scopes=requires(Scope.MINISTRY)
    )
    team: list[Person] | None = strawberry.federation.field(
        description="设计、申报、实施联系人 (R6)", requires_scopes=requires(Scope.BASE, Scope.MINISTRY)
    )
    source: strawberry.Private[bases.Base]

    @classmethod
    def of(cls, source: bases.Base, context: Context) -> Self:
        """The base as the caller may see it."""
        return cls(
            id=strawberry.ID(source.id),
            name=source.name,
            category=source.category,
            organization=Organization.of(source.organization),
            province=Province.of(source.province),
            major_categories=[MajorCategory.of(ordinal) for ordinal in source.major_categories],
            version=source.version,
            valid_from=source.valid_from,
            valid_until=source.valid_until,
            closing=BaseClosing.of(source.id, source.closed) if source.closed else None,
            province_reason=source.province_reason if is_ministry(context.principal) else None,
            team=_people(source.team) if may_read_base(context.principal, source.id) else None,
            source=source,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """The base another subgraph refers to."""
        base = await info.context.loader(BaseByIdLoader).load(text_key(id))
        return cls.of(base, info.context) if base else None

    @strawberry.federation.field(
        description="本轮次项目数量 (R11)", requires_scopes=requires(Scope.BASE, Scope.MINISTRY)
    )
    async def quota(self, info: Info, year: int) -> Quota | None:
        """The base's quota of a round; before its first project there is no document, so what the round grants."""
        if not may_read_base(info.context.principal, self.source.id):
            return None
        current, stored = await asyncio.gather(
            info.context.loader(RoundByYearLoader).load(year),
            info.context.loader(QuotaByIdLoader).load(quotas.quota_id(self.source.id, year)),
        )
        if current is None:
            return None
        return Quota.of(stored or quotas.granted(self.source, current), info.context)

    @strawberry.federation.field(description=public("该基地的项目，未发布的仅本基地和教师工作司可见"))
    async def projects(
        self,
        info: Info,
        filter: ProjectFilter | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> ProjectPage | None:
        """The base's projects that the principal may see."""
        from services.catalog.graph.project_pages import projects_page

        selection = (filter or ProjectFilter()).selection(base=self.source.id)
        return await projects_page(info, selection, first, after)


@strawberry.federation.type(keys=["id"], description="评审专家，仅教师工作司可见 (R14)")
class Expert:
    """A reviewer; only the ministry lists them."""

    id: strawberry.ID
    name: str
    organization: Organization | None
    fields: list[MajorCategory]
    version: int
    withdrawn_at: datetime | None = strawberry.field(description="退出时间；空为在任 (R14)")
    source: strawberry.Private[reviews.Expert]

    @strawberry.federation.field(description="退出的理由 (R14)", requires_scopes=requires(Scope.MINISTRY))
    def withdrawal_reason(self, info: Info) -> str | None:
        """Why the expert withdrew; for the ministry."""
        withdrawn = self.source.withdrawn
        return withdrawn.reason if withdrawn and is_ministry(info.context.principal) else None

    @strawberry.federation.field(
        description="已分配而未提交评审的项目；退出后须改派，autoAssignExperts 可自动改派 (R14)",
        requires_scopes=requires(Scope.MINISTRY),
    )
    async def open_assignments(self, info: Info) -> list[ProjectType] | None:
        """What the expert has yet to review."""
        from services.catalog.graph.projects import Project

        if not is_ministry(info.context.principal):
            return []
        blank = await info.context.loader(BlankReviewsByExpertLoader).load(self.source.id) or []
        loader = info.context.loader(ProjectByIdLoader)
        projects = await asyncio.gather(*(loader.load(review.project) for review in blank))
        assigned = open_assignments(blank, [project for project in projects if project])
        return [Project.of(project, info.context) for project in assigned]

    @classmethod
    def of(cls, source: reviews.Expert) -> Self:
        """From the domain's value."""
        return cls(
            id=strawberry.ID(source.id),
            name=source.name,
            organization=Organization.of(source.organization),
            fields=[MajorCategory.of(ordinal) for ordinal in source.fields],
            version=source.version,
            withdrawn_at=source.withdrawn.at if source.withdrawn else None,
            source=source,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Self | None:
        """The expert another subgraph refers to; for the ministry and for the expert."""
        key = text_key(id)
        principal = info.context.principal
        if not is_ministry(principal) and not (principal.scope is Scope.EXPERT and principal.person == key):
            return None
        expert = await info.context.loader(ExpertByIdLoader).load(key)
        return cls.of(expert) if expert else None


def _people(team: bases.Team) -> list[Person]:
    members = (*team.design, *team.declaration, *team.delivery)
    return [Person(name=member.name, phone=member.phone_masked, email=member.email) for member in members]
