"""Entities extended where their interface is an object: by type, by interface, with keys of several levels."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_MEDIA = (
    LINK
    + """
type Query { media: Media medias: [Media!]! }
interface Media @key(fields: "id") @key(fields: "code owner { name }") {
  id: ID! code: Int! owner: Owner! title: String
}
type Video implements Media @key(fields: "id") @key(fields: "code owner { name }") {
  id: ID! code: Int! owner: Owner! title: String minutes: Int
}
type Text implements Media @key(fields: "id") @key(fields: "code owner { name }") {
  id: ID! code: Int! owner: Owner! title: String words: Int
}
type Owner @shareable { name: String! }
"""
)
_AUTHORS = (
    LINK
    + """
type Query { author: Author }
type Author @key(fields: "id") { id: ID! name: String wrote: [Video!] }
type Video @key(fields: "id") { id: ID! author: Author words: Int }
"""
)
_LISTS = (
    LINK
    + """
type Query { list: List }
type List @key(fields: "id") { id: ID! media: [Media] top: Media! }
type Media @key(fields: "id") @interfaceObject { id: ID! likes(since: Int): Int fans: [Author!]! }
type Author @key(fields: "id", resolvable: false) { id: ID! }
"""
)
_RATES = (
    LINK
    + """
type Query { rated: [Media] }
type Media @key(fields: "code owner { name }") @interfaceObject {
  code: Int! owner: Owner! rate: Int title: String @external headline: String @requires(fields: "title")
}
type Owner @shareable { name: String! }
"""
)


def _world() -> World:
    authors: list[dict[str, Any]] = [{"__typename": "Author", "id": f"a{n}", "name": f"A{n}"} for n in range(2)]
    owners = [{"__typename": "Owner", "name": name} for name in "xy"]
    medias: list[dict[str, Any]] = [
        {"__typename": ("Video", "Text")[n % 2], "__implements": ("Media",), "id": f"m{n}", "code": n // 2, "words": n}
        for n in range(4)
    ]
    for n, one in enumerate(medias):
        one |= {"owner": owners[n % 2], "title": f"T{n}" if n else None, "minutes": n, "author": authors[n // 2]}
        one |= {"likes": lambda _view, since=0, n=n: (since or 0) + n, "fans": authors[:n], "rate": n or None}
        one["headline"] = lambda view: f"! {view['title']}"
    for n, one in enumerate(authors):
        one["wrote"] = [medias[n * 2]]
    shelf = {"__typename": "List", "id": "l", "media": [medias[0], None, medias[3]], "top": medias[1]}
    root = {
        "__typename": "Query",
        "media": medias[0],
        "medias": medias,
        "author": authors[1],
        "list": shelf,
        "rated": [medias[2], medias[1]],
    }
    return World(root, [*medias, *authors, shelf])


FEATURE = Feature(
    "extensions",
    {"media": _MEDIA, "authors": _AUTHORS, "lists": _LISTS, "rates": _RATES},
    _world(),
    (
        "{ media { id title ... on Video { minutes author { name } } ... on Text { words } } }",
        "{ author { wrote { title } } }",
        "{ list { media { id ... on Video { minutes author { wrote { likes } } } } top { __typename headline } } }",
        "{ rated { rate headline likes(since: 3) fans { name } } }",
        "{ rated { ... on Video { author { id } words } __typename } }",
        "{ author { wrote { rate headline fans { wrote { id } } } } }",
    ),
    {"since": ["1", "null"]},
)
