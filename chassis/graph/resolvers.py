"""What the resolvers of every service share: calling a command, showing its rows, checking the key of an entity."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from graphql import OperationType
from strawberry.types import Info

from chassis.commands.bulk import RowResult
from chassis.context import Act, acting, current_act
from chassis.graph.context import SubgraphContext
from kernel.refusals import BAD_ENTITY_KEY

A = TypeVar("A")
C_contra = TypeVar("C_contra", contravariant=True)
G_co = TypeVar("G_co", covariant=True)


class ShownRow(Protocol[C_contra, G_co]):
    """The graph type of one row of a mutation with many rows."""

    def of(self, result: RowResult[Any], context: C_contra) -> G_co:
        """The row in the caller's language."""


async def run(info: Info[Any, Any], command: Callable[..., Awaitable[A]], *arguments: Any, **keywords: Any) -> A:
    """Call a command with the service's dependencies, the caller, and these arguments.

    Each field of a mutation acts under a key of its own, so that two fields of one command are two acts.

    Args:
        info: The resolver's.
        command: Takes `(deps, principal, …)`.
        arguments: Its further positional arguments.
        keywords: Its keyword arguments.

    Returns:
        What the command returns.
    """
    context: SubgraphContext[Any] = info.context
    with acting(_act_of_field(info)):
        return await command(context.deps, context.principal, *arguments, **keywords)


def _act_of_field(info: Info[Any, Any]) -> Act:
    """The act of this field: its alias, where it has one, is part of the `Idempotency-Key`; the gateway keeps aliases.

    The mark of a field without an alias is found again whichever release has written it.
    """
    act = current_act()
    if act.idempotency_key is None or info.operation.operation is not OperationType.MUTATION:
        return act
    alias = str(info.path.key)
    return act if alias == info.field_name else replace(act, idempotency_key=f"{act.idempotency_key}\n{alias}")


def text_key(value: object) -> str:
    """Return the key of an entity, if it is text: `{"$ne": null}` would reach the database as an operator.

    Raises:
        Refusal: `BAD_ENTITY_KEY`.
    """
    if not isinstance(value, str):
        raise BAD_ENTITY_KEY()
    return value


def number_key(value: object) -> int:
    """Return the key of an entity, if it is a whole number.

    Raises:
        Refusal: `BAD_ENTITY_KEY`.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise BAD_ENTITY_KEY()
    return value


def shown_rows(results: Iterable[RowResult[Any]], kind: ShownRow[C_contra, G_co], context: C_contra) -> list[G_co]:
    """The rows of a mutation's answer.

    Args:
        results: The result of each row, in the order of the input.
        kind: The graph type of a row.
        context: Who asks, in which language.
    """
    return [kind.of(result, context) for result in results]
