"""Whatever subgraphs answer, the gateway's reply keeps the schema, and what is missing has an error."""

from random import Random
from typing import Any

import orjson
import pytest
from graphql import GraphQLResolveInfo, execute_sync, parse

from gateway.federation.engine import Call, Engine, Request, TransportError
from tests.unit.federation.differential.bench import Bench, Subgraphs
from tests.unit.federation.differential.features import FEATURES
from tests.unit.federation.differential.queries import Queries

RANDOM_QUERIES = 60
_ODD: tuple[Any, ...] = (None, 1, "x", [], {}, [None], {"a": 1}, [[{}]], {"__typename": "Nothing"})


class Chaos:
    """Subgraphs of which some do not answer and some answer nonsense."""

    def __init__(self, subgraphs: Subgraphs, random: Random) -> None:
        self._subgraphs = subgraphs
        self._random = random
        self.silent = False

    async def send(self, call: Call, context: Any) -> bytes:
        if self._random.random() < 0.15:
            self.silent = True
            raise TransportError(call.subgraph)
        reply = orjson.loads(await self._subgraphs.send(call, context))
        if self._random.random() < 0.5:
            self._spoil(reply)
        if self._random.random() < 0.2:
            reply["errors"] = self._random.choice(
                [None, "no", [None], [{"path": 1}], [{"message": 1, "path": ["x", 7]}]]
            )
        if self._random.random() < 0.1:
            return self._random.choice((b"", b"<h1>no</h1>", *map(orjson.dumps, _ODD)))
        return orjson.dumps(reply)

    def _spoil(self, value: Any) -> None:
        while True:
            keys = list(value) if isinstance(value, dict) else list(range(len(value)))
            if not keys:
                return
            key = self._random.choice(keys)
            if not isinstance(value[key], dict | list):
                value[key] = None if key != "__typename" else self._random.choice(_ODD)
                return
            if self._random.random() < 0.3:
                value[key] = self._random.choice(_ODD)
                return
            value = value[key]


def _by_response_key(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    return source[info.path.key]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda one: one.name)
async def test_nonsense_from_subgraphs_never_reaches_the_client(feature: Any) -> None:
    bench = Bench(feature)
    random = Random(feature.name)  # noqa: S311 - a test's chance
    chaos = Chaos(bench.subgraphs, random)
    engine = Engine(bench.supergraph, chaos)
    queries = Queries(bench.supergraph.schema, feature.arguments, random, typenames=True)
    for _ in range(RANDOM_QUERIES):
        query, variables = queries.query()
        answer = (await engine.execute(Request(query, None, variables))).json()
        orjson.dumps(answer)
        assert answer.get("errors") or not chaos.silent, query
        chaos.silent = False
        if answer["data"] is not None:
            again = execute_sync(
                bench.supergraph.schema,
                parse(query),
                answer["data"],
                variable_values=variables,
                field_resolver=_by_response_key,
                type_resolver=lambda source, *_: source["__typename"],
            )
            assert (again.data, again.errors) == (answer["data"], None), query
