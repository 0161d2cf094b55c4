"""The plan of a query as text; no transport is needed."""

from collections.abc import Callable
from typing import Any

from gateway.federation.engine import Call, Engine
from gateway.federation.errors import TransportError
from gateway.federation.planner import format_plan
from gateway.federation.supergraph import load_supergraph


class _NoTransport:
    """Planning needs no subgraph."""

    async def send(self, call: Call, context: Any) -> bytes:
        del context
        raise TransportError(call.subgraph, sent=False)


def explain(supergraph_sdl: str, query: str, operation_name: str | None = None, *, stages: bool = False) -> str:
    """The plan of a query as a tree, for people, after what each stage made if asked for; nothing is sent."""
    told: list[str] = []

    def watch(stage: str, text: Callable[[], str]) -> None:
        if stages:
            told.append(f"# {stage}\n{text()}\n")

    engine = Engine(load_supergraph(supergraph_sdl), _NoTransport())
    plan = format_plan(engine.plan(query, operation_name, watch=watch))
    return "".join(told) + ("# plan\n" if stages else "") + plan
