"""A page of projects in the graph with the counts of its whole selection, in one database operation (R17)."""

from collections.abc import Iterable
from typing import Generic, Self, TypeVar

import strawberry
from strawberry.types.nodes import SelectedField, Selection

from chassis.graph import MajorCategory
from chassis.graph.connection import Connection, page_request
from chassis.storage.cursor import page_of
from services.catalog.graph.context import Info
from services.catalog.graph.enums import BaseCategory, Mode
from services.catalog.graph.loaders import ProjectPageLoader
from services.catalog.graph.projects import Project
from services.catalog.graph.rounds import Province
from services.catalog.store import Counts, ProjectPart, ProjectSelection

T = TypeVar("T")


@strawberry.type(description="一个取值及其项目数")
class Count(Generic[T]):
    """A value and how many projects have it."""

    value: T
    count: int


@strawberry.type(description="当前筛选结果按类别、实施地省份、形式、专业大类的项目数，由多到少 (R17)")
class ProjectFacets:
    """Numbers of projects by category, province, mode and major category; a plan without a value is not counted."""

    categories: list[Count[BaseCategory]]
    provinces: list[Count[Province]]
    modes: list[Count[Mode]]
    major_categories: list[Count[MajorCategory]]

    @classmethod
    def of(cls, counts: Counts) -> Self:
        """As the store counted."""
        facets = counts.facets
        provinces = ((Province.of(code), count) for code, count in facets["provinces"].items())
        return cls(
            categories=[Count(value=BaseCategory(name), count=count) for name, count in facets["categories"].items()],
            provinces=[Count(value=province, count=count) for province, count in provinces if province],
            modes=[Count(value=Mode(name), count=count) for name, count in facets["modes"].items()],
            major_categories=[
                Count(value=MajorCategory.of(ordinal), count=count)
                for ordinal, count in facets["major_categories"].items()
            ],
        )


@strawberry.type(description="A page of projects, forward only, with counts of the whole selection")
class ProjectConnection(Connection[Project]):
    """Keyset paging by opaque, stable cursors, and facets."""

    facets: ProjectFacets | None = None


async def projects_page(info: Info, selection: ProjectSelection, first: int, after: str | None) -> ProjectConnection:
    """A page of the projects that the principal may see; counts are made in the same operation, if they are selected.

    Args:
        info: The resolver's; its selected fields say whether `totalCount` and `facets` are asked for.
        selection: Which projects, and their order.
        first: Rows, 1 to 100.
        after: The cursor of the row before the first; None to begin.
    """
    total, facets = (_asks(info.selected_fields, name) for name in ("totalCount", "facets"))
    asked = ProjectPart(selection, page_request(first, after), total, facets)
    loaded = await info.context.loader(ProjectPageLoader).load(asked)
    rows, counts = (loaded.rows, loaded.counts) if loaded else ([], None)

    async def counted() -> int:
        if counts is None:
            raise LookupError("the total was not asked for")
        return counts.total

    page = page_of(rows, asked.part.first, lambda row: row[1])
    connection = ProjectConnection.of(page, lambda row: Project.of(row[0], info.context), counted)
    connection.facets = ProjectFacets.of(counts) if facets and counts else None
    return connection


def _asks(selections: Iterable[Selection], name: str) -> bool:
    """Whether the connection's field of that name is selected, in a fragment too."""
    return any(
        any(_selects(selection, name) for selection in field.selections)
        for field in selections
        if isinstance(field, SelectedField)
    )


def _selects(selection: Selection, name: str) -> bool:
    if isinstance(selection, SelectedField):
        return selection.name == name
    return any(_selects(inner, name) for inner in selection.selections)
