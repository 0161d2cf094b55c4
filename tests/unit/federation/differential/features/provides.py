"""`@provides` nested, on interfaces and on unions; `@override` with `@requires`; required interfaces."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_A = (
    LINK
    + """
type Query {
  media: Media @provides(fields: "animals { id name }") @shareable
  zoo: [Animal!]! @provides(fields: "... on Dog { name } ... on Cat { age }") @shareable
  tree: Category @provides(fields: "sub { sub { title } }")
  loan: Media @shareable
}
interface Media { id: ID! animals: [Animal] }
interface Animal { id: ID! name: String }
type Book implements Media @key(fields: "id") @shareable { id: ID! animals: [Animal] title: String }
type Dog implements Animal @key(fields: "id") { id: ID! @external name: String @external }
type Cat implements Animal @key(fields: "id") { id: ID! @external name: String @external age: Int @external }
type Category @key(fields: "id") { id: ID! sub: [Category!] @shareable title: String @external }
type Mail @key(fields: "id") { id: ID! size: Int! @override(from: "c") stamp: Int @override(from: "b") }
"""
)
_B = (
    LINK
    + """
type Query {
  media: Media @shareable
  zoo: [Animal!]! @shareable
  mail: [Mail!]!
  loan: Media @shareable
}
interface Media { id: ID! animals: [Animal] }
interface Animal { id: ID! name: String }
type Book implements Media @key(fields: "id") @shareable { id: ID! animals: [Animal] title: String }
type Dog implements Animal @key(fields: "id") { id: ID! @shareable name: String @shareable age: Int }
type Cat implements Animal @key(fields: "id") { id: ID! @shareable name: String @shareable age: Int @shareable }
type Category @key(fields: "id") { id: ID! sub: [Category!] @shareable title: String @shareable depth: Int! }
type Mail @key(fields: "id") { id: ID! size: Int! @external stamp: Int cost: Int @requires(fields: "size") home: Home! }
interface Home { street: String }
type Flat implements Home @shareable { street: String floor: Int }
type House implements Home @key(fields: "number") @shareable { street: String number: Int! }
"""
)
_C = (
    LINK
    + """
type Query { letters: [Mail] loan: Media @shareable @provides(fields: "animals { id name }") }
interface Media { id: ID! animals: [Animal] }
interface Animal { id: ID! name: String }
type Book implements Media @key(fields: "id") { id: ID! @shareable animals: [Animal] @shareable }
type Dog implements Animal @key(fields: "id") { id: ID! @external name: String @external }
type Cat implements Animal @key(fields: "id") { id: ID! @external name: String @external }
type Mail @key(fields: "id") {
  id: ID! size: Int! home: Home! @external
  route: String @requires(fields: "home { street ... on Flat { floor } ... on House { number } }")
  stamp: Int @external price: Int @requires(fields: "stamp")
}
interface Home { street: String }
type Flat implements Home @shareable { street: String floor: Int }
type House implements Home @key(fields: "number") @shareable { street: String number: Int! garden: Int }
"""
)


def _route(view: Any) -> str:
    home = view["home"]
    return f"{home['street']} {home['floor'] if home.typename == 'Flat' else home['number']}"


def _world() -> World:
    dog: dict[str, Any] = {"__typename": "Dog", "id": "d", "name": "D", "age": 2}
    cat: dict[str, Any] = {"__typename": "Cat", "id": "c", "name": None, "age": 3}
    book: dict[str, Any] = {"__typename": "Book", "id": "b", "animals": [dog, None, cat], "title": "T"}
    categories: list[dict[str, Any]] = [
        {"__typename": "Category", "id": f"k{n}", "title": f"K{n}", "depth": n, "sub": None} for n in range(4)
    ]
    categories[0]["sub"] = categories[1:3]
    categories[1]["sub"] = categories[3:]
    homes: list[dict[str, Any]] = [
        {"__typename": "Flat", "street": "S", "floor": 1},
        {"__typename": "House", "street": None, "number": 7, "garden": 1},
    ]
    mails: list[dict[str, Any]] = [
        {"__typename": "Mail", "id": f"m{n}", "size": n, "stamp": n or None, "home": homes[n % 2]} for n in range(3)
    ]
    for one in mails:
        one |= {"cost": lambda v: v["size"] * 2, "route": _route, "price": lambda v: (v["stamp"] or 0) + 1}
    root = {
        "__typename": "Query",
        "media": book,
        "loan": book,
        "zoo": [dog, cat],
        "tree": categories[0],
        "mail": mails,
        "letters": [None, *mails],
    }
    return World(root, [dog, cat, book, *categories, *mails, homes[1]])


FEATURE = Feature(
    "provides",
    {"a": _A, "b": _B, "c": _C},
    _world(),
    (
        "{ media { animals { id name } } }",
        "{ loan { id animals { id name } } }",
        "{ media { animals { name ... on Dog { age } ... on Cat { age } } ... on Book { title } } }",
        "{ zoo { ... on Dog { name age } ... on Cat { name age } } }",
        "{ tree { sub { sub { title depth } } } }",
        "{ tree { title sub { title sub { title sub { title } } } } }",
        "{ mail { cost size stamp price } }",
        "{ letters { route home { street ... on House { garden } } cost } }",
    ),
)
