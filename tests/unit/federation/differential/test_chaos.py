"""Whatever subgraphs answer, the gateway's reply keeps the schema, and what is missing has an error."""

from collections.abc import Iterator
from random import Random
from typing import Any

import orjson
import pytest
from graphql import GraphQLResolveInfo, execute_sync, parse

from gateway.federation.engine import Call, Engine, Request, TransportError
from tests.unit.federation.differential.bench import Bench, Subgraphs
from tests.unit.federation.differential.feature import Feature
from tests.unit.federation.differential.features import FEATURES
from tests.unit.federation.differential.queries import Queries
from tests.unit.federation.differential.random_graph import ARGUMENTS, Drawing
from tests.unit.federation.differential.world import run

RANDOM_QUERIES = 60
GRAPHS = 10
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


class Losing:
    """Subgraphs that lose one entity of one reply, or one part of it, which nulls the whole reply."""

    def __init__(self, subgraphs: Subgraphs, random: Random) -> None:
        self._subgraphs = subgraphs
        self._random = random
        self.lost = 0
        self.lost_in_batches = 0
        self._done = False

    def begin(self) -> None:
        """Lose something again."""
        self._done = False

    async def send(self, call: Call, context: Any) -> bytes:
        reply = orjson.loads(await self._subgraphs.send(call, context))
        data = reply.get("data") or {}
        parts = [key for key in data if key.startswith("_") and data[key]]
        if not parts or self._done or self._random.random() < 0.3:
            return orjson.dumps(reply)
        self._done, part = True, self._random.choice(parts)
        self.lost += 1
        self.lost_in_batches += len(data) > 1
        error: dict[str, Any] = {"message": "lost", "extensions": {"code": "LOST"}}
        if len(data) > 1 and self._random.random() < 0.5:
            return orjson.dumps({"data": None, "errors": [{**error, "path": [part]}]})
        index = self._random.randrange(len(data[part]))
        data[part][index] = None
        reply["errors"] = [*reply.get("errors", ()), {**error, "path": [part, index]}]
        return orjson.dumps(reply)


async def test_what_a_part_of_a_batch_loses_is_null_and_nothing_else() -> None:
    lost = lost_in_batches = 0
    for seed in range(GRAPHS):
        drawing = Drawing(seed)
        subgraphs = {name: drawing.sdl(name) for name in drawing.subgraphs}
        bench = Bench(Feature(f"losing {seed}", subgraphs, drawing.world()), drawing.supergraph())
        random = Random(seed)  # noqa: S311 - a test's chance
        losing = Losing(bench.subgraphs, random)
        engine = Engine(bench.supergraph, losing)
        queries = Queries(bench.supergraph.schema, ARGUMENTS, random)
        for _ in range(10):
            query, variables = queries.query()
            losing.begin()
            answer = (await engine.execute(Request(query, None, variables))).json()
            truth = run(bench.supergraph.schema, bench.feature.world, None, {"query": query, "variables": variables})
            told = [_fields(error.get("path") or ()) for error in answer.get("errors", ())]
            for place in _missing(answer["data"], truth["data"]):
                assert any(place[: len(path)] == path or path[: len(place)] == place for path in told), (
                    f"{place} {answer} {query}"
                )
        lost += losing.lost
        lost_in_batches += losing.lost_in_batches
    assert lost > 2 * GRAPHS
    assert lost_in_batches > GRAPHS // 2


def _meet(place: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether an error at `path` explains a null at `place`: it is at it, above it or below it."""
    return all(mine == theirs for mine, theirs in zip(place, path, strict=False))


def _fields(path: Any) -> tuple[str, ...]:
    return tuple(step for step in path if isinstance(step, str))


def _missing(answer: Any, truth: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The places, without indexes, at which the answer is null and the truth is not; nothing else may differ."""
    if answer is None and truth is not None:
        yield place
    elif isinstance(truth, dict):
        assert list(answer) == list(truth), place
        for key in truth:
            yield from _missing(answer[key], truth[key], (*place, key))
    elif isinstance(truth, list):
        assert len(answer) == len(truth), place
        for mine, theirs in zip(answer, truth, strict=True):
            yield from _missing(mine, theirs, place)
    else:
        assert answer == truth, place
