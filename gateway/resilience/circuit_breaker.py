"""Circuit breaker: calls to a subgraph that keeps failing are refused for a while, then one call probes it."""

import time
from collections import deque
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
    """The states of a breaker; TRYING is what the literature calls half-open."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    TRYING = "TRYING"


class Breaker:
    """The breaker of one subgraph: pure, the clock is an argument.

    Args:
        settings: When it opens, and for how long.
    """

    def __init__(self, settings: CallSettings) -> None:
        self._settings = settings
        self._latest: deque[bool] = deque(maxlen=settings.breaker_calls)
        self._failures = 0
        self._until = 0.0
        self.state = State.CLOSED

    def admits(self, now: float) -> bool:
        """Whether a call may be sent; once an open breaker's time is over, one call may, as the probe."""
        if self.state is State.OPEN and now >= self._until:
            self.state = State.TRYING
            return True
        return self.state is State.CLOSED

    @property
    def probing(self) -> bool:
        """Whether the call that was admitted last is the probe."""
        return self.state is State.TRYING

    def tell(self, now: float, *, succeeded: bool | None, probe: bool) -> None:
        """Record the outcome of an admitted call.

        Args:
            now: The time in seconds, of the same clock as in `admits`.
            succeeded: None if the outcome says nothing about the subgraph; for a probe that counts as failure.
            probe: Whether the call was the probe; a call admitted before the breaker opened no longer counts.
        """
        if probe:
            self._latest.clear()
            self._failures = 0
            self._settle(now, failing=not succeeded)
        elif self.state is State.CLOSED and succeeded is not None:
            latest = self._latest
            if len(latest) == latest.maxlen and not latest[0]:
                self._failures -= 1
            latest.append(succeeded)
            self._failures += not succeeded
            enough = len(latest) >= self._settings.breaker_least
            self._settle(now, failing=enough and self._failures >= self._settings.breaker_share * len(latest))

    def _settle(self, now: float, *, failing: bool) -> None:
        self.state = State.OPEN if failing else State.CLOSED
        if failing:
            self._until = now + self._settings.breaker_seconds


class CircuitBreaker:
    """A transport that sends no calls to a subgraph that keeps failing.

    Args:
        transport: Sends the calls.
        settings: When breakers open, and for how long.
        now: The clock, in seconds.
    """

    def __init__(self, transport: Transport, settings: CallSettings, now: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._now = now
        self._settings = settings
        self._breakers: dict[str, Breaker] = {}

    async def send(self, call: Call, context: Any) -> bytes:
        """Send the call, unless the subgraph's breaker is open.

        Raises:
            TransportError: `SUBGRAPH_UNREACHABLE` at once while the breaker is open; or the transport's own.
        """
        breaker = self._breakers.get(call.subgraph) or self._closed(call.subgraph)
        before = breaker.state
        if not breaker.admits(self._now()):
            raise TransportError(call.subgraph, UNREACHABLE, sent=False)
        probe = breaker.probing
        succeeded: bool | None = None  # stays so if the call is cancelled
        try:
            reply = await self._transport.send(call, context)
            succeeded = True
        except TransportError as error:
            succeeded = None if error.code == OVERLOADED else False  # our full queue is no failure of the subgraph
            raise
        finally:
            breaker.tell(self._now(), succeeded=succeeded, probe=probe)
            if breaker.state is not before:
                OPEN.labels(call.subgraph).set(breaker.state is not State.CLOSED)
        return reply

    def _closed(self, subgraph: str) -> Breaker:
        OPEN.labels(subgraph).set(0)
        breaker = self._breakers[subgraph] = Breaker(self._settings)
        return breaker
