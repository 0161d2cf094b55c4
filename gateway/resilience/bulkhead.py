"""Bulkhead: a limit of concurrent calls per subgraph, with a bounded queue; calls beyond it are refused at once."""

import asyncio
import time
from collections import defaultdict
from typing import Any

from prometheus_client import Counter, Gauge

from gateway.federation.engine import Call, Transport, TransportError
from gateway.resilience.settings import CallSettings

OVERLOADED = "SUBGRAPH_OVERLOADED"
"""Error code of a call that was refused because too many wait."""
WAITING = Gauge("guopei_gateway_calls_waiting", "Calls that wait for their turn", ["subgraph"])
REFUSED = Counter("guopei_gateway_calls_refused_total", "Calls refused because too many wait", ["subgraph"])


class _Lane:
    def __init__(self, concurrent: int) -> None:
        self.turns = asyncio.Semaphore(concurrent)
        self.waiting = 0


class Bulkhead:
    """A transport with a bounded queue for each subgraph.

    Args:
        transport: Sends the calls.
        settings: How many calls at a time, and how many may wait.
    """

    def __init__(self, transport: Transport, settings: CallSettings) -> None:
        self._transport = transport
        self._queue = settings.queue
        self._lanes: defaultdict[str, _Lane] = defaultdict(lambda: _Lane(settings.concurrent))

    async def send(self, call: Call, context: Any) -> bytes:
        """Send the call when fewer than the limit are under way.

        Raises:
            TransportError: `SUBGRAPH_OVERLOADED`: the queue is full or the deadline is over; or the transport's own.
        """
        lane = self._lanes[call.subgraph]
        if lane.turns.locked():
            await self._wait(lane, call, context)
        else:
            await lane.turns.acquire()
        try:
            return await self._transport.send(call, context)
        finally:
            lane.turns.release()

    async def _wait(self, lane: _Lane, call: Call, context: Any) -> None:
        if lane.waiting >= self._queue:
            REFUSED.labels(call.subgraph).inc()
            raise TransportError(call.subgraph, OVERLOADED)
        lane.waiting += 1
        WAITING.labels(call.subgraph).set(lane.waiting)
        try:
            async with asyncio.timeout(context.deadline - time.monotonic()):
                await lane.turns.acquire()
        except TimeoutError as error:
            raise TransportError(call.subgraph, OVERLOADED) from error
        finally:
            lane.waiting -= 1
            WAITING.labels(call.subgraph).set(lane.waiting)
