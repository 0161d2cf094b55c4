"""`@skip` and `@include` with variables: on fields, fragments, fields merged from several places, and whole fetches."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_SHOP = (
    LINK
    + """
type Query { product(id: ID!): Product products: [Product!]! thing: Thing }
type Product @key(fields: "id") { id: ID! name: String price: Int maker: Maker }
type Maker @key(fields: "id") { id: ID! name: String }
union Thing = Product | Maker
"""
)
_STOCK = (
    LINK
    + """
type Query { stocked: [Product] }
type Product @key(fields: "id") { id: ID! price: Int @external stock: Int! worth: Int @requires(fields: "price")
  shelf: Shelf }
type Shelf { row: Int product: Product }
type Maker @key(fields: "id") { id: ID! country: String flagship: Product }
"""
)


def _world() -> World:
    makers: list[dict[str, Any]] = [
        {"__typename": "Maker", "id": f"m{n}", "name": f"M{n}", "country": f"X{n}"} for n in range(2)
    ]
    products: list[dict[str, Any]] = [
        {"__typename": "Product", "id": f"p{n}", "name": f"P{n}", "price": n * 10, "stock": n, "maker": makers[n % 2]}
        for n in range(3)
    ]
    for n, one in enumerate(products):
        one["worth"] = lambda view, n=n: view["price"] * n
        one["shelf"] = {"__typename": "Shelf", "row": n, "product": products[n - 1]} if n else None
    for n, one in enumerate(makers):
        one["flagship"] = products[n]
    root = {
        "__typename": "Query",
        "products": products,
        "stocked": [products[1], None],
        "thing": makers[1],
        "product": lambda _view, id: next((one for one in products if one["id"] == id), None),  # noqa: A006
    }
    return World(root, [*products, *makers])


_HEAD = "query($a: Boolean = true, $b: Boolean = false)"
_MAKER = "fragment M on Product { maker { country flagship { stock } } }"
_SHELF = "shelf @skip(if: $a) { row product { name @skip(if: $b) worth @include(if: $b) } }"

FEATURE = Feature(
    "conditions",
    {"shop": _SHOP, "stock": _STOCK},
    _world(),
    (
        "query($a: Boolean = true) { products { name stock @include(if: $a) } }",
        f"{_HEAD} {{ products {{ name @skip(if: $a) ... @include(if: $b) {{ stock worth }} }} }}",
        f"{_HEAD} {{ products {{ maker {{ country @include(if: $a) }} ...M @include(if: $b) }} }} {_MAKER}",
        f"{_HEAD} {{ products @include(if: $b) {{ stock }} thing {{ ... on Maker {{ country @skip(if: $a) }} }} }}",
        f"{_HEAD} {{ products {{ {_SHELF} }} }}",
    ),
    {"id": ['"p1"', '"zz"']},
)
