"""`@requires`: plain, nested, chained, back into the same subgraph, with arguments, with fragments; and `@provides`."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_CATALOG = (
    LINK
    + """
type Query { products: [Product!]! boxes: [Box!]! }
type Product @key(fields: "id") {
  id: ID! price(currency: String): Int weight: Int! category: Category! shape: Shape!
  label: String @requires(fields: "estimate")
  estimate: Int @external
}
type Category @shareable { id: ID! kind: String! parent: Category }
interface Shape { area: Int! }
type Square implements Shape @shareable { area: Int! side: Int! }
type Circle implements Shape @shareable { area: Int! radius: Int! }
type Box @key(fields: "id") { id: ID! product: Product! @provides(fields: "estimate") }
"""
)
_SHIPPING = (
    LINK
    + """
type Query { parcels: [Parcel!]! }
type Parcel { product: Product! }
type Product @key(fields: "id") {
  id: ID!
  price(currency: String): Int @external
  weight: Int! @external
  category: Category! @external
  shape: Shape! @external
  estimate: Int @requires(fields: "weight price")
  dollars: Int @requires(fields: "price(currency: \\"USD\\")")
  route: String @requires(fields: "category { id parent { kind } }")
  crate: String @requires(fields: "shape { ... on Square { side } ... on Circle { radius } }")
  label: String @external
  sticker: String @requires(fields: "label")
  fragile: Boolean!
}
type Category @shareable { id: ID! kind: String! parent: Category }
interface Shape { area: Int! }
type Square implements Shape @shareable { area: Int! side: Int! }
type Circle implements Shape @shareable { area: Int! radius: Int! }
"""
)
_REPORTS = (
    LINK
    + """
type Query { reports: [Report!]! }
type Report { product: Product! }
type Product @key(fields: "id") {
  id: ID! sticker: String @external dollars: Int @external fragile: Boolean! @external
  summary: String @requires(fields: "sticker fragile")
  bill: Int @requires(fields: "dollars")
}
type Box @key(fields: "id") { id: ID! size: Int! }
"""
)


def _estimate(view: Any) -> int | None:
    price = view["price"]
    return None if price is None else int(price) + int(view["weight"])


def _route(view: Any) -> str:
    category = view["category"]
    parent = category["parent"]
    return f"{category['id']}>{parent['kind'] if parent else '-'}"


def _crate(view: Any) -> str:
    shape = view["shape"]
    return f"square {shape['side']}" if shape.typename == "Square" else f"circle {shape['radius']}"


def _world() -> World:
    parent = {"__typename": "Category", "id": "c0", "kind": "all", "parent": None}
    child = {"__typename": "Category", "id": "c1", "kind": "some", "parent": parent}
    shapes = [
        {"__typename": "Square", "area": 4, "side": 2},
        {"__typename": "Circle", "area": 3, "radius": 1},
        {"__typename": "Square", "area": 9, "side": 3},
    ]
    products = []
    for n in range(3):
        one: dict[str, Any] = {"__typename": "Product", "id": f"p{n}", "weight": n, "category": child if n else parent}
        one["price"] = lambda view, currency="CNY", n=n: _price(view, n, currency)
        one |= {"shape": shapes[n], "fragile": n == 1, "estimate": _estimate, "route": _route, "crate": _crate}
        one["label"] = lambda view: f"label {view['estimate']}"
        one["sticker"] = lambda view: f"sticker {view['label']}"
        one["summary"] = lambda view: f"{view['sticker']} {view['fragile']}"
        one["dollars"] = _dollars
        one["bill"] = lambda view: None if view["dollars"] is None else view["dollars"] * 2
        products.append(one)
    boxes = [{"__typename": "Box", "id": f"b{n}", "size": n, "product": products[n]} for n in range(3)]
    root = {
        "__typename": "Query",
        "products": products,
        "boxes": boxes,
        "parcels": [{"__typename": "Parcel", "product": one} for one in reversed(products)],
        "reports": [{"__typename": "Report", "product": one} for one in products],
    }
    return World(root, [*products, *boxes])


def _price(view: Any, n: int, currency: str) -> int | None:
    del view
    return None if n == 2 else (n + 1) * (100 if currency == "CNY" else 14)


def _dollars(view: Any) -> int | None:
    price = view.read("price", {"currency": "USD"})
    return None if price is None else int(price) + 1


FEATURE = Feature(
    "requires",
    {"catalog": _CATALOG, "shipping": _SHIPPING, "reports": _REPORTS},
    _world(),
    (
        "{ products { estimate } }",
        "{ products { label } }",
        "{ products { sticker summary } }",
        "{ products { dollars estimate price bill } }",
        "{ products { route crate } }",
        "{ parcels { product { label crate route category { parent { id } } } } }",
        "{ reports { product { summary bill shape { area ... on Square { side } } } } }",
        "{ boxes { product { estimate label sticker } size } }",
    ),
    {"currency": ['"CNY"', '"USD"']},
)
