"""Values of variables that are what they become: most variables are ids, texts and numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import NamedTypeNode, NonNullTypeNode, VariableDefinitionNode

Json = Any
_LEAST_INT, _MOST_INT = -(2**31), 2**31 - 1
_TYPES = {"ID": str, "String": str, "Boolean": bool, "Int": int}


def given_as_they_are(
    definitions: Sequence[VariableDefinitionNode], variables: Mapping[str, Json]
) -> dict[str, Json] | None:
    """The values of variables, if each is given and its coercion (GraphQL, 6.1.2) would leave it as it is.

    Args:
        definitions: The variables, valid on the schema.
        variables: The values as the client gave them.

    Returns:
        None where one needs the library's coercion: it is missing, null, of another type than a built-in scalar, or
        not of its type.
    """
    values: dict[str, Json] = {}
    for definition in definitions:
        name, node = definition.variable.name.value, definition.type
        if isinstance(node, NonNullTypeNode):
            node = node.type
        value: Json = variables.get(name)
        wanted = _TYPES.get(node.name.value) if isinstance(node, NamedTypeNode) else None
        if type(value) is not wanted or (isinstance(value, int) and not _LEAST_INT <= value <= _MOST_INT):
            return None
        values[name] = value
    return values
