"""Random supergraphs, random queries: the gateway answers as one schema does."""

from random import Random

import pytest

from tests.unit.federation.differential.bench import Bench
from tests.unit.federation.differential.feature import Feature
from tests.unit.federation.differential.queries import Queries
from tests.unit.federation.differential.random_graph import ARGUMENTS, Drawing

GRAPHS = 25
RANDOM_QUERIES = 8


@pytest.mark.parametrize("seed", range(GRAPHS))
async def test_any_supergraph_is_answered_as_one_schema(seed: int) -> None:
    drawing = Drawing(seed)
    subgraphs = {one: drawing.sdl(one) for one in drawing.subgraphs}
    bench = Bench(Feature(f"random {seed}", subgraphs, drawing.world()), drawing.supergraph())
    queries = Queries(bench.supergraph.schema, ARGUMENTS, Random(seed))  # noqa: S311 - a test's chance
    for _ in range(RANDOM_QUERIES):
        await bench.compare(*queries.query())
