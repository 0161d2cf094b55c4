"""Unions and interfaces whose members are spread over subgraphs, below shared fields, root fields and entity hops."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_A = (
    LINK
    + """
type Query { rootA: Box shared: Box @shareable node(id: ID!): Node items: [Item!]! @shareable }
type Box @key(fields: "id") { id: ID! inner: Inner @shareable first: Action }
type Inner @shareable { actions: [Action!]! }
union Action = Common | OnlyA
type Common @shareable { label: String }
type OnlyA @key(fields: "id") { id: ID! a: String peer: Item }
interface Node { id: ID! }
interface Item { id: ID! }
type Toast implements Item & Node @key(fields: "id") { id: ID! crisp: Boolean }
type Bread implements Item & Node @key(fields: "id") { id: ID! grain: String @shareable }
"""
)
_B = (
    LINK
    + """
type Query { rootB: Box shared: Box @shareable items: [Item!]! @shareable baked: [Baked] }
type Box @key(fields: "id") { id: ID! inner: Inner @shareable innerB: InnerB }
type Inner @shareable { actions: [Action!]! }
type InnerB { actions: [Action!]! }
union Action = Common | OnlyB
type Common @shareable { label: String }
type OnlyB { b: String }
interface Item { id: ID! weight: Int }
type Toast implements Item @key(fields: "id") { id: ID! weight: Int }
type Bread implements Item @key(fields: "id") { id: ID! weight: Int grain: String @shareable oven: Oven }
union Baked = Toast | Bread | Oven
type Oven @key(fields: "serial", resolvable: false) { serial: ID! }
type OnlyA @key(fields: "id") { id: ID! extra: Int }
"""
)
_C = (
    LINK
    + """
type Query { ovens: [Oven] }
type Oven @key(fields: "serial") { serial: ID! heat: Int best: Best }
union Best = Toast | Bread
type Toast @key(fields: "id") { id: ID! price: Int }
type Bread @key(fields: "id") { id: ID! price: Int! }
"""
)


def _world() -> World:
    common = {"__typename": "Common", "label": "c"}
    only_b = {"__typename": "OnlyB", "b": "b"}
    ovens: list[dict[str, Any]] = [{"__typename": "Oven", "serial": f"v{n}", "heat": 200 + n} for n in range(2)]
    items: list[dict[str, Any]] = [
        {"__typename": ("Toast", "Bread")[n % 2], "id": f"i{n}", "crisp": n > 1, "grain": f"g{n}", "weight": n or None}
        for n in range(4)
    ]
    for n, one in enumerate(items):
        one |= {"price": n, "oven": ovens[n % 2]}
    ovens[0]["best"], ovens[1]["best"] = items[2], None
    only_a = {"__typename": "OnlyA", "id": "a", "a": "A", "extra": 4, "peer": items[3]}
    box = {
        "__typename": "Box",
        "id": "x",
        "first": only_a,
        "inner": {"__typename": "Inner", "actions": [common, common]},
        "innerB": {"__typename": "InnerB", "actions": [common, only_b]},
    }
    root = {
        "__typename": "Query",
        "rootA": box,
        "rootB": box,
        "shared": box,
        "items": items,
        "baked": [items[0], ovens[1], None, items[1]],
        "ovens": [*ovens, None],
        "node": lambda _view, id: next((one for one in items if one["id"] == id), None),  # noqa: A006
    }
    return World(root, [box, *items, *ovens, only_a])


FEATURE = Feature(
    "unions",
    {"a": _A, "b": _B, "c": _C},
    _world(),
    (
        "{ rootA { inner { actions { __typename ... on Common { label } ... on OnlyA { a } ... on OnlyB { b } } } } }",
        "{ rootA { innerB { actions { __typename ... on OnlyA { a } ... on OnlyB { b } } } } }",
        "{ shared { inner { actions { ... on OnlyB { b } __typename } } first { ... on OnlyA { a extra } } } }",
        "{ items { id weight ... on Bread { grain oven { heat } } ... on Toast { crisp price } } }",
        "{ baked { ... on Toast { price crisp } ... on Bread { p: price } ... on Oven { heat best { __typename } } } }",
        '{ node(id: "i1") { __typename ... on Item { weight } ... on Bread { price } } }',
        "{ ovens { best { ... on Toast { weight } ... on Bread { grain } } } }",
        "{ rootB { first { ... on OnlyA { peer { weight ... on Bread { oven { best { __typename } } } } } } } }",
    ),
    {"id": ['"i1"', '"i2"', '"zz"']},
)
