"""The plan of a query as text; no transport is needed."""

from collections.abc import Callable
from typing import Any

from gateway.federation.engine import Call, Engine
from gateway.federation.errors import TransportError
from gateway.federation.planner import format_plan
from gateway.federation.supergraph import load_supergraph


class _NoTransport:
    """A transport that sends nothing: planning needs no subgraph."""

    async def send(self, call: Call, context: Any) -> bytes:
        del context
        raise TransportError(call.subgraph, sent=False)


def explain(supergraph_sdl: str, query: str, operation_name: str | None = None, *, stages: bool = False) -> str:
    """The plan of a query as text; nothing is sent.

    Args:
        supergraph_sdl: The composed supergraph.
        query: The document.
        operation_name: Which of its operations; None if it has one.
        stages: Whether to print the result of each planning stage before the plan.
    """
    stage_texts: list[str] = []

    def watch(stage: str, text: Callable[[], str]) -> None:
        if stages:
            stage_texts.append(f"# {stage}\n{text()}\n")

    engine = Engine(load_supergraph(supergraph_sdl), _NoTransport())
    plan = format_plan(engine.plan(query, operation_name, watch=watch))
    return "".join(stage_texts) + ("# plan\n" if stages else "") + plan
