"""Bases, organisations and experts in the graph."""

import asyncio
from typing import Self

import strawberry

from chassis.graph import MajorCategory, Person, public, requires
from chassis.graph.resolvers import text_key
from chassis.principal import Scope
from services.catalog.domain import base as bases
from services.catalog.domain import quota as quotas
from services.catalog.domain import review as reviews
from services.catalog.graph.context import Context, Info, is_ministry, may_read_base
from services.catalog.graph.enums import BaseCategory
from services.catalog.graph.filters import ProjectFilter
from services.catalog.graph.loaders import (
    BaseByIdLoader,
    ExpertByIdLoader,
    OrganizationByCodeLoader,
    QuotaByIdLoader,
    RoundByYearLoader,
)
from services.catalog.graph.quotas import ProjectPage, Quota
from services.catalog.graph.rounds import Province


@strawberry.federation.type(keys=["code"], description="单位：学校标识码或统一社会信用代码 (R3)")
class Organization:
    """Who holds bases or sends experts."""

    code: strawberry.ID
    name: str

    @classmethod
    def of(cls, organization: bases.Organization) -> Self:
        """As the domain knows it."""
        return cls(code=strawberry.ID(organization.code), name=organization.name)

    @classmethod
    async def resolve_reference(cls, info: Info, code: strawberry.ID) -> Self | None:
        """The organisation another subgraph refers to."""
        organization = await info.context.loader(OrganizationByCodeLoader).load(text_key(code))
        return cls.of(organization) if organization else None


@strawberry.federation.type(keys=["id"], description="国培基地 (R2)")
class Base:
    """A training base."""

    id: strawberry.ID
    name: str
    category: BaseCategory
    organization: Organization
    province: Province | None
    major_categories: list[MajorCategory]
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

    @classmethod
    def of(cls, source: reviews.Expert) -> Self:
        """As the domain knows the expert."""
        return cls(
            id=strawberry.ID(source.id),
            name=source.name,
            organization=Organization.of(source.organization),
            fields=[MajorCategory.of(ordinal) for ordinal in source.fields],
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
