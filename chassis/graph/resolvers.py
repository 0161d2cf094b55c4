"""What resolvers of every service share: calling a command, showing its rows, checking an entity's key."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeVar

from strawberry.types import Info

from chassis.commands.bulk import RowResult
from chassis.graph.context import SubgraphContext
from kernel.refusals import BAD_ENTITY_KEY

A = TypeVar("A")
C_contra = TypeVar("C_contra", contravariant=True)
G_co = TypeVar("G_co", covariant=True)


class ShownRow(Protocol[C_contra, G_co]):
    """A graph type of one row of a bulk answer."""

    def of(self, result: RowResult[Any], context: C_contra) -> G_co:
        """The row in the caller's language."""


async def run(info: Info[Any, Any], command: Callable[..., Awaitable[A]], *arguments: Any, **keywords: Any) -> A:
    """Call a command with the service's dependencies and the caller, and the given arguments."""
    context: SubgraphContext[Any] = info.context
    return await command(context.deps, context.principal, *arguments, **keywords)


def text_key(value: object) -> str:
    """An entity's key that is text; `{"$ne": null}` is none.

    Raises:
        Refusal: `BAD_ENTITY_KEY`.
    """
    if not isinstance(value, str):
        raise BAD_ENTITY_KEY()
    return value


def number_key(value: object) -> int:
    """An entity's key that is a number.

    Raises:
        Refusal: `BAD_ENTITY_KEY`.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise BAD_ENTITY_KEY()
    return value


def shown_rows(results: Iterable[RowResult[Any]], kind: ShownRow[C_contra, G_co], context: C_contra) -> list[G_co]:
    """The rows of a bulk answer as the graph shows them.

    Args:
        results: What became of each row, in the order of the input.
        kind: The graph type of a row.
        context: Who asks, in which language.
    """
    return [kind.of(result, context) for result in results]
