"""A case is data: what a client asks, what subgraphs are asked and answer, and what the client gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from gateway.federation.engine import Call, Engine, Request, TransportError
from gateway.federation.supergraph import Supergraph, load_supergraph

Answer = dict[str, Any] | Exception
SUPERGRAPHS = Path(__file__).parent / "supergraphs"


def shop() -> Supergraph:
    """The supergraph of subgraphs/shop, composed by deploy/schema/compose.mjs."""
    return load_supergraph((SUPERGRAPHS / "shop.graphql").read_text(encoding="utf-8"))


SHOP = shop()


@dataclass
class Ask:
    """One request that a subgraph must get, and its answer.

    Attributes:
        query: The expected text.
        variables: The expected variables.
        answer: What it answers; an exception is raised instead.
    """

    subgraph: str
    query: str
    answer: Answer
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass
class Case:
    """One request of a client.

    Attributes:
        asks: What subgraphs are asked; fetches that run at once may come in any order.
        data: The expected data; `...` when the reply must have none.
        errors: The expected errors as (path, code).
    """

    name: str
    query: str
    asks: list[Ask]
    data: Any
    errors: list[tuple[list[str | int] | None, str]] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    scopes: frozenset[str] | None = None

    async def check(self, supergraph: Supergraph = SHOP, **options: Any) -> dict[str, Any]:
        """Ask, and compare everything."""
        transport = Canned(list(self.asks))
        engine = Engine(supergraph, transport, **options)
        request = Request(self.query, variables=self.variables, scopes=self.scopes)
        reply = (await engine.execute(request)).json()
        assert not transport.unexpected, transport.unexpected
        assert not transport.asks, [ask.query for ask in transport.asks]
        assert reply.get("data", ...) == self.data, reply
        if isinstance(self.data, dict):
            assert list(reply["data"]) == list(self.data)
        found = [(error.get("path"), error["extensions"]["code"]) for error in reply.get("errors", ())]
        assert found == self.errors, reply
        return reply


class Canned:
    """A transport that answers as a case says and keeps what nobody expected."""

    def __init__(self, asks: list[Ask]) -> None:
        self.asks = asks
        self.unexpected: list[tuple[str, Mapping[str, Any]]] = []

    async def send(self, call: Call, context: Any) -> bytes:
        del context
        body = orjson.loads(call.body)
        for ask in self.asks:
            if (ask.subgraph, ask.query, ask.variables) == (call.subgraph, body["query"], body.get("variables", {})):
                self.asks.remove(ask)
                if isinstance(ask.answer, Exception):
                    raise ask.answer
                return orjson.dumps(ask.answer)
        self.unexpected.append((call.subgraph, body))
        raise TransportError(call.subgraph)


def named(cases: list[Case]) -> dict[str, Any]:
    """The arguments of `pytest.mark.parametrize` for cases."""
    return {"argnames": "case", "argvalues": cases, "ids": [case.name for case in cases]}
