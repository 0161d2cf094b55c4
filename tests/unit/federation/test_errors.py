"""What goes wrong in a subgraph: errors at the client's paths, nulls where the specification wants them."""

from typing import Any

import pytest

from gateway.federation.engine import TransportError
from tests.unit.federation.case import Ask, Case, named

_STARS = "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Shop { stars } } }"
_RATING = (
    "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { rating } } }"
)


def _products(*ids: str) -> list[dict[str, str]]:
    return [{"__typename": "Product", "id": one} for one in ids]


CASES = [
    Case(
        "an unreachable subgraph nulls only what it owns",
        "{ product(id: 1) { name reviews { stars } } }",
        [
            Ask("catalog", "query { product(id: 1) { name id } }", {"data": {"product": {"name": "a", "id": "1"}}}),
            Ask(
                "reviews",
                "query($representations: [_Any!]!) { _entities(representations: $representations) "
                "{ ... on Product { reviews { stars } } } }",
                TransportError("reviews"),
                {"representations": _products("1")},
            ),
        ],
        {"product": {"name": "a", "reviews": None}},
        [(["product", "reviews"], "SUBGRAPH_UNREACHABLE")],
    ),
    Case(
        "what cannot be null takes its parent along",
        "{ product(id: 1) { name rating } version }",
        [
            Ask(
                "catalog",
                "query { product(id: 1) { name id } version }",
                {"data": {"product": {"name": "a", "id": "1"}, "version": "1"}},
            ),
            Ask("reviews", _RATING, TransportError("reviews"), {"representations": _products("1")}),
        ],
        {"product": None, "version": "1"},
        [(["product", "rating"], "SUBGRAPH_UNREACHABLE")],
    ),
    Case(
        "and up to the whole answer",
        "{ strict(id: 1) { rating } version }",
        [
            Ask("catalog", "query { strict(id: 1) { id } version }", {"data": {"strict": {"id": "1"}, "version": "1"}}),
            Ask("reviews", _RATING, {"data": {"_entities": [None]}}, {"representations": _products("1")}),
        ],
        None,
        [(["strict", "rating"], "NULL_NOT_ALLOWED")],
    ),
    Case(
        "in nested lists, an item that cannot be null takes its list along",
        "{ product(id: 1) { shops { stars } } }",
        [
            Ask(
                "catalog",
                "query { product(id: 1) { shops { id } } }",
                {"data": {"product": {"shops": [[{"id": "1"}, {"id": "2"}], None, [{"id": "2"}]]}}},
            ),
            Ask(
                "reviews",
                _STARS,
                {
                    "data": {"_entities": [{"stars": 5}, None]},
                    "errors": [{"message": "no", "path": ["_entities", 1, "stars"], "extensions": {"code": "GONE"}}],
                },
                {"representations": [{"__typename": "Shop", "id": "1"}, {"__typename": "Shop", "id": "2"}]},
            ),
        ],
        {"product": {"shops": [None, None, None]}},
        [(["product", "shops", 0, 1, "stars"], "GONE"), (["product", "shops", 2, 0, "stars"], "GONE")],
    ),
    Case(
        "an error of one entity is told wherever it stands, under the client's names",
        "{ all: products { s: shop { s: stars n: name } } }",
        [
            Ask(
                "catalog",
                "query { all: products { s: shop { id n: name } } }",
                {"data": {"all": [{"s": {"n": "x", "id": "7"}}, {"s": None}, {"s": {"n": "x", "id": "7"}}]}},
            ),
            Ask(
                "reviews",
                _STARS.replace("stars", "s: stars"),
                {"data": {"_entities": [None]}, "errors": [{"message": "no", "path": ["_entities", 0, "s"]}]},
                {"representations": [{"__typename": "Shop", "id": "7"}]},
            ),
        ],
        {"all": [{"s": None}, {"s": None}, {"s": None}]},
        [(["all", 0, "s", "s"], "SUBGRAPH_ERROR"), (["all", 2, "s", "s"], "SUBGRAPH_ERROR")],
    ),
    Case(
        "fewer entities than asked for are not an answer",
        "{ products { badge } }",
        [
            Ask(
                "catalog",
                "query { products { id kind } }",
                {"data": {"products": [{"id": "1", "kind": "BOOK"}, {"id": "2", "kind": None}, {"id": None}]}},
            ),
            Ask(
                "reviews",
                _RATING.replace("rating", "badge"),
                {"data": {"_entities": [{"badge": "x"}]}},
                {
                    "representations": [
                        {"__typename": "Product", "id": "1", "kind": "BOOK"},
                        {"__typename": "Product", "id": "2", "kind": None},
                    ]
                },
            ),
        ],
        {"products": [{"badge": None}, {"badge": None}, {"badge": None}]},
        [(["products", 0, "badge"], "SUBGRAPH_MALFORMED_RESPONSE")],
    ),
    Case(
        "an error on the engine's own field is told where the client can see it",
        "{ products { badge } }",
        [
            Ask(
                "catalog",
                "query { products { id kind } }",
                {
                    "data": {"products": [{"id": "1"}]},
                    "errors": [{"message": "no kind", "path": ["products", 0, "kind"]}],
                },
            ),
        ],
        {"products": [{"badge": None}]},
        [(["products", 0], "SUBGRAPH_ERROR")],
    ),
    Case(
        "a hidden enum value is an error, not a leak",
        "{ products { kind } }",
        [Ask("catalog", "query { products { kind } }", {"data": {"products": [{"kind": "GAME"}, {"kind": "HIDDEN"}]}})],
        {"products": [{"kind": "GAME"}, {"kind": None}]},
        [(["products", 1, "kind"], "INVALID_ENUM_VALUE")],
    ),
    Case(
        "a reply that is no GraphQL reply",
        "{ version }",
        [Ask("catalog", "query { version }", {"oops": 1})],
        None,
        [(["version"], "SUBGRAPH_MALFORMED_RESPONSE")],
    ),
    Case(
        "errors keep their code and lose their stack trace",
        "{ products { name } }",
        [
            Ask(
                "catalog",
                "query { products { name } }",
                {
                    "data": None,
                    "errors": [{"message": "no", "extensions": {"code": "R11", "exception": {"stacktrace": ["x"]}}}],
                },
            )
        ],
        {"products": None},
        [(None, "R11")],
    ),
]


@pytest.mark.parametrize(**named(CASES))
async def test_errors(case: Case) -> None:
    reply = await case.check()
    assert "stacktrace" not in str(reply)


_KINDS = Ask(
    "catalog",
    "query { products { id kind } }",
    {"data": {"products": [{"id": "1", "kind": None}, {"id": "2", "kind": None}, {"id": "1", "kind": None}]}},
)
_BADGES = {"representations": [{"__typename": "Product", "id": id_, "kind": None} for id_ in "12"]}
_NO_REPLIES: list[dict[str, Any]] = [
    *({"data": data} for data in (7, [], [{"version": "1"}], "text", True, None)),
    {"data": 7, "errors": [{"message": "no"}]},
    {"data": None, "errors": []},
    {"data": None, "errors": "no"},
    {"errors": []},
    {"errors": {"message": "no"}},
]


@pytest.mark.parametrize("answer", _NO_REPLIES, ids=str)
async def test_data_that_is_no_object_and_no_null_with_errors_is_malformed(answer: dict[str, Any]) -> None:
    told: list[tuple[list[str | int] | None, str]] = [(["version"], "SUBGRAPH_MALFORMED_RESPONSE")]
    await Case("root", "{ version }", [Ask("catalog", "query { version }", answer)], None, told).check()
    badges = Ask("reviews", _RATING.replace("rating", "badge"), answer, _BADGES)
    nulls = {"products": [{"badge": None}, {"badge": None}, {"badge": None}]}
    told = [(["products", 0, "badge"], "SUBGRAPH_MALFORMED_RESPONSE")]
    await Case("entities", "{ products { badge } }", [_KINDS, badges], nulls, told).check()


@pytest.mark.parametrize("entities", [7, "ab", {"0": {"badge": "x"}}, [], [{}, {}, {}]], ids=str)
async def test_entities_that_are_no_list_of_their_number_are_malformed(entities: Any) -> None:
    badges = Ask("reviews", _RATING.replace("rating", "badge"), {"data": {"_entities": entities}}, _BADGES)
    nulls = {"products": [{"badge": None}, {"badge": None}, {"badge": None}]}
    told: list[tuple[list[str | int] | None, str]] = [(["products", 0, "badge"], "SUBGRAPH_MALFORMED_RESPONSE")]
    await Case("entities", "{ products { badge } }", [_KINDS, badges], nulls, told).check()


@pytest.mark.parametrize("entity", [7, [], [{"badge": "x"}], "text", False], ids=str)
async def test_an_entity_that_is_no_object_is_malformed_wherever_it_stands_and_no_other(entity: Any) -> None:
    reply = {"data": {"_entities": [entity, {"badge": "y"}]}}
    badges = Ask("reviews", _RATING.replace("rating", "badge"), reply, _BADGES)
    shown = {"products": [{"badge": None}, {"badge": "y"}, {"badge": None}]}
    told: list[tuple[list[str | int] | None, str]] = [
        (["products", index, "badge"], "SUBGRAPH_MALFORMED_RESPONSE") for index in (0, 2)
    ]
    await Case("entities", "{ products { badge } }", [_KINDS, badges], shown, told).check()
