"""What an operation costs is told before anything is fetched, and bounded (notes N7)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.federation.engine import Engine, Request
from gateway.federation.prepare import plan, prepare
from gateway.federation.supergraph import Supergraph, load_supergraph
from tests.support.fixtures import supergraph
from tests.unit.federation.case import Canned

OURS = supergraph()
LIBRARY = load_supergraph("""
schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!) repeatable on OBJECT
directive @join__field(graph: join__Graph) repeatable on FIELD_DEFINITION
directive @link(url: String, for: link__Purpose) repeatable on SCHEMA
directive @cost(weight: Int!) on FIELD_DEFINITION
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
enum link__Purpose { EXECUTION }
enum join__Graph { A @join__graph(name: "a", url: "http://a/graphql") }
type Query @join__type(graph: A) {
  shelf(first: Int! = 5, search: String): Shelf
  books(take: Int = 3, skip: Int): [Book!]! @listSize(slicingArguments: ["take"])
  shelves: [Shelf!]! @listSize(assumedSize: 4)
  sized(count: Int!): Shelf @listSize(slicingArguments: ["count"], sizedFields: ["books"])
}
type Shelf @join__type(graph: A) { books: [Book!]! others: [Book!]! total: Int! @cost(weight: 7) }
type Book @join__type(graph: A) { title: String! author: Author @cost(weight: 3) tags: [String!]! }
type Author @join__type(graph: A) { name: String! }
""")


def cost(graph: Supergraph, query: str, variables: dict[str, Any] | None = None) -> float:
    engine = Engine(graph, Canned([]))
    document = engine._document(query)
    operation = document.operation(None)
    values = engine._coerced(operation, variables or {})
    return prepare(graph, plan(graph, document, operation, None), {}, None).cost(values)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", 0),
        ("{ shelf { __typename } }", 1),
        ("{ shelf { total } }", 8),
        ("{ shelf { books { title } } }", 1 + 5),
        ("{ shelf(first: 20) { books { title } others { title } } }", 1 + 20 + 20),
        ("{ shelf(first: 0) { books { title } } }", 1),
        ("{ shelf(first: -7) { books { title } } }", 1),
        ('{ shelf(search: "first: 1", first: 50) { books { title } } }', 1 + 50),
        ("{ shelf(first: 2) { books { author { name } tags } } }", 1 + 2 * (1 + 3)),
        ("{ books { title } }", 3),
        ("{ books(take: 100, skip: 5) { title } }", 100),
        ("{ shelves { books { title } } }", 4 * (1 + 10)),
        ("{ sized(count: 2) { books { title } others { title } } }", 1 + 2 + 10),
        ("{ a: books { title } b: books { title } }", 6),
        ("{ ...F ...F } fragment F on Query { books { title } }", 3),
        ("{ books @skip(if: true) { title } }", 0),
    ],
)
def test_a_cost_is_the_objects_an_answer_may_have(query: str, expected: float) -> None:
    assert cost(LIBRARY, query) == expected


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_variable_counts_with_its_value_and_more_never_costs_less(one: int, other: int) -> None:
    query = "query($n: Int) { books(take: $n) { title } }"
    low, high = sorted(cost(LIBRARY, query, {"n": min(number, 2**31 - 1)}) for number in (one, other))
    assert low <= high <= 1_000_000
    assert cost(LIBRARY, query) == 3
    assert cost(LIBRARY, query, {"n": 40}) == 40


async def test_what_costs_more_than_the_budget_is_refused_before_any_fetch() -> None:
    subgraphs = Canned([])
    engine = Engine(OURS, subgraphs, budget=1_000)
    query = "query($n: Int!) { projects(first: $n) { nodes { id enrollments(first: 50) { nodes { id } } } } }"
    reply = (await engine.execute(Request(query, variables={"n": 100}))).json()
    (error,) = reply["errors"]
    assert "data" not in reply
    assert error["extensions"]["code"] == "QUERY_TOO_COSTLY"
    assert error["extensions"]["cost"] > error["extensions"]["budget"] == 1_000
    assert error["extensions"]["dearest"] == "projects.nodes.enrollments.nodes"
    assert "projects.nodes.enrollments.nodes" in error["message"]
    assert not subgraphs.unexpected
    await engine.execute(Request(query, variables={"n": 5}))
    assert len(subgraphs.unexpected) == 1  # the same document with fewer rows goes


async def test_what_the_caller_may_not_see_costs_nothing() -> None:
    subgraphs = Canned([])
    engine = Engine(OURS, subgraphs, budget=50)
    query = "{ bases(first: 40) { nodes { id projects(first: 5) { nodes { experts { id } reviews { id } } } } } }"
    assert (await engine.execute(Request(query))).json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_COSTLY"
    denied = (
        await engine.execute(Request("{ bases(first: 40) { nodes { team { name } } } }", scopes=frozenset()))
    ).json()
    assert len(subgraphs.unexpected) == 1
    assert "Base.team" in [error["extensions"].get("coordinate") for error in denied["errors"]]
