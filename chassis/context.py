"""Who and what the current request or delivery is about, carried beside the call (context variables)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from chassis.principal import Principal

REMAINING = "x-remaining-ms"
"""The header by which the gateway says how long it will wait for a subgraph, in milliseconds (notes N17)."""


@dataclass(frozen=True, slots=True)
class Act:
    """What an event says of its origin: who acted, and the trace it belongs to.

    Attributes:
        principal: Who acts; None for a timer, a consumer or an operator.
        traceparent: W3C Trace Context of the request or of the event that caused this one.
        idempotency_key: What the caller calls this request, so that a repeat takes no second effect.
        operator: Who works at a process's command line, which is no role of the graph.
    """

    principal: Principal | None = None
    traceparent: str | None = None
    idempotency_key: str | None = None
    operator: str | None = None


_NOBODY = Act()
_CURRENT: ContextVar[Act] = ContextVar("act", default=_NOBODY)


def current_act() -> Act:
    """The act that is under way in this task."""
    return _CURRENT.get()


@contextmanager
def acting(act: Act) -> Iterator[None]:
    """Make `act` the current one for the block and for the tasks started in it."""
    token = _CURRENT.set(act)
    try:
        yield
    finally:
        _CURRENT.reset(token)
