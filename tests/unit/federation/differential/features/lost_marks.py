"""`@external` fields of an interface object that the composer leaves unmarked: both subgraphs declare them alike."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_FLEET = (
    LINK
    + """
type Query { fleet: [Vessel!]! }
interface Vessel @key(fields: "id") { id: ID! port: String tonnage: Int }
type Ferry implements Vessel @key(fields: "id") { id: ID! port: String tonnage: Int cars: Int }
type Barge implements Vessel @key(fields: "id") { id: ID! port: String tonnage: Int }
"""
)
_HARBOUR = (
    LINK
    + """
type Vessel @key(fields: "id") @interfaceObject {
  id: ID! port: String @external tonnage: Int @external berth: String @requires(fields: "port")
}
type Query { docked: [Vessel] heaviest: Vessel @provides(fields: "tonnage") }
"""
)


def _world() -> World:
    vessels: list[dict[str, Any]] = [
        {"__typename": ("Ferry", "Barge")[n % 2], "__implements": ("Vessel",), "id": f"v{n}"} for n in range(4)
    ]
    for n, vessel in enumerate(vessels):
        vessel |= {"port": f"P{n}" if n else None, "tonnage": n * 100, "cars": n}
        vessel["berth"] = lambda view: f"berth of {view['port']}"
    root = {
        "__typename": "Query",
        "fleet": vessels,
        "docked": [vessels[2], None, vessels[0]],
        "heaviest": vessels[3],
    }
    return World(root, vessels)


FEATURE = Feature(
    "lost_marks",
    {"fleet": _FLEET, "harbour": _HARBOUR},
    _world(),
    (
        "{ docked { id port berth } }",
        "{ docked { berth } fleet { berth port } }",
        "{ docked { ... on Ferry { cars port berth } id port } }",
        "{ heaviest { tonnage } }",
        "{ heaviest { tonnage port berth __typename } }",
        "{ docked { tonnage } }",
    ),
)
