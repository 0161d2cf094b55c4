"""`contracts/graph/api.graphql`: the schema that clients see, each field with who may use it, for code generators.

It is made of the subgraphs' schemas, so that it does not wait for their composition; a test compares it with what the
gateway makes of the composed one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import DocumentNode, ObjectTypeDefinitionNode, parse

from contracts.graph_files import FOLDER, SUBGRAPHS
from gateway.api_schema import api_schema
from gateway.federation.authorize import read_access
from gateway.federation.client_schema import client_schema

FILE = FOLDER / "api.graphql"


def files() -> Iterator[tuple[Path, str]]:
    """The file and its text."""
    merged = _merged()
    access, _ = read_access(merged)
    yield FILE, api_schema(client_schema(merged), access)


def _merged() -> DocumentNode:
    """The definitions of all subgraphs, those of one name merged, without what belongs to federation."""
    merged: dict[str, Any] = {}
    for schema in SUBGRAPHS.values():
        for node in parse(schema.as_str()).definitions:
            name = getattr(getattr(node, "name", None), "value", "_")
            if name.startswith("_") or node.kind == "directive_definition":
                continue
            if isinstance(node, ObjectTypeDefinitionNode):
                merged[name] = _joined(merged.get(name), node)
            else:
                merged.setdefault(name, node)
    return DocumentNode(definitions=tuple(merged.values()))


def _joined(before: ObjectTypeDefinitionNode | None, node: ObjectTypeDefinitionNode) -> ObjectTypeDefinitionNode:
    """A type with the fields that it has in several subgraphs, described as composition does: by the last."""
    fields = (*(before.fields or () if before else ()), *(node.fields or ()))
    by_name = {field.name.value: field for field in fields if not field.name.value.startswith("_")}
    return ObjectTypeDefinitionNode(
        name=node.name,
        description=node.description or (before.description if before else None),
        interfaces=node.interfaces,
        directives=node.directives,
        fields=tuple(by_name.values()),
    )
