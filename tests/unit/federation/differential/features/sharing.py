"""Value types of several subgraphs, shared root fields, `@override`, `@inaccessible`, `@provides`, keys in a chain."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_A = (
    LINK
    + """
type Query {
  order(id: ID!): Order @shareable orders: [Order!]! @shareable config: Config @shareable
  customer: Customer
}
type Order @key(fields: "id") {
  id: ID! total: Money! @shareable status: Status! customer: Customer @provides(fields: "name contact { email }")
  secret: String @inaccessible oldNote: String
}
type Money @shareable { amount: Int! }
type Config @shareable { region: String }
enum Status { OPEN SHIPPED LOST @inaccessible }
type Customer @key(fields: "ref") { ref: ID! name: String @external contact: Contact @external level: Int }
type Contact @key(fields: "email") { email: String! }
"""
)
_B = (
    LINK
    + """
type Query {
  order(id: ID!): Order @shareable orders: [Order!]! @shareable config: Config @shareable
  hidden: Int @inaccessible
}
type Order @key(fields: "id") @key(fields: "number") {
  id: ID! number: Int! total: Money! @shareable oldNote: String @override(from: "a") lines: [Line!]
}
type Money @shareable { currency: String amount: Int! }
type Config @shareable { limit: Int }
type Line { text: String! order: Order! contact: Contact }
type Customer @key(fields: "ref") @key(fields: "number") { ref: ID! number: Int! }
type Contact @key(fields: "email") { email: String! phone: String }
"""
)
_C = (
    LINK
    + """
type Order @key(fields: "number") { number: Int! weight: Int total: Money! @shareable }
type Money @shareable { taxed: Boolean amount: Int! }
type Customer @key(fields: "number") {
  number: Int! name: String @shareable contact: Contact @shareable points: Int best: Customer orders: [Order!]
}
type Contact @key(fields: "email") { email: String! }
type Query { top: Customer }
"""
)


def _world() -> World:
    contacts = [{"__typename": "Contact", "email": f"e{n}@x", "phone": f"{n}" if n else None} for n in range(2)]
    customers: list[dict[str, Any]] = [
        {"__typename": "Customer", "ref": f"c{n}", "number": n, "name": f"C{n}", "level": n, "points": n * 10}
        for n in range(3)
    ]
    orders: list[dict[str, Any]] = [
        {"__typename": "Order", "id": f"o{n}", "number": 100 + n, "status": "OPEN" if n else "SHIPPED"}
        for n in range(4)
    ]
    for n, one in enumerate(orders):
        one["total"] = {"__typename": "Money", "amount": n, "currency": "CNY" if n else None, "taxed": n > 1}
        one |= {"customer": customers[n] if n < 3 else None, "secret": "s", "oldNote": f"note {n}", "weight": n}
        one["lines"] = (
            [{"__typename": "Line", "text": "t", "order": orders[n - 1], "contact": contacts[0]}] if n else None
        )
    for n, one in enumerate(customers):
        one |= {"contact": contacts[n] if n < 2 else None, "best": customers[n - 1] if n else None}
        one["orders"] = [order for order in orders if order["customer"] is one]
    root = {
        "__typename": "Query",
        "order": lambda _view, id: next((one for one in orders if one["id"] == id), None),  # noqa: A006
        "orders": orders,
        "config": {"__typename": "Config", "region": "cn", "limit": 5},
        "customer": customers[2],
        "top": customers[1],
    }
    return World(root, [*orders, *customers, *contacts])


FEATURE = Feature(
    "sharing",
    {"a": _A, "b": _B, "c": _C},
    _world(),
    (
        "{ config { region limit } }",
        "{ orders { total { amount currency taxed } } }",
        '{ order(id: "o1") { status oldNote weight lines { text contact { phone } order { status } } } }',
        "{ orders { customer { name contact { email phone } points } } }",
        "{ top { level best { ref level orders { status weight } } } }",
        "{ customer { name points number } }",
        "{ orders { status __typename } __typename }",
    ),
    {"id": ['"o1"', '"o9"']},
)
