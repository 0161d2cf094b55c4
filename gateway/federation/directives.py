"""Read the directives of an SDL node as plain values."""

from collections.abc import Iterator
from typing import Any

from graphql import ConstDirectiveNode, value_from_ast_untyped


def directives(node: Any, name: str) -> Iterator[dict[str, Any]]:
    """The arguments of each directive of that name on the node."""
    for directive in node.directives or ():
        if directive.name.value == name:
            yield arguments(directive)


def arguments(directive: ConstDirectiveNode) -> dict[str, Any]:
    """The arguments of one directive; enum values are their names."""
    return {argument.name.value: value_from_ast_untyped(argument.value) for argument in directive.arguments or ()}
