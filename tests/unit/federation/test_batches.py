"""Entity fetches of one subgraph that may start together are one request: one fetch, or a batch of aliased ones."""

from pathlib import Path

import pytest

from gateway.federation.engine import Engine, TransportError
from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import Ask, Canned, Case, named

_TWO = "query { product(id: 1) { id shop { id } } }"
_TWO_REPLY = {"data": {"product": {"id": "1", "shop": {"id": "7"}}}}
_BOTH = (
    "query($_0: [_Any!]!, $_1: [_Any!]!) { _0: _entities(representations: $_0) { ... on Product { rating } } "
    "_1: _entities(representations: $_1) { ... on Shop { stars } } }"
)
_PRODUCT = [{"__typename": "Product", "id": "1"}]
_SHOP = [{"__typename": "Shop", "id": "7"}]
_ASKED_BOTH = {"_0": _PRODUCT, "_1": _SHOP}
_RATING = (
    "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { rating } } }"
)
_STARS = "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Shop { stars } } }"
_QUERY = "{ product(id: 1) { rating shop { stars } } }"


CASES = [
    Case(
        "aliases of one field are one fetch, and equal objects are asked for once",
        "{ a: product(id: 1) { rating } b: product(id: 2) { rating } c: product(id: 1) { rating } }",
        [
            Ask(
                "catalog",
                "query { a: product(id: 1) { id } b: product(id: 2) { id } c: product(id: 1) { id } }",
                {"data": {"a": {"id": "1"}, "b": {"id": "2"}, "c": {"id": "1"}}},
            ),
            Ask(
                "reviews",
                _RATING,
                {
                    "data": {"_entities": [{"rating": 4.5}, None]},
                    "errors": [{"message": "gone", "path": ["_entities", 1], "extensions": {"code": "GONE"}}],
                },
                {"representations": [*_PRODUCT, {"__typename": "Product", "id": "2"}]},
            ),
        ],
        {"a": {"rating": 4.5}, "b": None, "c": {"rating": 4.5}},
        [(["b"], "GONE")],
    ),
    Case(
        "what asks for different fields travels under aliases",
        _QUERY,
        [
            Ask("catalog", _TWO, _TWO_REPLY),
            Ask("reviews", _BOTH, {"data": {"_0": [{"rating": 4.5}], "_1": [{"stars": 3}]}}, _ASKED_BOTH),
        ],
        {"product": {"rating": 4.5, "shop": {"stars": 3}}},
    ),
    Case(
        "an error below an alias finds the client's path",
        _QUERY,
        [
            Ask("catalog", _TWO, _TWO_REPLY),
            Ask(
                "reviews",
                _BOTH,
                {
                    "data": {"_0": [{"rating": 4.5}], "_1": [None]},
                    "errors": [{"message": "no", "path": ["_1", 0, "stars"], "extensions": {"code": "GONE"}}],
                },
                _ASKED_BOTH,
            ),
        ],
        {"product": {"rating": 4.5, "shop": None}},
        [(["product", "shop", "stars"], "GONE")],
    ),
    Case(
        "where only one part has objects, it is sent by itself",
        _QUERY,
        [
            Ask("catalog", _TWO, {"data": {"product": {"id": "1", "shop": None}}}),
            Ask("reviews", _RATING, {"data": {"_entities": [{"rating": 4.5}]}}, {"representations": _PRODUCT}),
        ],
        {"product": {"rating": 4.5, "shop": None}},
    ),
    Case(
        "a part that nulls the whole reply does not take the other with it",
        _QUERY,
        [
            Ask("catalog", _TWO, _TWO_REPLY),
            Ask(
                "reviews",
                _BOTH,
                {
                    "data": None,
                    "errors": [{"message": "bad", "path": ["_1"], "extensions": {"code": "BAD"}}],
                },
                _ASKED_BOTH,
            ),
            Ask("reviews", _RATING, {"data": {"_entities": [{"rating": 4.5}]}}, {"representations": _PRODUCT}),
        ],
        {"product": {"rating": 4.5, "shop": None}},
        [(["product", "shop"], "BAD")],
    ),
    Case(
        "a refusal of the request as a whole is told at each part, and nothing is asked again",
        _QUERY,
        [
            Ask("catalog", _TWO, _TWO_REPLY),
            Ask(
                "reviews",
                _BOTH,
                {"data": None, "errors": [{"message": "busy", "extensions": {"code": "BUSY"}}]},
                _ASKED_BOTH,
            ),
        ],
        {"product": None},
        [(["product"], "BUSY"), (["product", "shop"], "BUSY")],
    ),
    Case(
        "a subgraph that does not answer fails each part at its own fields",
        _QUERY,
        [Ask("catalog", _TWO, _TWO_REPLY), Ask("reviews", _BOTH, TransportError("reviews"), _ASKED_BOTH)],
        {"product": None},
        [
            (["product", "rating"], "SUBGRAPH_UNREACHABLE"),
            (["product", "shop", "stars"], "SUBGRAPH_UNREACHABLE"),
        ],
    ),
    Case(
        "a part without a reply of its length is malformed, the other is not",
        _QUERY,
        [
            Ask("catalog", _TWO, _TWO_REPLY),
            Ask("reviews", _BOTH, {"data": {"_0": [{"rating": 4.5}], "_1": []}}, _ASKED_BOTH),
        ],
        {"product": {"rating": 4.5, "shop": None}},
        [(["product", "shop", "stars"], "SUBGRAPH_MALFORMED_RESPONSE")],
    ),
    Case(
        "a condition leaves its part out",
        "query($s: Boolean!) { product(id: 1) { rating shop @include(if: $s) { stars } } }",
        [
            Ask(
                "catalog",
                "query($s: Boolean!) { product(id: 1) { id shop @include(if: $s) { id } } }",
                {"data": {"product": {"id": "1"}}},
                {"s": False},
            ),
            Ask("reviews", _RATING, {"data": {"_entities": [{"rating": 4.5}]}}, {"representations": _PRODUCT}),
        ],
        {"product": {"rating": 4.5}},
        variables={"s": False},
    ),
    Case(
        "a client's variable of the same name is no clash",
        "query($_0: Int) { product(id: 1) { reviews(first: $_0) { stars } shop { stars } } }",
        [
            Ask("catalog", _TWO, _TWO_REPLY),
            Ask(
                "reviews",
                "query($_0_: [_Any!]!, $_1: [_Any!]!, $_0: Int) { _0_: _entities(representations: $_0_) "
                "{ ... on Product { reviews(first: $_0) { stars } } } "
                "_1: _entities(representations: $_1) { ... on Shop { stars } } }",
                {"data": {"_0_": [{"reviews": [{"stars": 1}]}], "_1": [{"stars": 3}]}},
                {"_0": 1, "_0_": _PRODUCT, "_1": _SHOP},
            ),
        ],
        {"product": {"reviews": [{"stars": 1}], "shop": {"stars": 3}}},
        variables={"_0": 1},
    ),
]


@pytest.mark.parametrize(**named(CASES))
async def test_batches(case: Case) -> None:
    """What is sent, and where its answers and errors go."""
    await case.check()


_PROJECT = (
    "{ title base { name } seats { left } enrollments(first: 5) "
    "{ nodes { status teacher { name } school { name } attendanceRate credit { hours } } } }"
)


def test_eight_aliased_projects_are_four_calls_at_most() -> None:
    """The page of eight projects costs as many calls as that of one."""
    graph = load_supergraph(Path("contracts/graph/supergraph.graphql").read_text(encoding="utf-8"))
    aliases = " ".join(f'a{number}: project(id: "{number}") {_PROJECT}' for number in range(8))
    requests = list(Engine(graph, Canned([])).plan(f"{{ {aliases} }}").requests())
    assert len(requests) <= 4
