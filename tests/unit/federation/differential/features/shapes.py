"""One field, another shape in each subgraph: nullability, covariant types, enums and inputs in part, partial unions."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_A = (
    LINK
    + """
type Query { users: [User] any: [Any!]! find(by: By, order: [Order!]): User @shareable things: [Thing] boss: Boss }
union Any = User | Admin
type User @key(fields: "id") { id: ID name: String @shareable kind: Kind similar: [Any] }
type Admin { id: ID! name: String @shareable photo: Photo tagged: String }
type Photo { url: String @shareable size: Size @shareable }
type Size @shareable { w: Int h: Int! }
enum Kind { ONE TWO }
enum Order { UP DOWN }
input By { name: String first: Int = 1 }
interface Thing @key(fields: "id") { id: ID! }
type Rock implements Thing @key(fields: "id") { id: ID! mass: Int }
type Tree implements Thing @key(fields: "id") { id: ID! height: Int! }
type Boss @key(fields: "id") { id: ID! pet: Pet @shareable }
union Pet = Cat
type Cat @key(fields: "id") { id: ID! meow: String }
"""
)
_B = (
    LINK
    + """
type Query { find(by: By, order: [Order!]): User @shareable accounts: [Account!]! }
union Account = User | Owner
type User @key(fields: "id") { id: ID! name: String @shareable age: Int! kinds: [Other!] photo: Picture! }
type Owner { id: ID name: String! photo: Photo tagged: [String!] size: Size @shareable }
type Picture { url: Int }
type Photo @shareable { url: String size: Size }
type Size @shareable { w: Int h: Int! }
enum Other { X Y }
enum Order { UP DOWN LEFT }
input By { name: String second: Int }
type Rock @key(fields: "id") { id: ID! colour: String }
type Tree @key(fields: "id") { id: ID! colour: String! leaves: [String]! }
type Boss @key(fields: "id") { id: ID! pet: Pet @shareable }
union Pet = Cat | Dog
type Cat @key(fields: "id") { id: ID! age: Int }
type Dog @key(fields: "id") { id: ID! bark: String }
"""
)


def _world() -> World:
    size = {"__typename": "Size", "w": None, "h": 2}
    photo = {"__typename": "Photo", "url": "u", "size": size}
    picture = {"__typename": "Picture", "url": 5}
    users: list[dict[str, Any]] = [
        {"__typename": "User", "id": f"u{n}", "name": f"N{n}", "kind": ("ONE", "TWO")[n], "age": n, "photo": picture}
        for n in range(2)
    ]
    admin = {"__typename": "Admin", "id": "a", "name": None, "photo": photo, "tagged": "t"}
    owner = {"__typename": "Owner", "id": "o", "name": "O", "photo": photo, "tagged": ["x"], "size": size}
    for n, one in enumerate(users):
        one |= {"kinds": ["X", "Y"][n:], "similar": [users[1 - n], admin, None]}
    rock = {"__typename": "Rock", "id": "r", "mass": 4, "colour": None}
    tree = {"__typename": "Tree", "id": "t", "height": 9, "colour": "green", "leaves": ["l", None]}
    cat = {"__typename": "Cat", "id": "c", "meow": "m", "age": 3}
    boss = {"__typename": "Boss", "id": "b", "pet": cat}
    root = {
        "__typename": "Query",
        "users": [*users, None],
        "any": [users[0], admin],
        "find": lambda _view, by=None, order=None: users[len(order or [])] if by else users[0],
        "things": [rock, tree, None],
        "accounts": [users[1], owner],
        "boss": boss,
    }
    return World(root, [*users, rock, tree, cat, boss])


FEATURE = Feature(
    "shapes",
    {"a": _A, "b": _B},
    _world(),
    (
        "{ any { ... on User { name shot: photo { url } } ... on Admin { id name photo { url } } } }",
        "{ accounts { ... on User { id kind t: name } ... on Owner { oid: id tagged photo { size { h } } } } }",
        "{ users { id name similar { ... on User { age kinds } ... on Admin { tagged } } } }",
        '{ find(by: {name: "x"}, order: [UP]) { name age kind } }',
        "{ things { id ... on Rock { mass colour } ... on Tree { height leaves shade: colour } } }",
        "{ boss { pet { ... on Cat { meow age } __typename } } }",
    ),
    {"by": ['{name: "x"}', "null"], "order": ["[UP]", "[]"]},
)
