"""Connections: the graph type of lists that are read in pages (nodes, edges, pageInfo, totalCount)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, Self, TypeAlias, TypeVar

import strawberry

from chassis.storage.cursor import Page, PageRequest, page_of, page_size, position_of


@strawberry.federation.type(shareable=True, description="Where a page ends, and whether more follows")
class PageInfo:
    """Relay's page information, forward only."""

    has_next_page: bool
    end_cursor: str | None


N = TypeVar("N")
R = TypeVar("R")
PageOf: TypeAlias = tuple[N, int, str | None]
"""The key of a page loader: which list, how many rows, after which cursor."""


@strawberry.type(description="A row and its cursor")
class Edge(Generic[N]):
    """One row of a connection."""

    cursor: str
    node: N


@strawberry.type(description="A page of a list, forward only")
class Connection(Generic[N]):
    """One page of a list; its cursors are positions in the order, so they stay valid when rows come or go."""

    nodes: list[N]
    edges: list[Edge[N]]
    page_info: PageInfo
    counted: strawberry.Private[Callable[[], Awaitable[int | None]]]

    @strawberry.field(description="All rows, counted only when asked for")
    async def total_count(self) -> int:
        """The number of rows on all pages."""
        return await self.counted() or 0

    @classmethod
    def of(cls, page: Page[R], show: Callable[[R], N], counted: Callable[[], Awaitable[int | None]]) -> Self:
        """The connection of a page.

        Args:
            page: The rows, as the store read them.
            show: Makes a node of a row.
            counted: Counts the whole list; called only where `totalCount` is asked for.
        """
        edges = [Edge(cursor=cursor, node=show(row)) for cursor, row in page.rows]
        return cls(nodes=[edge.node for edge in edges], edges=edges, page_info=page_info(page), counted=counted)

    @classmethod
    def empty(cls) -> Self:
        """The connection of an empty list."""

        async def none() -> int:
            return 0

        return cls(nodes=[], edges=[], page_info=PageInfo(has_next_page=False, end_cursor=None), counted=none)


def page_request(first: int, after: str | None) -> PageRequest:
    """The page that the arguments of a field ask for.

    Args:
        first: How many rows, 1 to 100.
        after: The cursor of the last row before; None for the first page.

    Raises:
        Refusal: `BAD_PAGE_SIZE` or `BAD_CURSOR`.
    """
    return PageRequest(page_size(first), tuple(position_of(after)) if after is not None else None)


async def connect(
    find: Awaitable[Sequence[R] | None], request: PageRequest, key: Callable[[R], Sequence[Any]]
) -> Page[R]:
    """The page of what a store or a loader finds.

    Args:
        find: Gives up to `first + 1` rows; None counts as none.
        request: The page that was asked for.
        key: Gives a row's sort key, for its cursor.
    """
    return page_of(await find or (), request.first, key)


def page_info(page: Page[Any]) -> PageInfo:
    """The `pageInfo` of a page."""
    return PageInfo(has_next_page=page.has_next, end_cursor=page.rows[-1][0] if page.rows else None)
