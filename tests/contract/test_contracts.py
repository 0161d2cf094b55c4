"""What is promised is what the code does: SDL, event schemas, golden examples, and what their consumers read."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

import jsonschema
import msgspec
import pytest
from graphql import (
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    ObjectTypeDefinitionNode,
    build_schema,
    parse,
    print_ast,
)

from chassis.clock import Clock
from chassis.events import event_name
from chassis.messaging.inbox import Handler
from contracts import client_schema, graph_files, registry
from contracts.__main__ import drifted
from gateway.api_schema import api_schema
from gateway.identity.messaging import handlers as gateway_handlers
from services.assessment.messaging.inbound import handlers as assessment_handlers
from services.catalog.messaging import enrollment_handlers as catalog_from_enrollment
from services.enrollment.messaging.from_assessment import assessment_handlers as enrollment_from_assessment
from services.enrollment.messaging.from_catalog import catalog_handlers as enrollment_from_catalog
from tests.support.fixtures import supergraph

UNUSED: Any = SimpleNamespace(clock=Clock(), store=None)  # handlers are only looked at here, never called
SCHEMAS = sorted(registry.FOLDER.rglob("*.schema.json"))
MACHINERY = {"_entities", "_service", "_Service"}
PERSONAL = ("id_number", "idnumber", "mobile", "phone", "idcard")


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def consumers() -> Iterator[tuple[str, Handler]]:
    """Every handler of every service, by the event it takes."""
    tables: list[Mapping[str, Handler]] = [
        assessment_handlers(UNUSED),
        catalog_from_enrollment(UNUSED),
        enrollment_from_assessment(UNUSED),
        enrollment_from_catalog(UNUSED),
        gateway_handlers(UNUSED),
    ]
    for table in tables:
        yield from table.items()


def test_committed_contracts_are_what_the_code_says() -> None:
    assert drifted() == []


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.stem)
def test_a_golden_example_is_valid(schema: Path) -> None:
    example = read(schema.with_name(schema.name.replace(".schema.", ".example.")))
    jsonschema.validate(example, read(schema))


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda path: path.stem)
def test_r41_no_event_has_an_id_number_or_a_mobile(schema: Path) -> None:
    text = schema.read_text(encoding="utf-8").lower()
    assert not [name for name in PERSONAL if name in text]


@pytest.mark.parametrize(("event", "handler"), list(consumers()))
def test_a_consumer_understands_the_golden_example_of_its_event(event: str, handler: Handler) -> None:
    producer, _, name = event.partition(".")
    example = read(registry.FOLDER / producer / f"{name}.{registry.VERSION}.example.json")
    assert handler.model
    msgspec.convert(example, handler.model)


def test_r23_the_catalog_takes_in_every_event_that_may_move_a_seat() -> None:
    movers = {
        f"{producer}.{event_name(kind)}" for producer, kind in registry.events() if "seats" in get_type_hints(kind)
    }
    assert set(catalog_from_enrollment(UNUSED)) == movers | {"enrollment.submitted"}


@pytest.mark.parametrize("name", graph_files.SUBGRAPHS)
def test_the_supergraph_is_composed_of_the_committed_subgraphs(name: str) -> None:
    supergraph = _shapes(graph_files.SUPERGRAPH)
    for kind, fields in _shapes(graph_files.FOLDER / f"{name}.graphql").items():
        differing = {field for field, shape in fields.items() if supergraph.get(kind, {}).get(field) != shape}
        assert kind in MACHINERY or differing <= MACHINERY, f"run `make schema`: {kind} {differing}"


def test_the_supergraph_holds_nothing_that_no_subgraph_says() -> None:
    shown: dict[str, set[str]] = {}
    for name in graph_files.SUBGRAPHS:
        for kind, fields in _shapes(graph_files.FOLDER / f"{name}.graphql").items():
            shown.setdefault(kind, set()).update(fields)
    for kind, fields in _shapes(graph_files.SUPERGRAPH).items():
        assert kind.startswith(("join__", "link__")) or set(fields) <= shown.get(kind, set()), (
            f"run `make schema`: {kind}"
        )


def _shapes(file: Path) -> dict[str, dict[str, str]]:
    """Type to field (or enum value) to what is promised of it: arguments, type, scopes."""
    types: dict[str, dict[str, str]] = {}
    for node in parse(file.read_text("utf-8")).definitions:
        if isinstance(node, ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode):
            types[node.name.value] = {field.name.value: _shape(field) for field in node.fields or ()}
        elif isinstance(node, EnumTypeDefinitionNode):
            types[node.name.value] = {value.name.value: "" for value in node.values or ()}
    return types


def _shape(field: FieldDefinitionNode | InputValueDefinitionNode) -> str:
    own = field.arguments if isinstance(field, FieldDefinitionNode) else ()
    arguments = [f"{argument.name.value}: {print_ast(argument.type)}" for argument in own or ()]
    scopes = [print_ast(directive) for directive in field.directives or () if directive.name.value == "requiresScopes"]
    return f"({', '.join(arguments)}): {print_ast(field.type)} {' '.join(scopes)}"


def test_the_clients_schema_is_that_of_the_gateway_and_says_who_may_use_each_root_field() -> None:
    """C6: what `make schema` writes for code generators is what the gateway serves, field by field."""
    written = build_schema((graph_files.FOLDER / "api.graphql").read_text(encoding="utf-8"))
    served = supergraph().schema

    def shape(schema: GraphQLSchema) -> dict[str, str]:
        return {
            f"{name}.{field}": f"{sorted((key, str(given.type)) for key, given in one.args.items())} {one.type}"
            for name, kind in schema.type_map.items()
            if not name.startswith("__")
            for field, one in (kind.fields.items() if isinstance(kind, GraphQLObjectType) else ())
        }

    assert shape(written) == shape(served)
    silent = [
        f"{root.name}.{name}"
        for root in (written.query_type, written.mutation_type, written.subscription_type)
        if root
        for name, field in root.fields.items()
        if "可用角色 For: " not in (field.description or "")
    ]
    assert silent == []


def test_the_clients_schema_is_letter_by_letter_what_the_gateway_names_in_its_replies() -> None:
    served = supergraph()
    assert api_schema(served.schema, served.scopes) == client_schema.FILE.read_text(encoding="utf-8")
