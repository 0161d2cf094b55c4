"""For how long caches may keep an answer: the least of the hints `@cacheControl` of what was asked (ADR 48)."""

from collections.abc import Iterator

from graphql import DocumentNode, InterfaceTypeDefinitionNode, ObjectTypeDefinitionNode

from gateway.federation.directives import directives
from gateway.federation.model import Supergraph
from gateway.federation.selection import TYPENAME, Selected, Selection

_FOR_EVER = 2**31
Hint = tuple[int, frozenset[str]]
"""Seconds, and the subgraphs that may hand them on to the fields below."""


def read_max_ages(document: DocumentNode) -> dict[str, int]:
    """The hints of the supergraph in seconds, by `Type.field`."""
    return {
        f"{node.name.value}.{field.name.value}": max(int(hint.get("maxAge", 0)), 0)
        for node in document.definitions
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
        for field in node.fields or ()
        for hint in directives(field, "cacheControl")
    }


def compile_max_age(graph: Supergraph, selection: Selection, kind: str) -> int:
    """For how many seconds the public's answer to an operation may be kept; 0 for not at all.

    A field without a hint has that of the field above where the same subgraph resolves both, and 0 otherwise. What
    asks for scopes is never kept, whatever its hint.

    Args:
        graph: The supergraph.
        selection: The operation's selection.
        kind: `query`, `mutation` or `subscription`.
    """
    if kind != "query" or not graph.max_ages:
        return 0
    least = min(_ages(graph, selection, (0, frozenset())), default=0)
    return 0 if least == _FOR_EVER else least


def _ages(graph: Supergraph, selection: Selection, above: Hint) -> Iterator[int]:
    for selected in selection.fields:
        if selected.name == TYPENAME:
            yield _FOR_EVER
            continue
        hint = _hint(graph, selection.type, selected, above)
        yield hint[0]
        if hint[0] and selected.selection:
            yield from _ages(graph, selected.selection, hint)


def _hint(graph: Supergraph, parent: str, selected: Selected, above: Hint) -> Hint:
    owners = {parent, *selected.on}
    if selected.denied or any(_is_guarded(graph, owner, selected.name) for owner in owners):
        return 0, frozenset()
    fields = [found for owner in owners if (found := graph.types[owner].fields.get(selected.name))]
    resolvers = frozenset(name for field in fields for name, join in field.subgraphs.items() if not join.external)
    own = [age for owner in owners if (age := graph.max_ages.get(f"{owner}.{selected.name}")) is not None]
    if own:
        return min(own), resolvers
    shared = resolvers & above[1]
    return (above[0] if shared else 0), shared


def _is_guarded(graph: Supergraph, owner: str, name: str) -> bool:
    field = graph.types[owner].fields.get(name)
    coordinates = (owner, f"{owner}.{name}", *((field.named,) if field else ()))
    return any(coordinate in graph.scopes or coordinate in graph.authenticated for coordinate in coordinates)
