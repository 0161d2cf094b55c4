"""Each connection has cursors of its own: one of another list is refused, and so is what is no cursor at all.

A cursor is a position in an order, and the positions of different lists look alike; so what clients see begins with a
mark of its list. Resolvers and stores know bare cursors only. A log, whose rows have a `cursor` field of their own, is
left alone: its cursors are also in the messages of the broker (docs/events.md).
"""

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from inspect import isawaitable
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type

from kernel.refusals import BAD_CURSOR

_MARK_BYTES = 3
_AFTER = "after"


def list_cursor(coordinate: str, cursor: str) -> str:
    """A cursor as clients see it.

    Args:
        coordinate: The connection, `Type.field`.
        cursor: The bare cursor, from `chassis.storage.cursor.cursor_of`.
    """
    return f"{_mark(coordinate)}.{cursor}"


def bare_cursor(coordinate: str, cursor: str) -> str:
    """The bare cursor of one that a client has sent.

    Raises:
        Refusal: `BAD_CURSOR`: it is of another list, or no cursor.
    """
    mark, _, bare = cursor.partition(".")
    if mark != _mark(coordinate) or not bare:
        raise BAD_CURSOR(field=_AFTER)
    return bare


def mark_cursors(schema: GraphQLSchema) -> None:
    """Let every connection of a schema take and give cursors of its own."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            for name, field in kind.fields.items():
                if _is_connection(field):
                    field.resolve = _marked(f"{kind.name}.{name}", _resolver(field, name))


def _mark(coordinate: str) -> str:
    return blake2b(coordinate.encode(), digest_size=_MARK_BYTES).hexdigest()


def _is_connection(field: GraphQLField) -> bool:
    kind = get_named_type(field.type)
    if (
        _AFTER not in field.args
        or not isinstance(kind, GraphQLObjectType)
        or not {"edges", "nodes"} <= set(kind.fields)
    ):
        return False
    node = get_named_type(kind.fields["nodes"].type)
    return not (isinstance(node, GraphQLObjectType) and "cursor" in node.fields)


def _resolver(field: GraphQLField, name: str) -> Callable[..., Any]:
    if field.resolve is None:
        raise TypeError(f"the connection {name} has no resolver")
    return field.resolve


def _marked(coordinate: str, resolve: Callable[..., Any]) -> Callable[..., Any]:
    def resolved(source: Any, info: Any, **arguments: Any) -> Any:
        if arguments.get(_AFTER) is not None:
            arguments[_AFTER] = bare_cursor(coordinate, arguments[_AFTER])
        page = resolve(source, info, **arguments)
        return _later(coordinate, page) if isawaitable(page) else _shown(coordinate, page)

    return resolved


async def _later(coordinate: str, page: Awaitable[Any]) -> Any:
    return _shown(coordinate, await page)


def _shown(coordinate: str, page: Any) -> Any:
    """The page with the cursors that clients see; a page is made anew for each field, so it is changed in place."""
    if page is not None:
        for edge in page.edges:
            edge.cursor = list_cursor(coordinate, edge.cursor)
        if page.page_info.end_cursor is not None:
            page.page_info.end_cursor = list_cursor(coordinate, page.page_info.end_cursor)
    return page
