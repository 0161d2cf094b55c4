"""`@interfaceObject`: fields added to an interface by a subgraph that does not know the objects behind it."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_PEOPLE = (
    LINK
    + """
type Query { people: [Account!]! admin: Admin account(id: ID!): Account }
interface Account @key(fields: "id") { id: ID! name: String! }
type Admin implements Account @key(fields: "id") { id: ID! name: String! level: Int active: Boolean @shareable }
type Guest implements Account @key(fields: "id") { id: ID! name: String! until: String active: Boolean @shareable }
"""
)
_POSTS = (
    LINK
    + """
type Query { posts: [Post!]! writers: [Account] }
type Post { text: String! by: Account }
type Account @key(fields: "id") @interfaceObject {
  id: ID! posts: [Post!]! name: String! @external byline: String @requires(fields: "name") rank: Int
  active: Boolean @shareable
}
"""
)
_STATS = (
    LINK
    + """
type Query { busiest: Account }
type Account @key(fields: "id") @interfaceObject { id: ID! visits: Int! friend: Account }
"""
)


def _world() -> World:
    people: list[dict[str, Any]] = [
        {"__typename": ("Admin", "Guest")[n % 2], "__implements": ("Account",), "id": f"u{n}", "name": f"N{n}"}
        for n in range(4)
    ]
    for n, one in enumerate(people):
        one |= {
            "level": n,
            "until": f"day {n}",
            "rank": n or None,
            "visits": n * 2,
            "active": n > 1,
            "friend": people[n - 1] if n else None,
        }
        one["byline"] = lambda view: f"by {view['name']}"
    posts = [{"__typename": "Post", "text": f"t{n}", "by": people[n] if n < 4 else None} for n in range(5)]
    for one in people:
        one["posts"] = [post for post in posts if post["by"] is one]
    root = {
        "__typename": "Query",
        "people": people,
        "admin": people[2],
        "account": lambda _view, id: next((one for one in people if one["id"] == id), None),  # noqa: A006
        "posts": posts,
        "writers": [people[1], None, people[0]],
        "busiest": people[3],
    }
    return World(root, people)


FEATURE = Feature(
    "interface_object",
    {"people": _PEOPLE, "posts": _POSTS, "stats": _STATS},
    _world(),
    (
        "{ people { id posts { text } } }",
        "{ posts { by { id rank } } }",
        "{ posts { by { __typename name visits } } }",
        "{ posts { by { ... on Admin { level byline } ... on Guest { until } visits } } }",
        "{ busiest { friend { byline friend { name __typename } } } }",
        "{ admin { byline posts { by { name } } visits } }",
        '{ account(id: "u1") { byline rank ... on Guest { visits } } }',
        "{ writers { id } }",
        "{ writers { id active } }",
        "{ writers { id ... on Admin { active } } }",
        "{ posts { by { active rank ... on Guest { active until } } } }",
    ),
    {"id": ['"u1"', '"zz"']},
)
