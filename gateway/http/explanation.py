"""How an operation was answered, in the reply's `extensions`, for whoever may know it and asks (ADR 50)."""

import time
from typing import Any

from gateway.federation.planner import format_plan
from gateway.federation.trail import Called, Stage, Trail

HEADER = "Guopei-Explain"
"""The request header that asks, by the value 1."""


def explained(trail: Trail, began: float) -> dict[str, Any]:
    """The plan, cost and times of an operation.

    Args:
        trail: What the engine noted, its calls included.
        began: When the request arrived, in `time.monotonic()` seconds.
    """
    return {
        "milliseconds": _milliseconds(time.monotonic() - began),
        "cost": trail.cost,
        "document": _stage(trail.reading),
        "planning": _stage(trail.planning),
        "plan": None if trail.plan is None else format_plan(trail.plan),
        "fetches": [_called(called, began) for called in sorted(trail.calls or (), key=lambda called: called.began)],
    }


def _stage(stage: Stage | None) -> dict[str, Any] | None:
    return None if stage is None else {"cached": stage.cached, "milliseconds": _milliseconds(stage.seconds)}


def _called(called: Called, began: float) -> dict[str, Any]:
    call = called.call
    return {
        "subgraph": call.subgraph,
        "kind": call.kind,
        "representations": call.representations,
        "startedAfter": _milliseconds(called.began - began),
        "milliseconds": _milliseconds(called.ended - called.began),
        "requestBytes": len(call.body),
        "replyBytes": called.reply_bytes,
        "code": called.code,
    }


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)
