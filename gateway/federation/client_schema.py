"""The schema that clients see: the supergraph without join directives and `@inaccessible` elements."""

from typing import Any

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLSchema,
    Visitor,
    build_ast_schema,
    visit,
)

_PUBLIC_DIRECTIVES = {"deprecated", "specifiedBy", "oneOf"}
_EXECUTABLE = {"QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD"}
_EXECUTABLE |= {"INLINE_FRAGMENT", "VARIABLE_DEFINITION"}
"""Locations of executable directives (GraphQL 3.13). Those that subgraphs define are valid, but not sent to them."""


def client_schema(document: DocumentNode) -> GraphQLSchema:
    """Build the API schema of a supergraph document."""
    hidden = {_name(node) for node in document.definitions if _named(node) and _machinery_or_hidden(node)}
    return build_ast_schema(visit(document, _Filter(hidden)), assume_valid=True)


def _name(node: Any) -> str:
    return str(node.name.value)


def _named(node: Any) -> bool:
    return getattr(node, "name", None) is not None and not isinstance(node, DirectiveDefinitionNode)


def _machinery_or_hidden(node: Any) -> bool:
    return "__" in _name(node) or _inaccessible(node)


def _inaccessible(node: Any) -> bool:
    return any(directive.name.value == "inaccessible" for directive in node.directives or ())


class _Filter(Visitor):
    """Removes hidden definitions, references to them, and directives that are not public."""

    def __init__(self, hidden: set[str]) -> None:
        super().__init__()
        self._hidden = hidden

    def enter(self, node: Any, *_: object) -> Any:
        kind = node.kind
        if kind == "directive_definition":
            return None if any(location.value in _EXECUTABLE for location in node.locations) else REMOVE
        if kind == "directive":
            return None if node.name.value in _PUBLIC_DIRECTIVES else REMOVE
        if kind.endswith("_definition") and _named(node):
            gone = _inaccessible(node) or (kind.endswith("_type_definition") and node.name.value in self._hidden)
            return REMOVE if gone else None
        # a bare named type is a member of a union, an implemented interface or part of a field's type
        return REMOVE if kind == "named_type" and node.name.value in self._hidden else None
