"""Notes N9: a page of twenty rows takes as many reads as a page of one, whatever is asked of its rows.

Made from the subgraphs' schemas: every connection of the root and of the entities with every field of its rows, one by
one; and every field of every entity, for twenty entities as the gateway asks for them.
"""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet
from graphql import GraphQLField, GraphQLObjectType, GraphQLUnionType, build_schema

from contracts.graph_files import SUBGRAPHS
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from tests.integration.operations import subgraphs
from tests.integration.operations.subgraphs import Subgraph
from tests.security.questions import Piece, Questions, Values, ask_for, leaves_of, rows_of, target_of
from tests.support.operations import watched

FULL, _FEW = 20, 2
VALUES: Values = {"year: Int": [2024], "Project.planChanges.from": [2], "Project.planChanges.to": [2]}
MAKERS = {"catalog": subgraphs.catalog, "enrollment": subgraphs.enrollment, "assessment": subgraphs.assessment}
Served = dict[str, Subgraph]


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the rows of one list.

    Attributes:
        subgraph: Whose.
        owner: The type that has the list.
        field: The list.
        below: The field of its rows that is asked for besides their leaves, or none.
    """

    subgraph: str
    owner: str
    field: str
    below: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.field} {self.below}".strip()

    @property
    def way(self) -> tuple[str, ...]:
        """From the root or from an entity to the type that has the list, where that is neither."""
        known = types(self.subgraph)
        starts = ("Query", *(one.name for one in entity_types(self.subgraph)))
        if self.owner in starts:
            return (self.owner,)
        steps = ((start, name) for start in starts for name in known[start].fields)
        return next(one for one in steps if known[one[0]].fields[one[1]].type == known[self.owner])

    def query(self, page: int, values: Values) -> str:
        """The list, by the page, from where its way starts."""
        questions, known = Questions(SCHEMAS[self.subgraph], {**VALUES, **values}), types(self.subgraph)
        owner = known[self.owner]
        rows = rows_of(target(owner.fields[self.field]))
        parts = [leaves_of(rows), asked(questions, rows, self.below, _FEW) if self.below else ""]
        text = asked(questions, owner, self.field, page, " ".join(parts))
        start, *steps = self.way
        for step in steps:
            text = asked(questions, known[start], step, page, text)
        return text


def asked(questions: Questions, owner: GraphQLObjectType, name: str, page: int, rows: str = "") -> str:
    """A field with its arguments, and what is asked of its rows: their leaves unless said."""
    field = owner.fields[name]
    kind = target_of(field)
    if kind is None:
        return name
    (given, *_) = questions.plain(owner, name)
    return ask_for(field, name, given, page, Piece(rows or leaves_of(rows_of(kind)))).text


SCHEMAS = {name: build_schema(schema.as_str(), assume_valid=True) for name, schema in SUBGRAPHS.items()}


def target(field: GraphQLField) -> GraphQLObjectType:
    found = target_of(field)
    assert found
    return found


def types(subgraph: str) -> dict[str, GraphQLObjectType]:
    return {name: one for name, one in SCHEMAS[subgraph].type_map.items() if isinstance(one, GraphQLObjectType)}


def entity_types(subgraph: str) -> tuple[GraphQLObjectType, ...]:
    union = SCHEMAS[subgraph].type_map["_Entity"]
    assert isinstance(union, GraphQLUnionType)
    found: tuple[GraphQLObjectType, ...] = union.types
    return found


def questions() -> Iterator[ParameterSet]:
    for subgraph in SCHEMAS:
        for owner in types(subgraph).values():
            for name, field in owner.fields.items():
                kind = target_of(field)
                if kind and "nodes" in kind.fields:
                    rows = rows_of(kind)
                    for below in ("", *(key for key, one in rows.fields.items() if target_of(one))):
                        question = Question(subgraph, owner.name, name, below)
                        yield pytest.param(question, id=str(question))


@pytest.fixture(scope="module")
async def served(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """The subgraphs, filled once."""
    url, folder = parts.mongodb_url(ADMIN), tmp_path_factory.mktemp("pages")
    async with AsyncExitStack() as stack:
        subgraphs_by_name = {}
        for name, make in MAKERS.items():
            database, operations = await stack.enter_async_context(watched(url, f"test_{secrets.token_hex(6)}"))
            stack.push_async_callback(database.client.drop_database, database.name)
            subgraphs_by_name[name] = await make(database, operations, folder)
        yield subgraphs_by_name


def entity_fields() -> Iterator[ParameterSet]:
    for subgraph in SCHEMAS:
        for kind in entity_types(subgraph):
            for name in kind.fields:
                yield pytest.param(subgraph, kind.name, name, id=f"{kind.name}.{name}")


def entities(kind: str, selection: str) -> str:
    return f"query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on {kind} {{ {selection} }} }} }}"


@pytest.mark.parametrize(("name", "kind", "field"), list(entity_fields()))
async def test_twenty_entities_take_no_more_reads_than_one(served: Served, name: str, kind: str, field: str) -> None:
    subgraph, selection = served[name], asked(Questions(SCHEMAS[name], VALUES), types(name)[kind], field, _FEW)
    for principal in subgraph.principals:
        query = entities(kind, selection)
        _, once = await subgraph.ask(principal, query, r=subgraph.keys(kind, 1, principal))
        _, often = await subgraph.ask(principal, query, r=subgraph.keys(kind, FULL, principal))
        assert len(often) <= max(len(once), 1), f"{principal.scope}: {sorted(once)}, then {sorted(often)}"


@pytest.mark.parametrize("question", list(questions()))
async def test_a_full_page_takes_no_more_reads_than_a_page_of_one(served: Served, question: Question) -> None:
    subgraph = served[question.subgraph]
    full = 0
    for principal in subgraph.principals:
        few, once = await pages(subgraph, principal, question, 1)
        rows, often = await pages(subgraph, principal, question, FULL)
        assert len(often) == len(once), f"{principal.scope}: {sorted(once)} for {few}, {sorted(often)} for {rows}"
        full = max(full, rows)
    assert full == FULL


async def pages(subgraph: Subgraph, principal: Any, question: Question, page: int) -> tuple[int, list[str]]:
    """How many rows came, and by which reads."""
    (start, *steps), query = question.way, question.query(page, subgraph.values)
    if start == "Query":
        data, reads = await subgraph.ask(principal, f"{{ {query} }}")
    else:
        found, reads = await subgraph.ask(principal, entities(start, query), r=subgraph.keys(start, 1, principal))
        (data,) = found["_entities"]
    for _ in (start, *steps):
        (data,) = (data or {"": None}).values()
    return len(data["nodes"]) if data else 0, reads
