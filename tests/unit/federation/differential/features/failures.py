"""Fields that fail, and nulls where none may be: how far each goes up, and what path the client reads."""

from typing import Any

from graphql import GraphQLError

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_A = (
    LINK
    + """
type Query { shops: [Shop] strict: [Shop!] shop: Shop! nested: [[Shop!]] broken: Int fine: Int! twice: [Shop] }
type Shop @key(fields: "id") { id: ID! name: String owner: Owner! tag: String! }
type Owner @key(fields: "id") { id: ID! }
"""
)
_B = (
    LINK
    + """
type Query { b: Int }
type Shop @key(fields: "id") { id: ID! stock: Int! rating: Int rooms: [Room!]! doors: [Room] tag: String! @external
  label: String @requires(fields: "tag") }
type Room { size: Int! light: Int }
type Owner @key(fields: "id") { id: ID! age: Int! nick: String }
"""
)


def fail(_: Any) -> Any:
    raise GraphQLError("it broke", extensions={"code": "BROKEN"})


def _world() -> World:
    owners: list[dict[str, Any]] = [
        {"__typename": "Owner", "id": f"o{n}", "age": 40 if n else fail, "nick": fail} for n in range(2)
    ]
    rooms: list[dict[str, Any]] = [{"__typename": "Room", "size": n or fail, "light": fail} for n in range(2)]
    shops: list[dict[str, Any]] = [
        {"__typename": "Shop", "id": f"s{n}", "name": f"S{n}", "owner": owners[n % 2], "tag": f"t{n}"} for n in range(3)
    ]
    for n, one in enumerate(shops):
        one |= {"stock": n or fail, "rating": fail if n == 1 else n, "rooms": rooms[:n], "doors": [rooms[0], rooms[1]]}
        one["label"] = lambda view: f"label {view['tag']}"
    root = {
        "__typename": "Query",
        "shops": [*shops, shops[0]],
        "strict": shops[1:],
        "shop": shops[0],
        "nested": [[shops[1]], None, shops],
        "broken": fail,
        "fine": 1,
        "twice": [shops[1], shops[1]],
        "b": fail,
    }
    return World(root, [*shops, *owners])


FEATURE = Feature(
    "failures",
    {"a": _A, "b": _B},
    _world(),
    (
        "{ fine broken }",
        "{ fine b shops { name } }",
        "{ shops { n: name s: stock } }",
        "{ shops { name rating label } }",
        "{ twice { rating } again: twice { r: rating } }",
        "{ strict { rating owner { id } } }",
        "{ nested { name rooms { light } } }",
        "{ nested { name doors { size } } }",
        "{ x: shop { name owner { nick } } }",
        "{ shops { owner { a: age } } fine }",
        "{ strict { rooms { size } } fine }",
    ),
)
