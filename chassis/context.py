"""Who acts in the current request or delivery, carried by a context variable instead of an argument."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Self

from chassis.principal import Principal

REQUEST_ID = "x-request-id"
"""The header with a request's id: from a trusted proxy to the gateway, from there to subgraphs, and in replies."""
REMAINING = "x-remaining-ms"
"""The header with the milliseconds for which the gateway still waits for a subgraph (notes N17)."""


@dataclass(frozen=True, slots=True)
class Act:
    """The origin of what is done: who acts, in which trace, under which key; events carry it.

    Attributes:
        principal: Who acts; None for a timer, a consumer or an operator.
        traceparent: W3C Trace Context of the request, or of the event whose effect this is.
        idempotency_key: The caller's `Idempotency-Key`; a repeat under it takes no second effect.
        operator: Name of the person at a process's command line, who has no role in the graph.
        request: The request's id, where a trusted proxy gave one; None where the trace's id is the request's (ADR 73).
    """

    principal: Principal | None = None
    traceparent: str | None = None
    idempotency_key: str | None = None
    operator: str | None = None
    request: str | None = None

    def under(self, name: str) -> Self:
        """The act recorded under a name, such as that of the person in whose place an organisation's account acts."""
        return replace(self, principal=replace(self.principal, name=name)) if self.principal else self


_NOBODY = Act()
_CURRENT: ContextVar[Act] = ContextVar("act", default=_NOBODY)


def current_act() -> Act:
    """The act of the current task; by default one of nobody."""
    return _CURRENT.get()


def act_under(name: str) -> None:
    """Record what the current act does from here on under a name; the block of `acting` ends it."""
    _CURRENT.set(current_act().under(name))


@contextmanager
def acting(act: Act) -> Iterator[None]:
    """Make `act` the current one within the block, and in the tasks started there."""
    token = _CURRENT.set(act)
    try:
        yield
    finally:
        _CURRENT.reset(token)
