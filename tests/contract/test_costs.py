"""What is dear says so in the graph, and counts in an operation's budget (notes N7, ADR 35)."""

import pytest
from graphql import ObjectTypeDefinitionNode, parse

from chassis.graph.costs import WEIGHTS, weight_of
from contracts.graph_files import SUPERGRAPH
from gateway.federation.directives import directives
from gateway.federation.engine import Engine, Request
from gateway.protection import Limits
from tests.support.fixtures import supergraph
from tests.unit.federation.case import Canned

PROGRESS = "{ province { progress(year: 2024) { schools } } }"


def declared() -> dict[str, list[int]]:
    """By `Type.field` the weights in the supergraph, of every field."""
    return {
        f"{node.name.value}.{field.name.value}": [int(cost["weight"]) for cost in directives(field, "cost")]
        for node in parse(SUPERGRAPH.read_text(encoding="utf-8")).definitions
        if isinstance(node, ObjectTypeDefinitionNode)
        for field in node.fields or ()
    }


def test_the_supergraph_has_the_weights_of_the_table() -> None:
    found = declared()
    expected = {name: weight_of(*name.split(".")) for name in found}
    assert found == {name: [cost.weight] if cost else [] for name, cost in expected.items()}
    for name in WEIGHTS:
        assert [field for field, weights in found.items() if weights and field.endswith(name)], name


@pytest.mark.parametrize(
    ("query", "dearest"),
    [
        (
            "{ bases(first: 40) { nodes { projects(first: 1) { facets { modes { count } } } } } }",
            "bases.nodes.projects.facets",
        ),
        (
            f"{{ bases(first: 20) {{ nodes {{ projects(first: 10) {{ nodes {{ base {PROGRESS} }} }} }} }} }}",
            "bases.nodes.projects.nodes.base.province.progress",
        ),
    ],
)
async def test_a_refusal_names_what_is_dear_however_few_objects_it_has(query: str, dearest: str) -> None:
    subgraphs = Canned([])
    engine = Engine(supergraph(), subgraphs, budget=Limits().cost)
    reply = (await engine.execute(Request(query, scopes=frozenset({"ministry"})))).json()
    (error,) = reply["errors"]
    assert (error["extensions"]["code"], error["extensions"]["dearest"]) == ("QUERY_TOO_COSTLY", dearest)
    assert not subgraphs.unexpected
