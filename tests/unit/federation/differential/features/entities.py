"""Entities: joins through lists, nested and several keys, a key only another subgraph can translate."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_USERS = (
    LINK
    + """
type Query { users: [User!]! user(id: ID!): User me: User }
type User @key(fields: "id") { id: ID! name: String! friends: [User!]! best: User address: Address @shareable }
type Address { city: String! @shareable }
"""
)
_PRODUCTS = (
    LINK
    + """
type Query { products(first: Int = 10): [Product!]! matrix: [[Product]] }
type Product @key(fields: "upc") @key(fields: "sku brand { code }") {
  upc: ID! sku: String! brand: Brand! price(currency: String): Int maker: User
}
type Brand @shareable { code: String! name: String }
type User @key(fields: "id", resolvable: false) { id: ID! }
"""
)
_STOCK = (
    LINK
    + """
type Query { warehouses: [Warehouse!]! }
type Warehouse { city: String! items: [Product!]! keeper: User }
type Product @key(fields: "sku brand { code }") { sku: String! brand: Brand! stock: Int! }
type Brand @shareable { code: String! }
type User @key(fields: "id") { id: ID! address: Address @shareable shifts: Int }
type Address { zip: String! @shareable }
"""
)
_REVIEWS = (
    LINK
    + """
type Query { reviews: [Review] }
type Review @key(fields: "id") { id: ID! body: String author: User product: Product }
type Product @key(fields: "upc") { upc: ID! reviews(limit: Int): [Review!] }
type User @key(fields: "id") { id: ID! reviews: [Review!] favourite: Product }
"""
)


def _world() -> World:
    users: list[Any] = [
        {"__typename": "User", "id": f"u{n}", "name": f"User {n}", "shifts": n or None} for n in range(3)
    ]
    brands = [{"__typename": "Brand", "code": code, "name": code.upper()} for code in "xy"]
    products: list[Any] = []
    for n in range(4):
        one: dict[str, Any] = {"__typename": "Product", "upc": f"p{n}", "sku": f"s{n // 2}", "brand": brands[n % 2]}
        one |= {"stock": n * 10, "maker": users[n] if n < 3 else None}
        one["price"] = lambda _view, currency="CNY", n=n: n * (7 if currency == "CNY" else 1)
        products.append(one)
    reviews: list[Any] = [
        {"__typename": "Review", "id": f"r{n}", "body": f"body {n}" if n else None, "author": users[n % 3]}
        for n in range(5)
    ]
    for n, review in enumerate(reviews):
        review["product"] = products[n % 4] if n < 4 else None
    for n, user in enumerate(users):
        user["friends"] = [one for one in users if one is not user]
        user["best"] = users[n - 1] if n else None
        user["address"] = {"__typename": "Address", "city": f"city {n}", "zip": f"zip {n}"} if n < 2 else None
        user["reviews"] = [one for one in reviews if one["author"] is user]
        user["favourite"] = products[n]
    for product in products:
        mine = [one for one in reviews if one["product"] is product]
        product["reviews"] = lambda _view, limit=None, mine=mine: mine[:limit]
    root = {
        "__typename": "Query",
        "users": users,
        "user": lambda _view, id: next((one for one in users if one["id"] == id), None),  # noqa: A006
        "me": users[0],
        "products": lambda _view, first=10: products[:first],
        "matrix": [[products[0], None], [], [products[2], products[1], products[2]], None],
        "warehouses": [
            {"__typename": "Warehouse", "city": "w1", "items": products[:3], "keeper": users[0]},
            {"__typename": "Warehouse", "city": "w2", "items": [], "keeper": None},
        ],
        "reviews": [reviews[0], None, *reviews[1:]],
    }
    return World(root, [*users, *products, *reviews])


FEATURE = Feature(
    "entities",
    {"users": _USERS, "products": _PRODUCTS, "stock": _STOCK, "reviews": _REVIEWS},
    _world(),
    (
        "{ users { name reviews { body product { upc price stock } } } }",
        "{ matrix { upc stock maker { name address { city zip } } } }",
        "{ warehouses { items { upc reviews { author { name } } } } }",
        "{ me { id: name name: id friends { a: best { name } b: best { id shifts } } } }",
        '{ me { friends { favourite { price } } again: friends { favourite { price(currency: "USD") } } } }',
        '{ me { best { favourite { price } } } b: me { best { favourite { price(currency: "USD") stock } } } }',
        '{ products { price a: price(currency: "USD") ...P } } fragment P on Product { maker { address { zip } } }',
    ),
    {"id": ['"u1"', '"none"'], "first": ["0", "3"], "currency": ['"CNY"', '"USD"'], "limit": ["1", "2"]},
)
