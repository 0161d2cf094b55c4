"""Object types whose fields return less than their interface's: objects, other interfaces, members of a union."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_A = (
    LINK
    + """
type Query { dummy: Dummy things: [Thing!]! pairs: [Pair] }
interface Dummy { field: Dummy n: Int }
type Only implements Dummy { field: Only n: Int x: Int }
interface Thing { id: ID! peer: Thing parts: [Thing] any: Any }
type Nut implements Thing @key(fields: "id") { id: ID! peer: Nut parts: [Nut] any: Any size: Int }
type Bolt implements Thing @key(fields: "id") { id: ID! peer: Thing parts: [Thing!]! any: Bolt length: Int }
union Any = Nut | Bolt
interface Pair { left: Thing }
type Same implements Pair { left: Nut right: Nut }
type Mixed implements Pair { left: Bolt right: Thing }
"""
)
_B = (
    LINK
    + """
type Query { stock: [Stocked!]! }
interface Stocked { id: ID! next: Stocked count: Int }
type Nut implements Stocked @key(fields: "id") { id: ID! next: Bolt count: Int }
type Bolt implements Stocked @key(fields: "id") { id: ID! next: Stocked count: Int }
"""
)


def _world() -> World:
    only: dict[str, Any] = {"__typename": "Only", "n": 3, "x": 4, "field": None}
    things: list[dict[str, Any]] = [
        {"__typename": ("Nut", "Bolt")[n % 2], "id": f"t{n}", "size": n, "length": -n or None, "count": n * 10}
        for n in range(4)
    ]
    for n, thing in enumerate(things):
        nut = n % 2 == 0
        thing["peer"] = things[(n + 2) % 4] if nut else things[n - 1]
        thing["parts"] = [things[0], None, things[2]] if nut else [things[0], things[1]]
        thing["any"] = things[3 - n] if nut else things[1]
        thing["next"] = things[3] if nut else things[n - 1]
    pairs = [
        {"__typename": "Same", "left": things[0], "right": None},
        None,
        {"__typename": "Mixed", "left": things[1], "right": things[2]},
    ]
    root = {
        "__typename": "Query",
        "dummy": only | {"field": only},
        "things": things,
        "pairs": pairs,
        "stock": things,
    }
    return World(root, things)


FEATURE = Feature(
    "covariance",
    {"a": _A, "b": _B},
    _world(),
    (
        "{ dummy { field { n } ... on Only { field { x } } } }",
        "{ dummy { ... on Only { field { x field { x } } } field { n field { n } } } }",
        "{ things { peer { id } ... on Nut { peer { size count } } ... on Bolt { peer { ... on Nut { size } } } } }",
        "{ things { any { ... on Nut { size } } ... on Bolt { any { length count } } } }",
        "{ pairs { left { id } ... on Same { left { size } right { count } } ... on Mixed { left { length } } } }",
        "{ stock { next { count } ... on Nut { next { length next { id } } } } }",
    ),
)
