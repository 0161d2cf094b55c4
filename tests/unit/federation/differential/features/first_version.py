"""Subgraphs of Federation 1: `extend type`, external key fields, no `@link`."""

from typing import Any

from tests.unit.federation.differential.feature import Feature
from tests.unit.federation.differential.world import World

_A = """
type Query { user: User rnd: User one: Thing }
extend type User @key(fields: "id") { id: ID! @external rid: ID }
type Thing @key(fields: "id") @key(fields: "code") { id: ID! code: String! weight: Int }
"""
_B = """
extend type Query { userById(id: ID): User @provides(fields: "name nick") providing: User @provides(fields: "name") }
type User @key(fields: "id") { id: ID! name: String nick: String }
extend type Thing @key(fields: "code") { code: String! @external weight: Int @external
  heavy: Boolean @requires(fields: "weight") of: User }
"""
_C = """
extend type Query { all: [User] }
extend type User @key(fields: "id") { id: ID! @external name: String @external
  hello: String @requires(fields: "name") }
"""


def _world() -> World:
    users: list[dict[str, Any]] = [
        {"__typename": "User", "id": f"u{n}", "rid": f"r{n}", "name": f"N{n}", "nick": None} for n in range(3)
    ]
    for one in users:
        one["hello"] = lambda view: f"hello {view['name']}"
    thing = {"__typename": "Thing", "id": "t", "code": "c", "weight": 9, "of": users[2]}
    thing["heavy"] = lambda view: view["weight"] > 5
    root = {
        "__typename": "Query",
        "user": users[0],
        "rnd": users[1],
        "one": thing,
        "userById": lambda _view, id=None: next((one for one in users if one["id"] == id), None),  # noqa: A006
        "providing": users[2],
        "all": [*users, None],
    }
    return World(root, [*users, thing])


FEATURE = Feature(
    "first_version",
    {"a": _A, "b": _B, "c": _C},
    _world(),
    (
        "{ user { rid name hello } }",
        '{ userById(id: "u1") { name hello rid } }',
        "{ providing { id name nick hello } }",
        "{ one { heavy of { rid hello } } }",
        "{ all { id hello nick } }",
    ),
    {"id": ['"u1"', "null"]},
)
