"""The catalog's queries; each says who may ask."""

from functools import partial

import strawberry

from chassis.commands.guards import require_scope
from chassis.graph import CATALOGUE, REFERENCE, public, requires
from chassis.graph.connection import Connection, connect, page_request
from chassis.principal import Scope
from chassis.storage.cursor import PageRequest
from kernel.reference import provinces
from services.catalog.graph.bases import Base, Expert
from services.catalog.graph.context import Info
from services.catalog.graph.enums import ProjectOrder
from services.catalog.graph.filters import BaseFilter, ExpertFilter, ProjectFilter
from services.catalog.graph.loaders import BaseByIdLoader, ProjectByIdLoader, ProjectPageLoader, RoundByYearLoader
from services.catalog.graph.project_pages import ProjectConnection, projects_page
from services.catalog.graph.projects import Project
from services.catalog.graph.reviews import Review
from services.catalog.graph.rounds import Province, Round
from services.catalog.store import ProjectPart


@strawberry.type
class Query:
    """What may be read."""

    @strawberry.field(description=public("某年度轮次"), directives=[CATALOGUE])
    async def round(self, info: Info, year: int) -> Round | None:
        """The round of a year (R1)."""
        current = await info.context.loader(RoundByYearLoader).load(year)
        return Round.of(current, info.context) if current else None

    @strawberry.field(description=public("所有年度轮次，由近及远"), directives=[CATALOGUE])
    async def rounds(self, info: Info) -> list[Round] | None:
        """All rounds, the latest first."""
        rounds = await info.context.deps.store.rounds.query({}, sort=[("_id", -1)], limit=100)
        return [Round.of(current, info.context) for current in rounds]

    @strawberry.field(description=public("所有省份"), directives=[REFERENCE])
    def provinces(self) -> list[Province] | None:
        """The 32 provincial units."""
        return [Province(code=strawberry.ID(code), name=name) for code, name in provinces().items()]

    @strawberry.field(description=public("某省份"), directives=[REFERENCE])
    def province(self, code: strawberry.ID) -> Province | None:
        """A province by its code."""
        return Province.of(code)

    @strawberry.field(description=public("某国培基地"), directives=[CATALOGUE])
    async def base(self, info: Info, id: strawberry.ID) -> Base | None:
        """A base by its id (R2)."""
        base = await info.context.loader(BaseByIdLoader).load(id)
        return Base.of(base, info.context) if base else None

    @strawberry.field(description=public("国培基地列表"), directives=[CATALOGUE])
    async def bases(
        self,
        info: Info,
        filter: BaseFilter | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[Base] | None:
        """The bases, in the order of registration."""
        bases = info.context.deps.store.bases
        selection, part = (filter or BaseFilter()).selection(), page_request(first, after)
        page = await connect(bases.page(selection, part), part, lambda base: [base.id])
        return Connection[Base].of(page, lambda base: Base.of(base, info.context), partial(bases.count, selection))

    @strawberry.field(
        description=public("某项目：已发布的公开，未发布的仅本基地、所分配专家和教师工作司可见"), directives=[CATALOGUE]
    )
    async def project(self, info: Info, id: strawberry.ID) -> Project | None:
        """A project that the principal may see (R17)."""
        project = await info.context.loader(ProjectByIdLoader).load(id)
        return Project.of(project, info.context) if project else None

    @strawberry.field(description=public("按编号查项目，可见范围同 project (R17)"), directives=[CATALOGUE])
    async def project_by_code(self, info: Info, code: str) -> Project | None:
        """The project with that code, if the principal may see it; the code as people type it."""
        asked = ProjectPart(ProjectFilter(codes=[code]).selection(), PageRequest(1))
        loaded = await info.context.loader(ProjectPageLoader).load(asked)
        return Project.of(loaded.rows[0][0], info.context) if loaded and loaded.rows else None

    @strawberry.field(description=public("项目列表与搜索，可见范围同 project"), directives=[CATALOGUE])
    async def projects(  # noqa: PLR0917 - the arguments of the graph
        self,
        info: Info,
        filter: ProjectFilter | None = None,
        search: str | None = None,
        order_by: ProjectOrder | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> ProjectConnection | None:
        """The projects that the principal may see (R17)."""
        selection = (filter or ProjectFilter()).selection(search=search, order=order_by)
        return await projects_page(info, selection, first, after)

    @strawberry.federation.field(description="本单位的国培基地", requires_scopes=requires(Scope.BASE))
    async def my_bases(self, info: Info) -> list[Base] | None:
        """The principal's own bases (R2)."""
        principal = info.context.principal
        require_scope(principal, Scope.BASE)
        bases = await info.context.deps.store.bases.find_many(principal.bases)
        return [Base.of(base, info.context) for base in bases if base]

    @strawberry.federation.field(description="分配给本人的评审", requires_scopes=requires(Scope.EXPERT))
    async def my_reviews(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Review] | None:
        """The principal's reviews, blank and submitted (R15)."""
        reviews, principal = info.context.deps.store.reviews, info.context.principal
        require_scope(principal, Scope.EXPERT)
        expert, part = principal.person or "", page_request(first, after)
        page = await connect(reviews.page(expert, part), part, lambda review: [review.id])
        count = partial(reviews.count, expert)
        return Connection[Review].of(page, lambda review: Review.of(review, info.context), count)

    @strawberry.federation.field(description="评审专家列表", requires_scopes=requires(Scope.MINISTRY))
    async def experts(
        self,
        info: Info,
        filter: ExpertFilter | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[Expert] | None:
        """The experts, in the order of registration (R14)."""
        require_scope(info.context.principal, Scope.MINISTRY)
        experts = info.context.deps.store.experts
        selection, part = (filter or ExpertFilter()).selection(), page_request(first, after)
        page = await connect(experts.page(selection, part), part, lambda expert: [expert.id])
        return Connection[Expert].of(page, Expert.of, partial(experts.count, selection))
