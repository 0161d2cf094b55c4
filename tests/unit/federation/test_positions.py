"""Two subgraphs that answer one keyless value differently: nothing is put together by position, and it is told."""

from typing import Any

import pytest

from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import SUPERGRAPHS, Ask, Case, named

POSITIONS = load_supergraph((SUPERGRAPHS / "positions.graphql").read_text(encoding="utf-8"))
_KIT = [{"__typename": "Kit", "id": "k"}]


def _of_parts(names: Any, prices: Any) -> list[Ask]:
    return [
        Ask("names", "query { parts { name } }", {"data": {"parts": names}}),
        Ask("prices", "query { parts { price } }", {"data": {"parts": prices}}),
    ]


CASES = [
    Case(
        "lists of one length are put together",
        "{ parts { name price } }",
        _of_parts([{"name": "a"}, {"name": "b"}], [{"price": 1}, {"price": 2}]),
        {"parts": [{"name": "a", "price": 1}, {"name": "b", "price": 2}]},
    ),
    Case(
        "of a longer list nothing is taken",
        "{ parts { name price } }",
        _of_parts([{"name": "a"}], [{"price": 1}, {"price": 2}]),
        {"parts": [{"name": "a", "price": None}]},
        [(["parts"], "SUBGRAPHS_DISAGREE")],
    ),
    Case(
        "nor of a shorter one",
        "{ all: parts { name cost: price } }",
        [
            Ask("names", "query { all: parts { name } }", {"data": {"all": [{"name": "a"}, {"name": "b"}]}}),
            Ask("prices", "query { all: parts { cost: price } }", {"data": {"all": []}}),
        ],
        {"all": [{"name": "a", "cost": None}, {"name": "b", "cost": None}]},
        [(["all"], "SUBGRAPHS_DISAGREE")],
    ),
    Case(
        "nor of what is no list",
        "{ parts { name price } }",
        _of_parts([{"name": "a"}], 7),
        {"parts": [{"name": "a", "price": None}]},
        [(["parts"], "SUBGRAPHS_DISAGREE")],
    ),
    Case(
        "nor of what is no object",
        "{ parts { name price } }",
        _of_parts([{"name": "a"}, {"name": "b"}], [{"price": 1}, "text"]),
        {"parts": [{"name": "a", "price": 1}, {"name": "b", "price": None}]},
        [(["parts", 1], "SUBGRAPHS_DISAGREE")],
    ),
    Case(
        "a nested list is left out by itself",
        "{ grid { name price } }",
        [
            Ask("names", "query { grid { name } }", {"data": {"grid": [[{"name": "a"}], [{"name": "b"}]]}}),
            Ask("prices", "query { grid { price } }", {"data": {"grid": [[{"price": 1}], []]}}),
        ],
        {"grid": [[{"name": "a", "price": 1}], [{"name": "b", "price": None}]]},
        [(["grid", 1], "SUBGRAPHS_DISAGREE")],
    ),
    Case(
        "an object of another type is another object",
        "{ any { ... on Bolt { length width } ... on Nut { width } } }",
        [
            Ask(
                "names",
                "query { any { __typename ... on Bolt { length } } }",
                {"data": {"any": {"__typename": "Bolt", "length": 5}}},
            ),
            Ask(
                "prices",
                "query { any { __typename ... on Bolt { width } ... on Nut { width } } }",
                {"data": {"any": {"__typename": "Nut", "width": 9}}},
            ),
        ],
        {"any": {"length": 5, "width": None}},
        [(["any"], "SUBGRAPHS_DISAGREE")],
    ),
    Case(
        "the list of an entity is left out at the entity",
        "{ kit { parts { name price } } }",
        [
            Ask(
                "names",
                "query { kit { parts { name } id } }",
                {"data": {"kit": {"id": "k", "parts": [{"name": "a"}]}}},
            ),
            Ask(
                "prices",
                "query($representations: [_Any!]!) { _entities(representations: $representations) "
                "{ ... on Kit { parts { price } } } }",
                {"data": {"_entities": [{"parts": [{"price": 1}, {"price": 2}]}]}},
                {"representations": _KIT},
            ),
        ],
        {"kit": {"parts": [{"name": "a", "price": None}]}},
        [(["kit", "parts"], "SUBGRAPHS_DISAGREE")],
    ),
]


@pytest.mark.parametrize(**named(CASES))
async def test_positions(case: Case) -> None:
    await case.check(POSITIONS)
