"""Whatever is asked, the gateway answers as one schema over the same objects would."""

from random import Random

import pytest
from graphql import validate_schema

from tests.unit.federation.differential.bench import Bench
from tests.unit.federation.differential.features import FEATURES
from tests.unit.federation.differential.queries import Queries

RANDOM_QUERIES = 40


_BENCHES = {feature.name: Bench(feature) for feature in FEATURES}


@pytest.mark.parametrize(("name", "query"), [(one.name, query) for one in FEATURES for query in one.queries])
async def test_a_chosen_query_is_answered_as_by_one_schema(name: str, query: str) -> None:
    await _BENCHES[name].compare(query)


@pytest.mark.parametrize("name", list(_BENCHES))
async def test_random_queries_are_answered_as_by_one_schema(name: str) -> None:
    bench = _BENCHES[name]
    assert not validate_schema(bench.supergraph.schema)
    queries = Queries(bench.supergraph.schema, bench.feature.arguments, Random(name))  # noqa: S311 - a test's chance
    for _ in range(RANDOM_QUERIES):
        await bench.compare(*queries.query())
