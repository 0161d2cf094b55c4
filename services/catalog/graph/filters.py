"""The filters of the catalog's lists."""

from datetime import date

import strawberry

from chassis.commands.guards import require_rows
from chassis.storage.cursor import MAX_PAGE
from services.catalog.domain.search import code_of
from services.catalog.graph.enums import Audience, BaseCategory, Mode, ProjectKind, ProjectOrder, ProjectStatus
from services.catalog.store import BaseSelection, ExpertSelection, ProjectSelection


@strawberry.input(description="基地筛选条件")
class BaseFilter:
    """Which bases; null is no condition."""

    category: BaseCategory | None = None
    province: strawberry.ID | None = None
    organization: strawberry.ID | None = None
    major_category: int | None = None

    def selection(self) -> BaseSelection:
        """The store's `BaseSelection` for this filter."""
        return BaseSelection(
            category=self.category,
            province=self.province,
            organization=self.organization,
            major_category=self.major_category,
        )


@strawberry.input(description="专家筛选条件")
class ExpertFilter:
    """Which experts; null is no condition."""

    organization: strawberry.ID | None = None
    field: int | None = None

    def selection(self) -> ExpertSelection:
        """The store's `ExpertSelection` for this filter."""
        return ExpertSelection(organization=self.organization, field=self.field)


@strawberry.input(description="项目筛选条件 (R17)")
class ProjectFilter:
    """Which projects; null and empty are no condition."""

    year: int | None = None
    category: BaseCategory | None = None
    kind: ProjectKind | None = None
    statuses: list[ProjectStatus] | None = None
    codes: list[str] | None = strawberry.field(default=None, description="项目编号，一次最多100个")
    base: strawberry.ID | None = None
    series: strawberry.ID | None = None
    themes: list[str] | None = None
    major_category: int | None = None
    province: strawberry.ID | None = strawberry.field(default=None, description="培训实施地所在省份")
    base_province: strawberry.ID | None = strawberry.field(default=None, description="基地所在省份")
    mode: Mode | None = None
    audience: Audience | None = None
    starts_from: date | None = None
    starts_to: date | None = None
    ends_by: date | None = None
    fee_at_most_fen: int | None = None
    seats_left_at_least: int | None = strawberry.field(
        default=None, description="剩余名额不少于该数；名额由报名服务持有，稍有延迟 (R23)"
    )
    start_missed: bool | None = strawberry.field(default=None, description="是否已过计划开班日期而未开班 (R28)")

    def selection(
        self, *, base: str | None = None, search: str | None = None, order: ProjectOrder | None = None
    ) -> ProjectSelection:
        """The store's `ProjectSelection` for this filter and the arguments beside it.

        Args:
            base: The id of the base that the list belongs to; it overrides the filter's.
            search: What is searched for; None for no search.
            order: How to sort; by default a search by relevance, any other list by code.
        """
        return ProjectSelection(
            year=self.year,
            category=self.category,
            kind=self.kind,
            statuses=tuple(self.statuses or ()),
            codes=tuple(code_of(typed) for typed in require_rows(self.codes or (), "codes", most=MAX_PAGE, rule="R17")),
            base=base or self.base,
            series=self.series,
            themes=tuple(self.themes or ()),
            major_category=self.major_category,
            province=self.province,
            base_province=self.base_province,
            mode=self.mode,
            audience=self.audience,
            starts_from=self.starts_from,
            starts_to=self.starts_to,
            ends_by=self.ends_by,
            fee_at_most=self.fee_at_most_fen,
            seats_left_at_least=self.seats_left_at_least,
            start_missed=self.start_missed,
            search=search,
            order=order or (ProjectOrder.RELEVANCE if search else ProjectOrder.CODE),
        )
