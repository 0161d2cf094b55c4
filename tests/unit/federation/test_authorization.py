"""Who may see what: nothing denied ever reaches a subgraph."""

import pytest

from gateway.federation.engine import Engine, Request
from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import SHOP, SUPERGRAPHS, Ask, Canned, Case, named

_DENIED = "UNAUTHORIZED_FIELD_OR_TYPE"
_ANONYMOUS = "UNAUTHENTICATED"
_PRODUCT = {"name": "a", "id": "1"}
_GUARDED = 'type Shop implements Named @requiresScopes(scopes: [["x"]])'
_OWNER = (
    "query($representations: [_Any!]!) { _entities(representations: $representations) "
    "{ ... on Shop { owner { phone } } } }"
)

CASES = [
    Case(
        "a denied field is null and not fetched",
        "{ product(id: 1) { name c: cost } }",
        [Ask("catalog", "query { product(id: 1) { name } }", {"data": {"product": {"name": "a"}}})],
        {"product": {"name": "a", "c": None}},
        [(["product", "c"], _DENIED)],
        scopes=frozenset({"base"}),
    ),
    Case(
        "a granted field is fetched",
        "{ product(id: 1) { name cost } }",
        [Ask("catalog", "query { product(id: 1) { name cost } }", {"data": {"product": {"name": "a", "cost": 3}}})],
        {"product": {"name": "a", "cost": 3}},
        scopes=frozenset({"ministry"}),
    ),
    Case(
        "a denied field that cannot be null takes its parent along",
        "{ secret version }",
        [Ask("catalog", "query { version }", {"data": {"version": "1"}})],
        None,
        [(["secret"], _ANONYMOUS)],
        scopes=frozenset(),
    ),
    Case(
        "a query of denied fields alone fetches nothing",
        "{ whoami __typename }",
        [],
        {"whoami": None, "__typename": "Query"},
        [(["whoami"], _ANONYMOUS)],
        scopes=frozenset(),
    ),
    Case(
        "an object of denied fields alone still tells whether it is there",
        "{ product(id: 1) { cost } }",
        [Ask("catalog", "query { product(id: 1) { __typename } }", {"data": {"product": None}})],
        {"product": None},
        [(["product", "cost"], _DENIED)],
        scopes=frozenset({"base"}),
    ),
    Case(
        "one of two scopes of an AND is not enough",
        "{ product(id: 1) { shop { owner { phone } } } }",
        [
            Ask(
                "catalog",
                "query { product(id: 1) { shop { __typename } } }",
                {"data": {"product": {"shop": {"__typename": "Shop"}}}},
            )
        ],
        {"product": {"shop": {"owner": None}}},
        [(["product", "shop", "owner"], _DENIED)],
        scopes=frozenset({"base"}),
    ),
    Case(
        "both are",
        "{ product(id: 1) { shop { owner { phone } } } }",
        [
            Ask("catalog", "query { product(id: 1) { shop { id } } }", {"data": {"product": {"shop": {"id": "5"}}}}),
            Ask(
                "reviews",
                _OWNER,
                {"data": {"_entities": [{"owner": {"phone": "1"}}]}},
                {"representations": [{"__typename": "Shop", "id": "5"}]},
            ),
        ],
        {"product": {"shop": {"owner": {"phone": "1"}}}},
        scopes=frozenset({"base", "owner"}),
    ),
    Case(
        "a mutation is refused whole",
        'mutation { rename(id: 1, name: "x") { name } retire(id: 1) { name } }',
        [],
        None,
        [(["retire"], _DENIED)],
        scopes=frozenset({"base"}),
    ),
    Case(
        "what is denied below an empty list is told once, at its path without indexes",
        'query { search(text: "x") { ...P } } fragment P on Product { ... on Product { cost } name }',
        [
            Ask(
                "catalog",
                'query { search(text: "x") { __typename ... on Product { name } } }',
                {"data": {"search": []}},
            )
        ],
        {"search": []},
        [(["search", "cost"], _DENIED)],
        scopes=frozenset({"base"}),
    ),
    Case(
        "a denied field behind a fragment is denied as well",
        'query { search(text: "x") { ...P } } fragment P on Product { ... on Product { cost } name }',
        [
            Ask(
                "catalog",
                'query { search(text: "x") { __typename ... on Product { name } } }',
                {"data": {"search": [{"__typename": "Product"} | _PRODUCT, {"__typename": "Shop"}]}},
            )
        ],
        {"search": [{"cost": None, "name": "a"}, {}]},
        [(["search", 0, "cost"], _DENIED)],
        scopes=frozenset({"base"}),
    ),
]


@pytest.mark.parametrize(**named(CASES))
async def test_authorization(case: Case) -> None:
    await case.check()


async def test_a_denied_type_is_denied_wherever_it_is_returned_and_whatever_fragment_reaches_it() -> None:
    text = (SUPERGRAPHS / "shop.graphql").read_text(encoding="utf-8")
    guarded = load_supergraph(text.replace("type Shop implements Named", _GUARDED, 1))
    case = Case(
        "type",
        '{ product(id: 1) { name shop { name } } search(text: "x") { ... on Named { name } } }',
        [
            Ask(
                "catalog",
                'query { product(id: 1) { name } search(text: "x") { __typename ... on Product { name } } }',
                {
                    "data": {
                        "product": {"name": "a"},
                        "search": [{"__typename": "Shop"}, {"__typename": "Product", "name": "b"}],
                    }
                },
            )
        ],
        {"product": {"name": "a", "shop": None}, "search": [{"name": None}, {"name": "b"}]},
        [(["product", "shop"], _DENIED), (["search", 0, "name"], _DENIED)],
        scopes=frozenset({"base"}),
    )
    await case.check(guarded)


async def test_in_reject_mode_a_query_with_a_denied_field_is_refused_whole() -> None:
    subgraphs = Canned([])
    engine = Engine(SHOP, subgraphs, reject=True)
    request = Request("{ product(id: 1) { name c: cost } whoami }", scopes=frozenset({"base"}))
    reply = (await engine.execute(request)).json()
    assert reply["data"] is None
    assert {error["extensions"]["coordinate"] for error in reply["errors"]} == {"Product.cost"}
    assert not subgraphs.unexpected
    open_query = Request("{ whoami }", scopes=frozenset({"base"}))
    await engine.execute(open_query)
    assert len(subgraphs.unexpected) == 1
