"""R3, R27, R41: every root field and every protected field × every scope, as contracts/graph/access.md says."""

from collections import deque
from collections.abc import AsyncGenerator
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_object_type,
)

from chassis.principal import Scope
from contracts.access import ROOTS, SCOPES, Row, rows
from gateway.federation.engine import Call, Engine, Request
from tests.support.fixtures import supergraph

GRAPH = supergraph()
EVERYBODY = (*SCOPES, Scope.PUBLIC)
_LITERALS = {"Int": "1", "Fen": "1", "Float": "1.0", "Boolean": "true", "Date": '"2024-05-06"'}


class Deaf:
    """Subgraphs that hear everything and answer nothing."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def send(self, call: Call, context: Any) -> bytes:
        del context
        self.heard.append(call.body)
        return b'{"data":null}'

    async def stream(self, call: Call, context: Any) -> AsyncGenerator[bytes, None]:
        yield await self.send(call, context)


def granted(scope: Scope) -> frozenset[str]:
    return frozenset() if scope is Scope.PUBLIC else frozenset({scope.value})


def literal(kind: GraphQLInputType) -> str:
    """A value of an input type, as short as it can be."""
    if isinstance(kind, GraphQLNonNull):
        return literal(kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{literal(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        needed = {name: one.type for name, one in kind.fields.items() if isinstance(one.type, GraphQLNonNull)}
        return "{" + ", ".join(f"{name}: {literal(one)}" for name, one in needed.items()) + "}"
    return _LITERALS.get(kind.name, '"1"')


def arguments(given: dict[str, GraphQLArgument]) -> str:
    needed = [f"{name}: {literal(one.type)}" for name, one in given.items() if isinstance(one.type, GraphQLNonNull)]
    return f"({', '.join(needed)})" if needed else ""


def selected(name: str, field: GraphQLField) -> str:
    below = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    return f"probe: {name}{arguments(field.args)}{below}"


def object_type(name: str) -> GraphQLObjectType:
    found = GRAPH.schema.get_type(name)
    assert isinstance(found, GraphQLObjectType)
    return found


@cache
def ways(scope: Scope) -> dict[str, str]:
    """For every type that a scope can get to, a query with `%s` where a field of the type goes."""
    allowed = {row.coordinate: row.scopes for row in rows()}
    found = {"Query": "{ %s }"} | {root: f"{root.lower()} {{ %s }}" for root in ROOTS[1:] if root in GRAPH.types}
    line = deque(found)
    while line:
        name = line.popleft()
        for key, field in object_type(name).fields.items():
            below = get_named_type(field.type)
            scopes = allowed.get(f"{name}.{key}")
            if is_object_type(below) and below.name not in found and (scopes is None or scope.value in scopes):
                found[below.name] = found[name] % f"{key}{arguments(field.args)} {{ %s }}"
                line.append(below.name)
    return found


@pytest.fixture(scope="module")
def subgraphs() -> Deaf:
    return Deaf()


@pytest.fixture(scope="module")
def engine(subgraphs: Deaf) -> Engine:
    return Engine(GRAPH, subgraphs, streams=subgraphs)


@pytest.mark.parametrize("scope", EVERYBODY)
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.coordinate)
async def test_a_field_is_open_to_its_scopes_and_to_nobody_else(
    row: Row, scope: Scope, engine: Engine, subgraphs: Deaf
) -> None:
    way = ways(scope).get(row.type)
    may = row.scopes is None or scope.value in row.scopes
    if way is None:  # no way leads there for this scope: as closed as a field can be
        assert not may or row.type not in ROOTS
        return
    query = way % selected(row.field, object_type(row.type).fields[row.field])
    subgraphs.heard.clear()
    planned = "".join(request.text for request in engine.plan(query, scopes=granted(scope)).requests())
    assert ("probe:" in planned) == may, planned
    (answer,) = [one.json() async for one in engine.stream(Request(query, scopes=granted(scope)))]
    denied = [one["extensions"].get("coordinate") for one in answer.get("errors", ())]
    assert (row.coordinate in denied) == (not may)
    if row.type in ("Mutation", "Subscription") and not may:
        assert not subgraphs.heard


def test_every_way_is_found() -> None:
    """Somebody gets to every type that has a protected field, so that the matrix leaves none out."""
    assert {row.type for row in rows()} - {name for scope in EVERYBODY for name in ways(scope)} == set()


def test_what_is_protected_can_be_null_so_that_a_denial_takes_nothing_else_along() -> None:
    answered = [row for row in rows() if row.type != "Subscription"]  # whose one root field is refused whole
    types = {row.coordinate: object_type(row.type).fields[row.field].type for row in answered}
    strict = [name for name, one in types.items() if isinstance(one, GraphQLNonNull)]
    assert strict == []
