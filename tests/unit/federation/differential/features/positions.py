"""Shared values without keys, in parts of several subgraphs: put together by their positions (ADR 40)."""

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import Thing, World

_NAMES = (
    LINK
    + """
type Query { parts: [Part!] @shareable grid: [[Part]] @shareable any: Any @shareable kit: Kit }
type Kit @key(fields: "id") { id: ID! parts: [Part!] @shareable }
type Part @shareable { id: ID! name: String }
union Any = Bolt | Nut
type Bolt { id: ID! @shareable length: Int }
type Nut { id: ID! @shareable }
"""
)
_PRICES = (
    LINK
    + """
type Query { parts: [Part!] @shareable grid: [[Part]] @shareable any: Any @shareable }
type Kit @key(fields: "id") { id: ID! parts: [Part!] @shareable }
type Part @shareable { id: ID! price: Int }
union Any = Bolt | Nut
type Bolt { id: ID! @shareable width: Int }
type Nut { id: ID! @shareable width: Int }
"""
)


def _world() -> World:
    parts: list[Thing] = [{"__typename": "Part", "id": f"p{n}", "name": f"N{n}", "price": n} for n in range(3)]
    kit = {"__typename": "Kit", "id": "k", "parts": parts[1:]}
    root = {
        "__typename": "Query",
        "parts": parts,
        "grid": [parts[:1], None, [*parts[1:], None]],
        "any": {"__typename": "Bolt", "id": "b", "length": 5, "width": 2},
        "kit": kit,
    }
    return World(root, [kit])


FEATURE = Feature(
    "positions",
    {"names": _NAMES, "prices": _PRICES},
    _world(),
    (
        "{ parts { id name price } }",
        "{ grid { name price } }",
        "{ any { ... on Bolt { id length width } } }",
        "{ kit { parts { name price } } }",
    ),
)
