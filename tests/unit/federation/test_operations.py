"""Variables, conditions, mutations, introspection, and requests that are refused."""

from typing import Any

import orjson
import pytest

from gateway.federation.engine import Call, Engine, Request
from tests.unit.federation.case import SHOP, Ask, Case, named

_NAME = "query { product(id: 1) { name } }"
_REVIEWS = (
    "query($representations: [_Any!]!, $n: Int) { _entities(representations: $representations) "
    "{ ... on Product { reviews(first: $n) { stars } } } }"
)
_ONE = {"representations": [{"__typename": "Product", "id": "1"}]}

CASES = [
    Case(
        "each fetch gets the variables it uses; unset is not null",
        "query($id: ID!, $n: Int) { product(id: $id) { reviews(first: $n) { stars } } }",
        [
            Ask(
                "catalog",
                "query($id: ID!) { product(id: $id) { id } }",
                {"data": {"product": {"id": "1"}}},
                {"id": "1"},
            ),
            Ask("reviews", _REVIEWS, {"data": {"_entities": [{"reviews": []}]}}, _ONE),
        ],
        {"product": {"reviews": []}},
        variables={"id": 1},
    ),
    Case(
        "null is not unset",
        "query($id: ID!, $n: Int) { product(id: $id) { reviews(first: $n) { stars } } }",
        [
            Ask(
                "catalog",
                "query($id: ID!) { product(id: $id) { id } }",
                {"data": {"product": {"id": "1"}}},
                {"id": "1"},
            ),
            Ask("reviews", _REVIEWS, {"data": {"_entities": [{"reviews": []}]}}, _ONE | {"n": None}),
        ],
        {"product": {"reviews": []}},
        variables={"id": "1", "n": None},
    ),
    Case(
        "variables inside input objects and lists",
        'query($k: Kind!, $t: String = "x") { search(text: $t, filter: { kinds: [$k, BOOK], limit: 1 }) { __typename } }',  # noqa: E501
        [
            Ask(
                "catalog",
                'query($k: Kind!, $t: String = "x") '
                "{ search(text: $t, filter: { kinds: [$k, BOOK], limit: 1 }) { __typename } }",
                {"data": {"search": [{"__typename": "Shop"}]}},
                {"k": "GAME", "t": "x"},
            )
        ],
        {"search": [{"__typename": "Shop"}]},
        variables={"k": "GAME"},
    ),
    Case(
        "a whole fetch falls away with what is skipped",
        "query($no: Boolean!) { product(id: 1) { name rating @skip(if: $no) ... @skip(if: $no) { badge } } }",
        [
            Ask(
                "catalog",
                "query($no: Boolean!) { product(id: 1) { name id @skip(if: $no) kind @skip(if: $no) } }",
                {"data": {"product": {"name": "a"}}},
                {"no": True},
            )
        ],
        {"product": {"name": "a"}},
        variables={"no": True},
    ),
    Case(
        "a condition that no one directive can say is a variable of the plan's own",
        "query($a: Boolean!, $b: Boolean!) { version @include(if: $a) ... @skip(if: $b) { version } }",
        [
            Ask(
                "catalog",
                "query { version }",
                {"data": {"version": "1"}},
            )
        ],
        {"version": "1"},
        variables={"a": False, "b": False},
    ),
    Case(
        "fields merged from several fragments keep each its condition",
        "query($a: Boolean!, $b: Boolean!) { v: version product(id: 1) @include(if: $a) { name } "
        "... @include(if: $b) { product(id: 1) { name kind } } }",
        [
            Ask(
                "catalog",
                "query($b: Boolean!, $if: Boolean!) "
                "{ v: version product(id: 1) @include(if: $if) { name kind @include(if: $b) } }",
                {"data": {"v": "1", "product": {"name": "a"}}},
                {"b": False, "if": True},
            )
        ],
        {"v": "1", "product": {"name": "a"}},
        variables={"a": True, "b": False},
    ),
    Case(
        "a condition must not be null",
        "query($a: Boolean = true) { version @include(if: $a) }",
        [],
        ...,
        [(None, "BAD_USER_INPUT")],
        variables={"a": None},
    ),
    Case(
        "a client's variable may have the name of the engine's own",
        "query($representations: Int) { product(id: 1) { reviews(first: $representations) { stars } } }",
        [
            Ask("catalog", "query { product(id: 1) { id } }", {"data": {"product": {"id": "1"}}}),
            Ask(
                "reviews",
                "query($representations_: [_Any!]!, $representations: Int) "
                "{ _entities(representations: $representations_) "
                "{ ... on Product { reviews(first: $representations) { stars } } } }",
                {"data": {"_entities": [{"reviews": []}]}},
                {"representations": 3, "representations_": [{"__typename": "Product", "id": "1"}]},
            ),
        ],
        {"product": {"reviews": []}},
        variables={"representations": 3},
    ),
    Case(
        "literal conditions, on spreads too",
        "{ product(id: 1) { name ...R @include(if: false) id @skip(if: true) } } fragment R on Product { rating }",
        [Ask("catalog", _NAME, {"data": {"product": {"name": "a"}}})],
        {"product": {"name": "a"}},
    ),
    Case(
        "everything skipped fetches nothing",
        "query($yes: Boolean = false) { product(id: 1) @include(if: $yes) { name } }",
        [],
        {},
    ),
    Case(
        "aliases of one field with different arguments",
        "{ a: product(id: 1) { id: name name: id } b: product(id: 2) { id } __typename t: __typename }",
        [
            Ask(
                "catalog",
                "query { a: product(id: 1) { id: name name: id } b: product(id: 2) { id } }",
                {"data": {"a": {"id": "A", "name": "1"}, "b": {"id": "2"}}},
            )
        ],
        {"a": {"id": "A", "name": "1"}, "b": {"id": "2"}, "__typename": "Query", "t": "Query"},
    ),
    Case(
        "a key is found even when the client took its name for something else",
        "{ product(id: 1) { id: name rating } }",
        [
            Ask(
                "catalog",
                "query { product(id: 1) { id: name _0_id: id } }",
                {"data": {"product": {"id": "A", "_0_id": "1"}}},
            ),
            Ask(
                "reviews",
                "query($representations: [_Any!]!) { _entities(representations: $representations) "
                "{ ... on Product { rating } } }",
                {"data": {"_entities": [{"rating": 4.5}]}},
                _ONE,
            ),
        ],
        {"product": {"id": "A", "rating": 4.5}},
    ),
    Case(
        "introspection beside data, in the order asked for",
        '{ version __type(name: "Product") { fields { name } } v: version __schema { queryType { name } } }',
        [Ask("catalog", "query { version v: version }", {"data": {"version": "1", "v": "1"}})],
        {
            "version": "1",
            "__type": {
                "fields": [
                    {"name": one}
                    for one in ("id", "name", "kind", "cost", "shop", "shops", "reviews", "rating", "badge")
                ]
            },
            "v": "1",
            "__schema": {"queryType": {"name": "Query"}},
        },
    ),
    Case("a document that does not parse", "{ version", [], ..., [(None, "GRAPHQL_PARSE_FAILED")]),
    Case("a field that is hidden", "{ products { audit } }", [], ..., [(None, "GRAPHQL_VALIDATION_FAILED")]),
    Case(
        "an enum value that is hidden",
        "{ products(kinds: HIDDEN) { id } }",
        [],
        ...,
        [(None, "BAD_USER_INPUT")],
    ),
    Case("subgraph machinery", "{ _service { sdl } }", [], ..., [(None, "GRAPHQL_VALIDATION_FAILED")]),
    Case("no operation of that name", "query A { version } query B { version }", [], ..., [(None, "BAD_REQUEST")]),
    Case(
        "a variable that does not fit",
        "query($id: ID!) { product(id: $id) { id } }",
        [],
        ...,
        [(None, "BAD_USER_INPUT")],
    ),
]


@pytest.mark.parametrize(**named(CASES))
async def test_operations(case: Case) -> None:
    await case.check()


async def test_mutations_run_strictly_in_order_and_neighbours_of_one_subgraph_share_a_fetch() -> None:
    order: list[str] = []

    class Recorder:
        async def send(self, call: Call, context: Any) -> bytes:
            del context
            body = orjson.loads(call.body)
            order.append(f"{call.subgraph}: {body['query'].split('{')[1].strip() or 'entities'}")
            data: dict[str, Any] = {
                "rename": {"id": "1"},
                "b": {"id": "2"},
                "review": {"product": {"id": "1"}},
                "c": {"id": "3"},
            }
            if "representations" in body["query"]:
                data = {"_entities": [{"name": "n", "rating": 1.0} for _ in body["variables"]["representations"]]}
                return orjson.dumps({"data": data})
            asked = {key: one for key, one in data.items() if f"{key}:" in body["query"] or f"{key}(" in body["query"]}
            return orjson.dumps({"data": asked})

    text = """mutation {
      rename(id: 1, name: "x") { rating }
      b: rename(id: 2, name: "y") { id }
      review(product: 1, stars: 5) { product { name } }
      c: rename(id: 3, name: "z") { id }
    }"""
    reply = await Engine(SHOP, Recorder()).execute(Request(text))
    assert not reply.errors
    assert list(reply.data) == ["rename", "b", "review", "c"]
    assert [one.split(":")[0] for one in order] == ["catalog", "reviews", "reviews", "catalog", "catalog"]
