"""Subgraphs that cost the same for one field, but not for what is selected beside it."""

from typing import Any

from tests.unit.federation.differential.feature import LINK, Feature
from tests.unit.federation.differential.world import World

_BARE = (
    LINK
    + """
type Query { shelf: [Item] @shareable atlas: Chart @shareable }
union Item = Novel | Chart
type Novel @key(fields: "id") { id: ID! }
type Chart @key(fields: "id") { id: ID! }
"""
)
_TITLED = (
    LINK
    + """
type Query {
  shelf: [Item] @shareable @provides(fields: "... on Novel { title }")
  atlas: Chart @shareable @provides(fields: "scale")
}
union Item = Novel | Chart
type Novel @key(fields: "id") { id: ID! title: String @external }
type Chart @key(fields: "id") { id: ID! scale: Int @external }
"""
)
_OWNER = (
    LINK
    + """
type Novel @key(fields: "id") { id: ID! title: String @shareable pages: Int }
type Chart @key(fields: "id") { id: ID! scale: Int @shareable title: String }
"""
)


def _world() -> World:
    novels: list[dict[str, Any]] = [
        {"__typename": "Novel", "id": f"n{n}", "title": f"N{n}", "pages": n} for n in range(2)
    ]
    charts: list[dict[str, Any]] = [
        {"__typename": "Chart", "id": f"c{n}", "title": f"C{n}", "scale": n} for n in range(2)
    ]
    root = {"__typename": "Query", "shelf": [*novels, None, *charts], "atlas": charts[1]}
    return World(root, [*novels, *charts])


FEATURE = Feature(
    "ties",
    {"bare": _BARE, "titled": _TITLED, "owner": _OWNER},
    _world(),
    (
        "{ shelf { ... on Novel { id title } ... on Chart { id } } }",
        "{ shelf { ... on Novel { id title } ... on Chart { id t: title } } }",
        "{ atlas { id scale } }",
        "{ atlas { id title scale } shelf { __typename } }",
    ),
)
