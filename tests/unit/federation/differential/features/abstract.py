"""Interfaces and unions whose members and fields differ by subgraph, clashing aliases, entity interfaces."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_LIBRARY = (
    LINK
    + """
type Query { media: [Media!]! found(kind: String): Found shelf: Shelf @shareable node(id: ID!): Node }
interface Node { id: ID! }
interface Media { id: ID! title: String creator: Creator }
type Book implements Media & Node @key(fields: "id") { id: ID! title: String creator: Creator pages: Int! isbn: Code }
type Film implements Media & Node @key(fields: "id") { id: ID! title: String @external creator: Creator minutes: Int }
union Creator = Person | Company
type Person implements Node @key(fields: "id") { id: ID! name: String! }
type Company @key(fields: "code") { code: ID! name: String }
union Found = Book | Person
type Code @shareable { value: String! }
type Shelf @shareable { top: Thing }
union Thing = Book | Film
"""
)
_SHOP = (
    LINK
    + """
type Query { offers: [Offer!]! shelf: Shelf @shareable latest: Priced }
type Offer { item: Item price: Int! note(lang: String = "en"): String }
union Item = Book | Film | Poster
interface Priced { id: ID! price: Int }
type Book implements Priced @key(fields: "id") { id: ID! price: Int reviews: [Review!]! }
type Film implements Priced @key(fields: "id") { id: ID! price: Int title: String studio: Company }
type Poster implements Priced @key(fields: "id") { id: ID! price: Int width: Int! size: Int }
type Company @key(fields: "code") { code: ID! country: String! }
type Review { stars: Int! by: Person }
type Person @key(fields: "id") { id: ID! nick: String }
type Shelf @shareable { top: Thing }
union Thing = Book | Film
"""
)


def _world() -> World:
    ann: dict[str, Any] = {"__typename": "Person", "id": "a", "name": "Ann", "nick": "an"}
    ben: dict[str, Any] = {"__typename": "Person", "id": "b", "name": "Ben", "nick": None}
    acme: dict[str, Any] = {"__typename": "Company", "code": "acme", "name": None, "country": "CN"}
    books: list[dict[str, Any]] = [
        {"__typename": "Book", "id": f"b{n}", "title": f"Book {n}", "creator": [ann, acme, None][n], "pages": n}
        for n in range(3)
    ]
    for n, book in enumerate(books):
        book["isbn"] = {"__typename": "Code", "value": f"i{n}"} if n else None
        book |= {"price": n * 5, "reviews": [{"__typename": "Review", "stars": n, "by": ben if n else None}]}
    films: list[dict[str, Any]] = [
        {"__typename": "Film", "id": f"f{n}", "title": f"Film {n}", "creator": [acme, ben][n], "minutes": 90 + n}
        for n in range(2)
    ]
    for n, film in enumerate(films):
        film |= {"price": n or None, "studio": acme if n else None}
    poster: dict[str, Any] = {"__typename": "Poster", "id": "p", "price": 3, "width": 7, "size": None}
    everything = [ann, ben, acme, *books, *films, poster]

    def note(_: Any, lang: str = "en") -> str:
        return f"note {lang}"

    offers = [
        {"__typename": "Offer", "item": item, "price": n, "note": note}
        for n, item in enumerate([books[0], films[1], poster, None, books[2]])
    ]
    found = {"book": books[1], "person": ann}
    root = {
        "__typename": "Query",
        "media": [books[0], films[0], books[1], films[1], books[2]],
        "found": lambda _view, kind=None: found.get(kind),
        "shelf": {"__typename": "Shelf", "top": films[0]},
        "node": lambda _view, id: next((one for one in everything if one.get("id") == id), None),  # noqa: A006
        "offers": offers,
        "latest": books[1],
    }
    return World(root, everything)


FEATURE = Feature(
    "abstract",
    {"library": _LIBRARY, "shop": _SHOP},
    _world(),
    (
        "{ media { id title } }",
        "{ media { id ... on Film { x: title } ... on Book { x: title } } }",
        "{ media { creator { ... on Person { k: nick } ... on Company { k: name } __typename } } }",
        "{ offers { item { ... on Priced { price } ... on Media { creator { ... on Person { name nick } } } } } }",
        "{ shelf { top { ... on Film { title minutes price } ... on Book { pages reviews { by { name } } } } } }",
        "{ latest { id price ... on Book { title } ... on Media { title } } }",
        '{ node(id: "f1") { id ... on Media { title } ... on Film { studio { country name } } } }',
        '{ found(kind: "book") { __typename ... on Node { id } ... on Priced { price } } }',
        "{ media { ...M } } fragment M on Media { ...on Node { id } ...P } fragment P on Priced { price }",
        "{ offers { item { __typename } a: item { ... on Poster { width size } ... on Film { size: minutes } } } }",
    ),
    {"kind": ['"book"', '"person"', "null"], "id": ['"b1"', '"f1"', '"a"', '"zz"'], "lang": ['"zh"', '"en"']},
)
