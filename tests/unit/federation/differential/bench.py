"""A gateway and one schema over the same objects, in this process."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.federation.engine import Call, Engine, Request
from gateway.federation.supergraph import Supergraph, load_supergraph
from tests.unit.federation.differential.feature import Feature
from tests.unit.federation.differential.subgraph_schema import SubgraphSchema
from tests.unit.federation.differential.world import run


class Subgraphs:
    """Serves a feature's subgraphs in this process; keeps what they were asked."""

    def __init__(self, feature: Feature) -> None:
        self._world = feature.world
        self._subgraphs = {name: SubgraphSchema(name, sdl) for name, sdl in feature.subgraphs.items()}
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def send(self, call: Call, context: Any) -> bytes:
        del context
        body = orjson.loads(call.body)
        self.asked.append((call.subgraph, body))
        one = self._subgraphs[call.subgraph.lower()]
        return orjson.dumps(run(one.schema, self._world, one, body))


class Bench:
    """A gateway and a monolith over one feature."""

    def __init__(self, feature: Feature, supergraph: str | None = None) -> None:
        self.feature = feature
        self.subgraphs = Subgraphs(feature)
        self.supergraph: Supergraph = load_supergraph(supergraph or feature.supergraph)
        self.engine = Engine(self.supergraph, self.subgraphs)

    async def compare(self, query: str, variables: dict[str, Any] | None = None) -> None:
        expected = run(self.supergraph.schema, self.feature.world, None, {"query": query, "variables": variables})
        self.subgraphs.asked.clear()
        answer = (await self.engine.execute(Request(query, None, variables))).json()
        told = "\n".join(f"{name}: {body}" for name, body in self.subgraphs.asked)
        assert answer.get("data") == expected.get("data"), f"{query}\n{variables}\n{answer.get('errors')}\n{told}"
        assert _errors_agree(answer, expected), f"{query}\n{variables}\n{answer.get('errors')}\n{told}"
        assert str(answer["data"]) == str(expected["data"]), f"field order\n{query}"


def _paths(answer: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(one.get("path") or ()) for one in answer.get("errors", ())]


def _errors_agree(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    """The same errors, each once; below a null that one error made, a further one may be told or left out."""
    mine, theirs = _paths(answer), _paths(expected)
    apart = set(mine) ^ set(theirs)
    return len(mine) == len(set(mine)) and all(_went_up(expected["data"], one) for one in apart)


def _went_up(data: Any, path: tuple[Any, ...]) -> bool:
    for step in path[:-1]:
        if data is None:
            return True
        data = data[step]
    return data is None
