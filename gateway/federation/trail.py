"""What the engine notes of one request while it answers it, for whoever observes it."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gateway.federation.errors import TransportError
from gateway.federation.executor import Call
from gateway.federation.planner import Plan


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage on the way to an answer.

    Attributes:
        began: When it began, in `time.monotonic()` seconds.
        ended: When it ended.
        cached: Whether its result was there already.
    """

    began: float
    ended: float
    cached: bool

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a subgraph, as the engine saw it: the guards, their waits and their repeats included.

    Attributes:
        call: What was asked.
        began: When, in `time.monotonic()` seconds.
        ended: When the reply was there, or could not be had.
        reply_bytes: The size of the reply; None for none.
        code: Why there is none; None where there is one.
    """

    call: Call
    began: float
    ended: float
    reply_bytes: int | None = None
    code: str | None = None


@dataclass(slots=True)
class Trail:
    """What the engine did for one request.

    Attributes:
        kind: `query`, `mutation` or `subscription`; empty until the document is read.
        operation: The operation's name in the document; None for none.
        reading: Parsing and validating.
        planning: Planning and compiling.
        cost: What the operation may cost (`gateway.federation.cost`).
        plan: Its plan.
        calls: The calls of subgraphs, in the order of their ends; None where nobody asked for them.
    """

    kind: str = ""
    operation: str | None = None
    reading: Stage | None = None
    planning: Stage | None = None
    cost: float | None = None
    plan: Plan | None = None
    calls: list[Called] | None = None

    async def follow(self, send: Callable[[Call, Any], Awaitable[bytes]], call: Call, context: Any) -> bytes:
        """Send a call, and note it if calls are asked for.

        Raises:
            TransportError: Its own.
        """
        if self.calls is None:
            return await send(call, context)
        began = time.monotonic()
        try:
            reply = await send(call, context)
        except TransportError as error:
            self.calls.append(Called(call, began, time.monotonic(), code=error.code))
            raise
        self.calls.append(Called(call, began, time.monotonic(), len(reply)))
        return reply
