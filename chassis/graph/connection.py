"""Lists that can grow: nodes, edges, pageInfo, totalCount."""

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
"""The key of a loader of pages: which list, how many rows, after which cursor."""


@strawberry.type(description="A row and its cursor")
class Edge(Generic[N]):
    """One row of a connection."""

    cursor: str
    node: N


@strawberry.type(description="A page of a list, forward only")
class Connection(Generic[N]):
    """Keyset paging by opaque, stable cursors."""

    nodes: list[N]
    edges: list[Edge[N]]
    page_info: PageInfo
    counted: strawberry.Private[Callable[[], Awaitable[int | None]]]

    @strawberry.field(description="All rows, counted only when asked for")
    async def total_count(self) -> int:
        """Rows on all pages."""
        return await self.counted() or 0

    @classmethod
    def of(cls, page: Page[R], show: Callable[[R], N], counted: Callable[[], Awaitable[int | None]]) -> Self:
        """A page of rows as nodes."""
        edges = [Edge(cursor=cursor, node=show(row)) for cursor, row in page.rows]
        return cls(nodes=[edge.node for edge in edges], edges=edges, page_info=page_info(page), counted=counted)

    @classmethod
    def empty(cls) -> Self:
        """A page of a list that has no rows."""

        async def none() -> int:
            return 0

        return cls(nodes=[], edges=[], page_info=PageInfo(has_next_page=False, end_cursor=None), counted=none)


def page_request(first: int, after: str | None) -> PageRequest:
    """What the paging arguments ask for.

    Raises:
        Refusal: `BAD_PAGE_SIZE` or `BAD_CURSOR`.
    """
    return PageRequest(page_size(first), tuple(position_of(after)) if after else None)


async def connect(find: Awaitable[Sequence[R] | None], part: PageRequest, key: Callable[[R], Sequence[Any]]) -> Page[R]:
    """The page that the answer of a store, or of a loader, of up to `first + 1` rows makes."""
    return page_of(await find or (), part.first, key)


def page_info(page: Page[Any]) -> PageInfo:
    """The `pageInfo` of a page."""
    return PageInfo(has_next_page=page.has_next, end_cursor=page.rows[-1][0] if page.rows else None)
