"""`@override`: of required fields, on an interface's members, from a subgraph that is gone; progressive by label."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_OLD = (
    LINK
    + """
type Query { bills: [Bill!]! papers: [Paper] feed: [Bill] @override(from: "new") }
interface Paper { id: ID! stamp: String }
type Bill implements Paper @key(fields: "id") { id: ID! stamp: String amount: Int tax: Int by: Clerk }
type Receipt implements Paper @key(fields: "id") { id: ID! stamp: String paid: Int }
type Clerk @key(fields: "id") { id: ID! name: String desk: Int }
"""
)
_NEW = (
    LINK
    + """
type Query { feed: [Bill] latest: Paper }
interface Paper { id: ID! stamp: String }
type Bill implements Paper @key(fields: "id") {
  id: ID!
  stamp: String @override(from: "old")
  amount: Int @override(from: "old", label: "percent(50)")
  tax: Int @override(from: "old", label: "new-tax")
  note: String @override(from: "nobody")
  total: Int @requires(fields: "fee")
  fee: Int @external
}
type Receipt implements Paper @key(fields: "id") { id: ID! stamp: String @override(from: "old") }
type Clerk @key(fields: "id") { id: ID! desk: Int @override(from: "old", label: "percent(5)") }
"""
)
_FEES = (
    LINK
    + """
type Bill @key(fields: "id") { id: ID! fee: Int @requires(fields: "stamp") stamp: String @external }
"""
)


def _world() -> World:
    clerks: list[dict[str, Any]] = [
        {"__typename": "Clerk", "id": f"c{n}", "name": f"C{n}", "desk": n} for n in range(2)
    ]
    bills: list[dict[str, Any]] = [
        {"__typename": "Bill", "id": f"b{n}", "stamp": f"s{n}", "amount": n, "tax": n * 2, "note": f"n{n}"}
        for n in range(3)
    ]
    for n, one in enumerate(bills):
        one |= {"by": clerks[n % 2], "fee": lambda view: len(view["stamp"])}
        one["total"] = lambda view: view["fee"] + 1
    receipt = {"__typename": "Receipt", "id": "r", "stamp": None, "paid": 1}
    root = {
        "__typename": "Query",
        "bills": bills,
        "papers": [bills[0], receipt, None],
        "feed": bills[1:],
        "latest": receipt,
    }
    return World(root, [*bills, receipt, *clerks])


FEATURE = Feature(
    "override",
    {"old": _OLD, "new": _NEW, "fees": _FEES},
    _world(),
    (
        "{ bills { stamp amount tax } }",
        "{ bills { total fee by { desk name } } }",
        "{ papers { stamp ... on Receipt { paid } ... on Bill { tax } } }",
        "{ feed { amount note } latest { stamp } }",
    ),
)
