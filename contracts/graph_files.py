"""The committed schemas of the subgraphs, printed from the services' own schema objects."""

from collections.abc import Iterator
from pathlib import Path

from services.assessment.graph.schema import schema as assessment
from services.catalog.graph.schema import schema as catalog
from services.enrollment.graph.schema import schema as enrollment

FOLDER = Path(__file__).resolve().parent / "graph"
SUPERGRAPH = FOLDER / "supergraph.graphql"
SUBGRAPHS = {"catalog": catalog, "enrollment": enrollment, "assessment": assessment}


def files() -> Iterator[tuple[Path, str]]:
    """Every subgraph's file and its text."""
    for name, schema in SUBGRAPHS.items():
        yield FOLDER / f"{name}.graphql", schema.as_str() + "\n"
