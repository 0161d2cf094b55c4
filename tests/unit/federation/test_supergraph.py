"""Which supergraphs are served, and what clients see of them."""

import pytest
from graphql import print_schema

from gateway.federation.supergraph import SupergraphError, load_supergraph
from tests.unit.federation.case import SHOP, SUPERGRAPHS


def test_subgraphs_have_their_composed_names_and_addresses() -> None:
    assert {one.name: one.url for one in SHOP.subgraphs.values()} == {
        "catalog": "http://catalog/graphql",
        "reviews": "http://reviews/graphql",
    }


def test_clients_see_neither_machinery_nor_what_is_inaccessible() -> None:
    printed = print_schema(SHOP.schema)
    for hidden in ("join__", "link__", "requiresScopes", "inaccessible", "HIDDEN", "audit", "internal"):
        assert hidden not in printed


def test_scopes_are_read_as_an_or_of_ands() -> None:
    assert SHOP.scopes["Mutation.retire"] == ((frozenset({"ministry"}), frozenset({"base", "owner"})),)
    assert SHOP.authenticated == {"Query.whoami"}


@pytest.mark.parametrize(
    ("sdl", "says"),
    [
        ("type Query { a: Int }", "no composed supergraph"),
        ("type Query {", "not valid SDL"),
        ('schema @link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY) { query: Query }', "@context"),
        ('schema @link(url: "https://specs.apollo.dev/context/v0.1") { query: Query }', "@fromContext"),
        ('schema @link(url: "https://specs.apollo.dev/join/v0.6", for: EXECUTION) { query: Query }', "reads join v0.3"),
        ('schema @link(url: "https://specs.apollo.dev/join/v0.2", for: EXECUTION) { query: Query }', "join/v0.2"),
        ('schema @link(url: "https://specs.apollo.dev/new/v0.1", for: EXECUTION) { query: Query }', "does not know"),
    ],
)
def test_a_supergraph_that_cannot_be_served_is_refused_with_a_reason(sdl: str, says: str) -> None:
    with pytest.raises(SupergraphError, match=says):
        load_supergraph(sdl)


def test_directives_that_clients_may_write_are_part_of_the_schema_and_stay_at_the_gateway() -> None:
    text = (SUPERGRAPHS / "shop.graphql").read_text(encoding="utf-8")
    schema = load_supergraph(text + "\ndirective @access(to: Int! = 1) on FIELD | OBJECT").schema
    assert schema.get_directive("access")
    assert not schema.get_directive("join__field")


def test_every_supergraph_here_loads() -> None:
    for file in SUPERGRAPHS.glob("*.graphql"):
        assert load_supergraph(file.read_text(encoding="utf-8")).subgraphs
