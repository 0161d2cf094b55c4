"""Keys: chains of them, lists in them, null ones, nested entities in them, unresolvable ones, circular `@requires`."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_A = (
    LINK
    + """
type Query { carts: [Cart!]! parts: [Part]! loop: Loop pairs: [Pair!]! }
type Cart @key(fields: "items { sku owner { tag } }") { items: [Item!]! note: String }
type Item @shareable { sku: ID! owner: Owner }
type Owner @shareable { tag: String! }
type Part @key(fields: "a") { a: ID! heavy: Boolean }
type Loop @key(fields: "id") { id: ID! x: Int y: Int @external z: Int @requires(fields: "y") w: Int @external
  v: Int @requires(fields: "w") }
type Pair @key(fields: "left right") { left: ID! right: ID friend: Pair }
"""
)
_B = (
    LINK
    + """
type Query { special: Part }
type Cart @key(fields: "items { sku owner { tag } }") { items: [Item!]! total: Int! }
type Item @shareable { sku: ID! owner: Owner }
type Owner @shareable { tag: String! }
type Part @key(fields: "a") @key(fields: "b") { a: ID! b: ID! }
type Loop @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") z: Int @external
  w: Int @requires(fields: "z") }
type Pair @key(fields: "left right") { left: ID! right: ID score: Int }
"""
)
_C = (
    LINK
    + """
type Query { cParts: [Part!] }
type Part @key(fields: "b") @key(fields: "c { d }") { b: ID! c: Inner }
type Inner @key(fields: "d") { d: ID! size: Int }
type Loop @key(fields: "id", resolvable: false) { id: ID! }
"""
)
_D = (
    LINK
    + """
type Query { inners: [Inner!]! loops: [Loop] }
type Part @key(fields: "c { d }") { c: Inner deep: String origin: Part }
type Inner @key(fields: "d") { d: ID! colour: String part: Part }
type Loop @key(fields: "id") { id: ID! v: Int @external u: Int @requires(fields: "v") me: Loop }
"""
)


def _world() -> World:
    owners = [{"__typename": "Owner", "tag": "t0"}, {"__typename": "Owner", "tag": "t1"}]
    items = [{"__typename": "Item", "sku": f"s{n}", "owner": owners[n % 2]} for n in range(3)]
    carts: list[dict[str, Any]] = [
        {"__typename": "Cart", "items": items[:n], "note": f"n{n}", "total": n} for n in range(1, 4)
    ]
    inners: list[dict[str, Any]] = [
        {"__typename": "Inner", "d": f"d{n}", "size": n, "colour": f"c{n}" if n else None} for n in range(3)
    ]
    parts: list[dict[str, Any]] = [
        {"__typename": "Part", "a": f"a{n}", "b": f"b{n}", "c": inners[n], "heavy": n == 1, "deep": f"deep {n}"}
        for n in range(3)
    ]
    for n, one in enumerate(parts):
        one["origin"] = parts[n - 1] if n else None
        inners[n]["part"] = one
    loop: dict[str, Any] = {"__typename": "Loop", "id": "l", "x": 1}
    loop |= {"y": lambda v: v["x"] + 1, "z": lambda v: v["y"] + 1, "w": lambda v: v["z"] + 1, "v": lambda v: v["w"] + 1}
    loop |= {"u": lambda v: v["v"] + 1, "me": loop}
    pairs: list[dict[str, Any]] = [
        {"__typename": "Pair", "left": f"{n}", "right": "r" if n else None, "score": n} for n in range(3)
    ]
    for n, one in enumerate(pairs):
        one["friend"] = pairs[n - 1]
    root = {
        "__typename": "Query",
        "carts": carts,
        "parts": [parts[0], None, parts[2]],
        "loop": loop,
        "loops": [loop, None, loop],
        "pairs": pairs,
        "special": parts[1],
        "cParts": parts[:2],
        "inners": inners,
    }
    return World(root, [*carts, *inners, *parts, loop, *pairs])


FEATURE = Feature(
    "keys",
    {"a": _A, "b": _B, "c": _C, "d": _D},
    _world(),
    (
        "{ carts { note total } }",
        "{ carts { total items { owner { tag } } } }",
        "{ parts { deep heavy } }",
        "{ cParts { heavy c { size colour part { heavy } } } }",
        "{ inners { part { a b heavy deep origin { heavy } } size } }",
        "{ loop { z } }",
        "{ loop { u v w x y z } }",
        "{ loops { u me { u me { z } } } }",
        "{ pairs { score friend { score } } }",
    ),
)
