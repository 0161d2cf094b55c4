"""Of an abstract value that several subgraphs resolve, the members that all of them know are asked (ADR 40)."""

import pytest

from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import SUPERGRAPHS, Ask, Case, named

UNIONS = load_supergraph((SUPERGRAPHS / "unions.graphql").read_text(encoding="utf-8"))
_OF_A = [{"__typename": "Common", "label": "c"}, {"__typename": "OnlyA", "a": "A"}]
_OF_B = [{"__typename": "Common", "label": "c"}, {"__typename": "OnlyB", "b": "B"}]
_ALL = "__typename ... on Common { label } ... on OnlyA { a } ... on OnlyB { b }"

CASES = [
    Case(
        "of a shared field, members that only one subgraph knows are asked of none",
        f"{{ rootA {{ inner {{ actions {{ {_ALL} }} }} }} }}",
        [
            Ask(
                "a",
                "query { rootA { inner { actions { __typename ... on Common { label } } } } }",
                {"data": {"rootA": {"inner": {"actions": [_OF_A[0], {"__typename": "OnlyA"}]}}}},
            )
        ],
        {"rootA": {"inner": {"actions": [_OF_A[0], {"__typename": "OnlyA", "a": None}]}}},
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
        "whichever of two equally near subgraphs is asked",
        "{ shared { inner { actions { ... on OnlyB { b } ... on OnlyA { a } } } } }",
        [
            Ask(
                "a",
                "query { shared { inner { actions { __typename } } } }",
                {"data": {"shared": {"inner": {"actions": [_OF_A[0], {"__typename": "OnlyA"}]}}}},
            )
        ],
        {"shared": {"inner": {"actions": [{}, {"a": None}]}}},
    ),
    Case(
        "of a field that one subgraph alone resolves, all its members are asked",
        "{ rootA { first { ... on OnlyA { a } ... on Common { label } ... on OnlyB { b } } } }",
        [
            Ask(
                "a",
                "query { rootA { first { __typename ... on OnlyA { a } ... on Common { label } } } }",
                {"data": {"rootA": {"first": _OF_A[1]}}},
            )
        ],
        {"rootA": {"first": {"a": "A"}}},
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
