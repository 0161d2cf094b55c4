"""Variables, conditions, mutations, introspection, and requests that are refused."""

from typing import Any

import orjson
import pytest
from graphql import DocumentNode, get_introspection_query

from chassis.errors import Refusal
from gateway.federation.engine import Call, Engine, Request
from gateway.federation.supergraph import load_supergraph
from tests.unit.gateway_federation.case import SHOP, SUPERGRAPHS, Ask, Canned, Case, named

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
        [(None, "GRAPHQL_VALIDATION_FAILED")],
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


async def test_limits_run_before_validation_and_speak_the_callers_language() -> None:
    def limits(document: DocumentNode) -> None:
        assert document.definitions
        raise Refusal("TOO_MUCH", "过多", "Too much")

    reply = await Engine(SHOP, Canned([]), limits=limits).execute(Request("{ nonsense }"))
    assert reply.json() == {"errors": [{"message": "过多", "extensions": {"code": "TOO_MUCH"}}]}


async def test_introspection_can_be_refused() -> None:
    case = Case("", "{ __schema { __typename } }", [], ..., [(None, "GRAPHQL_VALIDATION_FAILED")])
    await case.check(introspection=False)


async def test_without_introspection_errors_suggest_nothing() -> None:
    reply = await Engine(SHOP, Canned([]), introspection=False).execute(Request("{ versio }"))
    assert "Did you mean" not in str(reply.errors)


async def test_the_whole_schema_can_be_introspected() -> None:
    reply = await Engine(SHOP, Canned([])).execute(Request(get_introspection_query()))
    names = {one["name"] for one in reply.data["__schema"]["types"]}
    assert "Product" in names
    assert not any(name.startswith(("join__", "link__", "_")) for name in names if not name.startswith("__"))


async def test_tokens_are_counted_before_parsing() -> None:
    reply = await Engine(SHOP, Canned([]), max_tokens=5).execute(Request("{ a b c d e f g }"))
    assert reply.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


async def test_caches_are_bounded() -> None:
    engine = Engine(SHOP, Canned([]), documents=3, plans=2)
    for n in range(10):
        engine.plan(f"{{ v{n}: version }}")
    assert len(engine._documents) == 3
    assert len(engine._plans) == 2


async def test_a_cached_plan_is_used_again_and_scopes_that_matter_are_told_apart() -> None:
    engine = Engine(SHOP, Canned([]))
    text = "{ products { name cost } }"
    base = engine.plan(text, scopes=frozenset({"base"}))
    assert engine.plan(text, scopes=frozenset({"base", "unheard-of"})) is base
    assert engine.plan(text, scopes=frozenset({"ministry"})) is not base


async def test_a_payload_that_returns_the_query_type_reaches_every_subgraph() -> None:
    case = Case(
        "re-entry",
        "mutation { touch { query { version user { name } } } }",
        [
            Ask(
                "a",
                "mutation { touch { query { user { name } } } }",
                {"data": {"touch": {"query": {"user": {"name": "n"}}}}},
            ),
            Ask("b", "query { version }", {"data": {"version": 3}}),
        ],
        {"touch": {"query": {"version": 3, "user": {"name": "n"}}}},
    )
    await case.check(load_supergraph((SUPERGRAPHS / "reentry.graphql").read_text(encoding="utf-8")))


async def test_an_operation_that_fans_out_without_end_is_refused_in_time() -> None:
    query = "id"
    for _ in range(8):
        query = f"id next {{ {query} }}"
    case = Case("fan", f"{{ node {{ {query} }} }}", [], ..., [(None, "QUERY_TOO_COMPLEX")])
    await case.check(load_supergraph((SUPERGRAPHS / "fan.graphql").read_text(encoding="utf-8")))


@pytest.mark.parametrize("depth", [20, 80, 150])
async def test_nesting_without_limits_is_answered_or_refused(depth: int) -> None:
    query = "topReview { id }"
    for _ in range(depth):
        query = query.replace("{ id }", "{ id product { reviews { id } } }")
    reply = await Engine(SHOP, Canned([])).execute(Request(f"{{ {query} }}"))
    assert {error["extensions"]["code"] for error in reply.errors} <= {
        "SUBGRAPH_UNREACHABLE",
        "QUERY_TOO_COMPLEX",
        "GRAPHQL_PARSE_FAILED",
    }
