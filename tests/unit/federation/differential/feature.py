"""A federation feature under test: subgraphs, objects, queries."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.federation.differential.world import World

SUPERGRAPHS = Path(__file__).parent.parent / "supergraphs"
LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable", "@external", '
    '"@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@requiresScopes", "@authenticated", '
    '"@tag"])\n'
)


@dataclass(frozen=True)
class Feature:
    """What one file of features says.

    Attributes:
        name: Names the composed supergraph, `supergraphs/<name>.graphql`.
        subgraphs: Name to SDL.
        world: The objects behind them.
        queries: Queries worth asking for themselves.
        arguments: Argument name to literals, for random queries.
    """

    name: str
    subgraphs: dict[str, str]
    world: World
    queries: tuple[str, ...] = ()
    arguments: dict[str, list[str]] = field(default_factory=dict)

    @property
    def supergraph(self) -> str:
        """The composed supergraph's SDL."""
        return (SUPERGRAPHS / f"{self.name}.graphql").read_text(encoding="utf-8")
