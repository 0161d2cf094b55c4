"""A circuit breaker a subgraph: one that keeps failing is left alone, then tried with a single call."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from prometheus_client import Gauge

from gateway.federation.engine import Call, Transport, TransportError
from gateway.federation.errors import UNREACHABLE
from gateway.resilience.bulkhead import OVERLOADED
from gateway.resilience.settings import CallSettings

OPEN = Gauge("guopei_gateway_breaker_open", "1 while a subgraph is left alone", ["subgraph"])


class State(StrEnum):
    """How a breaker stands."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    TRYING = "TRYING"


class Breaker:
    """One subgraph's breaker; pure, so that a test can walk it.

    Args:
        settings: When it opens, and for how long.
    """

    def __init__(self, settings: CallSettings) -> None:
        self._settings = settings
        self._latest: deque[bool] = deque(maxlen=settings.breaker_calls)
        self._until = 0.0
        self.state = State.CLOSED

    def admits(self, now: float) -> bool:
        """Whether a call may go; of an open breaker whose time has come, one."""
        if self.state is State.OPEN and now >= self._until:
            self.state = State.TRYING
            return True
        return self.state is State.CLOSED

    @property
    def probing(self) -> bool:
        """Whether the call that was admitted just now is the one that tries."""
        return self.state is State.TRYING

    def tell(self, now: float, *, succeeded: bool | None, probe: bool) -> None:
        """What became of an admitted call.

        Args:
            now: The clock.
            succeeded: None where it says nothing about the subgraph; a probe that says nothing has not succeeded.
            probe: Whether it was the one that tries; what was admitted before the breaker opened judges no more.
        """
        if probe:
            self._latest.clear()
            self._settle(now, failing=not succeeded)
        elif self.state is State.CLOSED and succeeded is not None:
            self._latest.append(succeeded)
            failures = self._latest.count(False)
            enough = len(self._latest) >= self._settings.breaker_least
            self._settle(now, failing=enough and failures >= self._settings.breaker_share * len(self._latest))

    def _settle(self, now: float, *, failing: bool) -> None:
        self.state = State.OPEN if failing else State.CLOSED
        if failing:
            self._until = now + self._settings.breaker_seconds


class CircuitBreaker:
    """A transport that leaves failing subgraphs alone.

    Args:
        transport: What sends.
        settings: When breakers open.
        now: The clock.
    """

    def __init__(self, transport: Transport, settings: CallSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._now = now
        self._breakers: defaultdict[str, Breaker] = defaultdict(lambda: Breaker(settings))

    async def send(self, call: Call, context: Any) -> bytes:
        """Send, unless the subgraph is left alone.

        Raises:
            TransportError: `SUBGRAPH_UNREACHABLE` at once while it is; or the transport's own.
        """
        breaker = self._breakers[call.subgraph]
        if not breaker.admits(self._now()):
            raise TransportError(call.subgraph, UNREACHABLE, sent=False)
        probe = breaker.probing
        succeeded: bool | None = None  # whoever asked may go away
        try:
            reply = await self._transport.send(call, context)
            succeeded = True
        except TransportError as error:
            succeeded = None if error.code == OVERLOADED else False  # our own queue is not its failure
            raise
        finally:
            breaker.tell(self._now(), succeeded=succeeded, probe=probe)
            OPEN.labels(call.subgraph).set(breaker.state is not State.CLOSED)
        return reply
