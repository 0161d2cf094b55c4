"""What is promised is what the code does: SDL, event schemas, golden examples, and what their consumers read."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import msgspec
import pytest
from graphql import ObjectTypeDefinitionNode, parse

from chassis.clock import Clock
from chassis.inbox import Handler
from contracts import graph_files, registry
from contracts.__main__ import drifted
from services.assessment.messaging import handlers as assessment_handlers
from services.enrollment.messaging.assessment import assessment_handlers as enrollment_from_assessment
from services.enrollment.messaging.catalog import catalog_handlers as enrollment_from_catalog

UNUSED: Any = SimpleNamespace(clock=Clock(), store=None)  # handlers are only looked at here, never called
SCHEMAS = sorted(registry.FOLDER.rglob("*.schema.json"))
PERSONAL = ("id_number", "idnumber", "mobile", "phone", "idcard")


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def consumers() -> Iterator[tuple[str, Handler]]:
    """Every handler of every service, by the event it takes."""
    tables: list[Mapping[str, Handler]] = [
        assessment_handlers(UNUSED),
        enrollment_from_assessment(UNUSED),
        enrollment_from_catalog(UNUSED),
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


def test_the_supergraph_holds_every_type_of_every_subgraph() -> None:
    supergraph = _types(graph_files.SUPERGRAPH)
    for name in graph_files.SUBGRAPHS:
        missing = _types(graph_files.FOLDER / f"{name}.graphql") - supergraph - {"_Any", "_Entity", "_Service"}
        assert not missing, f"run `make schema`: {missing}"


def test_the_supergraph_holds_every_field_of_every_root() -> None:
    supergraph = _roots(graph_files.SUPERGRAPH)
    for name in graph_files.SUBGRAPHS:
        missing = _roots(graph_files.FOLDER / f"{name}.graphql") - supergraph - {"_entities", "_service"}
        assert not missing, f"run `make schema`: {missing}"


def _objects(file: Path) -> list[ObjectTypeDefinitionNode]:
    definitions = parse(file.read_text("utf-8")).definitions
    return [node for node in definitions if isinstance(node, ObjectTypeDefinitionNode)]


def _types(file: Path) -> set[str]:
    return {node.name.value for node in _objects(file)}


def _roots(file: Path) -> set[str]:
    roots = [node for node in _objects(file) if node.name.value in {"Query", "Mutation"}]
    return {field.name.value for node in roots for field in node.fields or ()}
