"""An abstract value whose members differ by subgraph is read whole from one of them."""

import pytest

from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import SUPERGRAPHS, Ask, Case, named

UNIONS = load_supergraph((SUPERGRAPHS / "unions.graphql").read_text(encoding="utf-8"))
_OF_A = [{"__typename": "Common", "label": "c"}, {"__typename": "OnlyA", "a": "A"}]
_OF_B = [{"__typename": "Common", "label": "c"}, {"__typename": "OnlyB", "b": "B"}]
_ALL = "__typename ... on Common { label } ... on OnlyA { a } ... on OnlyB { b }"

CASES = [
    Case(
        "members that the subgraph does not have are not asked of it, nor elsewhere",
        f"{{ rootA {{ inner {{ actions {{ {_ALL} }} }} }} }}",
        [
            Ask(
                "a",
                "query { rootA { inner { actions { __typename ... on Common { label } ... on OnlyA { a } } } } }",
                {"data": {"rootA": {"inner": {"actions": _OF_A}}}},
            )
        ],
        {"rootA": {"inner": {"actions": _OF_A}}},
    ),
    Case(
        "even if nothing but them is asked",
        "{ rootA { inner { actions { __typename ... on OnlyB { b } } } } }",
        [
            Ask(
                "a",
                "query { rootA { inner { actions { __typename } } } }",
                {"data": {"rootA": {"inner": {"actions": [{"__typename": "OnlyA"}]}}}},
            )
        ],
        {"rootA": {"inner": {"actions": [{"__typename": "OnlyA"}]}}},
    ),
    Case(
        "of equally near subgraphs the one that knows most is asked",
        "{ shared { inner { actions { __typename ... on OnlyB { b } } } } }",
        [
            Ask(
                "b",
                "query { shared { inner { actions { __typename ... on OnlyB { b } } } } }",
                {"data": {"shared": {"inner": {"actions": [_OF_B[1]]}}}},
            )
        ],
        {"shared": {"inner": {"actions": [_OF_B[1]]}}},
    ),
    Case(
        "behind a move the members are those of the subgraph that is entered",
        f"{{ rootA {{ innerB {{ actions {{ {_ALL} }} }} }} }}",
        [
            Ask("a", "query { rootA { id } }", {"data": {"rootA": {"id": "x"}}}),
            Ask(
                "b",
                "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Box { "
                "innerB { actions { __typename ... on Common { label } ... on OnlyB { b } } } } } }",
                {"data": {"_entities": [{"innerB": {"actions": _OF_B}}]}},
                {"representations": [{"__typename": "Box", "id": "x"}]},
            ),
        ],
        {"rootA": {"innerB": {"actions": _OF_B}}},
    ),
]


@pytest.mark.parametrize(**named(CASES))
async def test_unions(case: Case) -> None:
    await case.check(UNIONS)
