"""Read the join directives of a supergraph: which subgraph has which types, keys and fields."""

from collections.abc import Iterator
from dataclasses import replace

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from gateway.federation.condition import HERE
from gateway.federation.directives import directives
from gateway.federation.model import Field, JoinField, JoinType, Key, Subgraph, Supergraph, Type
from gateway.federation.selection import Normaliser, Selection

CompositeNode = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | UnionTypeDefinitionNode


def read_subgraphs(document: DocumentNode) -> dict[str, Subgraph]:
    """The subgraphs by identifier (`enum join__Graph`)."""
    subgraphs = {}
    for node in document.definitions:
        if isinstance(node, EnumTypeDefinitionNode) and node.name.value == "join__Graph":
            for value in node.values or ():
                graph = next(directives(value, "join__graph"), {})
                identifier = value.name.value
                subgraphs[identifier] = Subgraph(identifier, graph.get("name", identifier), graph.get("url", ""))
    return subgraphs


def read_types(document: DocumentNode) -> dict[str, Type]:
    """The composite types with their fields and members; keys and join fields are added by `read_joins`."""
    nodes = list(composites(document))
    types = {node.name.value: _type(node) for node in nodes}
    for node in nodes:
        _implement(types, node)
    return types


def read_joins(document: DocumentNode, supergraph: Supergraph) -> None:
    """Add keys and join fields to the types, once all types are read, because field sets refer to them."""
    for node in composites(document):
        name = node.name.value
        for join in directives(node, "join__type"):
            if "key" in join:
                join_type = supergraph.types[name].subgraphs[join["graph"]]
                selection = _field_set(supergraph, name, join["key"])
                join_type.keys = (*join_type.keys, Key(join["key"], selection, bool(join.get("resolvable", True))))
        for field in _fields(node):
            supergraph.types[name].fields[field.name.value].subgraphs = _join_fields(supergraph, name, field)
    for type_ in supergraph.types.values():
        for made in type_.fields.values():
            for graph, join_field in made.subgraphs.items():
                for field_set in (join_field.requires, join_field.provides):
                    _externals(supergraph, graph, field_set)


def _externals(supergraph: Supergraph, graph: str, selection: Selection | None) -> None:
    """Mark the fields of interface objects that a subgraph requires or provides as external there.

    They have to be, but of an interface's field that all its subgraphs declare alike the composer does not say it.
    """
    if selection is None:
        return
    type_ = supergraph.types[selection.type]
    join_type = type_.subgraphs.get(graph, JoinType())
    keyed = {own.name for key in join_type.keys for own in key.selection.fields}
    for selected in selection.fields:
        _externals(supergraph, graph, selected.selection)
        joins = type_.fields[selected.name].subgraphs if selected.name in type_.fields else {}
        if join_type.interface_object and selected.name not in keyed and graph in joins and len(joins) > 1:
            joins[graph] = replace(joins[graph], external=True)


def composites(document: DocumentNode) -> Iterator[CompositeNode]:
    """The definitions of object types, interfaces and unions."""
    for node in document.definitions:
        if isinstance(node, CompositeNode) and "__" not in node.name.value:
            yield node


def _fields(node: CompositeNode) -> tuple[FieldDefinitionNode, ...]:
    return () if isinstance(node, UnionTypeDefinitionNode) else tuple(node.fields or ())


def _type(node: CompositeNode) -> Type:
    kinds = {ObjectTypeDefinitionNode: "object", InterfaceTypeDefinitionNode: "interface"}
    type_ = Type(node.name.value, kinds.get(type(node), "union"))
    for join in directives(node, "join__type"):
        join_type = type_.subgraphs.setdefault(join["graph"], JoinType())
        join_type.interface_object = join_type.interface_object or bool(join.get("isInterfaceObject"))
    for field in _fields(node):
        type_.fields[field.name.value] = Field(field.name.value, print_ast(field.type))
    return type_


def _implement(types: dict[str, Type], node: CompositeNode) -> None:
    type_ = types[node.name.value]
    for join in directives(node, "join__unionMember"):
        type_.members.setdefault(join["graph"], set()).add(join["member"])
    for join in directives(node, "join__implements"):
        type_.implements.setdefault(join["interface"], set()).add(join["graph"])
        if type_.kind == "object":
            types[join["interface"]].members.setdefault(join["graph"], set()).add(type_.name)


def _join_fields(supergraph: Supergraph, parent: str, node: FieldDefinitionNode) -> dict[str, JoinField]:
    returns = print_ast(node.type)
    joins = list(directives(node, "join__field"))
    if not joins:
        return {graph: JoinField(returns) for graph in supergraph.types[parent].subgraphs}
    named = supergraph.types[parent].fields[node.name.value].named
    fields = {}
    for join in joins:
        if join.get("graph"):
            fields[join["graph"]] = JoinField(
                returns=join.get("type") or returns,
                external=bool(join.get("external") or join.get("usedOverridden")),
                requires=_field_set(supergraph, parent, join["requires"]) if join.get("requires") else None,
                provides=_field_set(supergraph, named, join["provides"]) if join.get("provides") else None,
                label=str(join.get("overrideLabel") or ""),
                overrides=bool(join.get("override")),
            )
    return fields


def _field_set(supergraph: Supergraph, parent: str, text: str) -> Selection:
    document = parse("{" + text + "}", no_location=True)
    operation = document.definitions[0]
    return Normaliser(supergraph).build(parent, [(operation.selection_set, HERE)])  # type: ignore[attr-defined]
