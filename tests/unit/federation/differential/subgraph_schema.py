"""A subgraph's SDL as an executable schema, with what its federation directives say."""

import re
from functools import cached_property
from typing import Any

from graphql import (
    REMOVE,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    SelectionSetNode,
    Visitor,
    build_ast_schema,
    concat_ast,
    extend_schema,
    parse,
    value_from_ast_untyped,
    visit,
)

_DEFINITIONS = """
scalar federation__FieldSet
scalar _Any
"""
_EXTENDED = {
    "object_type_extension": "type",
    "interface_type_extension": "interface",
    "union_type_extension": "union",
    "enum_type_extension": "enum",
    "input_object_type_extension": "input",
}


class SubgraphSchema:
    """One subgraph of a test: what it has, what it calls external, by which keys it is entered."""

    def __init__(self, name: str, sdl: str) -> None:
        self.name = name
        self.sdl = sdl
        self._document = parse(re.sub(r"\bextend (?=type|interface|union|enum|input)", "", sdl))

    def external(self, type_name: str, field: str) -> bool:
        """Whether the subgraph only mentions this field, and it is not part of a key."""
        keyed = any(field == key[0] for keys in self.keys(type_name) for key in keys)
        return not keyed and self._marked(type_name, field, "external")

    def provides(self, field: str) -> bool:
        """Whether some path provides a field of this name."""
        return any(re.search(rf"\b{field}\b", text) for text in re.findall(r'@provides\(fields: *"([^"]*)"', self.sdl))

    def interface_object(self, type_name: str) -> bool:
        """Whether the type is an interface elsewhere."""
        node = self._types.get(type_name)
        return any(one.name.value == "interfaceObject" for one in node.directives or ()) if node else False

    def is_a(self, type_name: str, abstract: str) -> bool:
        """Whether an object type implements an interface here."""
        node = self._types.get(type_name)
        return node is not None and any(one.name.value == abstract for one in getattr(node, "interfaces", None) or ())

    def keys(self, type_name: str) -> list[list[tuple[str, ...]]]:
        """The keys of a type, each as the paths of its leaves."""
        found = []
        node = self._types.get(type_name)
        for one in (node.directives or ()) if node else ():
            if one.name.value == "key":
                fields = value_from_ast_untyped(one.arguments[0].value)
                operation: Any = parse("{" + fields + "}").definitions[0]
                found.append(_leaves(operation.selection_set))
        return found

    @cached_property
    def schema(self) -> GraphQLSchema:
        """The executable schema, with `_entities`."""
        entities = [
            name for name, node in self._types.items() if node.kind == "object_type_definition" and self.keys(name)
        ]
        document = visit(self._document, _Plain())
        added = _DEFINITIONS
        if entities:
            added += f"union _Entity = {' | '.join(entities)}\n"
            interfaces = "[_Entity]!"
            added += f"extend type Query {{ _entities(representations: [_Any!]!): {interfaces} }}\n"
        if "Query" not in self._types:
            added = added.replace("extend type Query", "type Query") if entities else added + "type Query { _no: Int }"
        return _build(concat_ast([document, parse(added)]))

    @cached_property
    def _types(self) -> dict[str, Any]:
        return {
            node.name.value: node
            for node in self._document.definitions
            if node.kind.endswith("_type_definition") and hasattr(node, "name")
        }

    def _marked(self, type_name: str, field: str, directive: str) -> bool:
        node = self._types.get(type_name)
        fields = getattr(node, "fields", None) or () if node else ()
        return any(
            one.name.value == field and any(mark.name.value == directive for mark in one.directives or ())
            for one in fields
        )


def _build(document: DocumentNode) -> GraphQLSchema:
    extensions = [node for node in document.definitions if node.kind.endswith("_extension")]
    plain = [node for node in document.definitions if not node.kind.endswith("_extension")]
    schema = build_ast_schema(DocumentNode(definitions=tuple(plain)), assume_valid_sdl=True)
    if extensions:
        schema = extend_schema(schema, DocumentNode(definitions=tuple(extensions)), assume_valid_sdl=True)
    query = schema.query_type
    if query and "_entities" in query.fields:
        query.fields["_entities"].resolve = _entities
    return schema


def _entities(source: Any, info: Any, representations: list[dict[str, Any]]) -> list[Any]:
    del source
    world = info.context
    subgraph = info.root_value.subgraph
    return [world.find(subgraph, one) for one in representations]


def _leaves(selection: SelectionSetNode, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for node in selection.selections:
        if isinstance(node, FieldNode):
            path = (*prefix, node.name.value)
            found += _leaves(node.selection_set, path) if node.selection_set else [path]
    return found


class _Plain(Visitor):
    """Drops federation directives and the schema extension that links them."""

    def enter_directive(self, node: Any, *_: Any) -> Any:
        return None if node.name.value in ("deprecated", "specifiedBy", "oneOf") else REMOVE

    def enter_schema_extension(self, *_: Any) -> Any:
        return REMOVE
