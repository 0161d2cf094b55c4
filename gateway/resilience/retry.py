"""Retry failed queries once, within a budget, so that retries cannot overload a subgraph (notes N17)."""

import asyncio
import random
import time
from collections import defaultdict
from typing import Any

from prometheus_client import Counter

from gateway.federation.engine import Call, Transport, TransportError
from gateway.federation.errors import UNREACHABLE
from gateway.resilience.settings import CallSettings

RETRIED = Counter("guopei_gateway_calls_retried_total", "Calls that were tried again", ["subgraph"])
_PAUSE_SECONDS = 0.02
_LEAST_SECONDS = 0.1


class Budget:
    """The retry budget of one subgraph: every call earns a share of one retry.

    Args:
        settings: The share, and the most retries that can be saved up.
    """

    def __init__(self, settings: CallSettings) -> None:
        self._settings = settings
        self._saved = settings.retry_burst

    def earn(self) -> None:
        """Add the share that one call earns."""
        self._saved = min(self._saved + self._settings.retry_share, self._settings.retry_burst)

    def spend(self) -> bool:
        """Take one retry from the budget; False if less than one is left."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


class Retry:
    """A transport that sends a failed query once more, after a short random pause (jitter).

    Mutations are never sent again by itself: a client repeats them under their `Idempotency-Key`.

    Args:
        transport: Sends the calls.
        settings: The budget.
    """

    def __init__(self, transport: Transport, settings: CallSettings) -> None:
        self._transport = transport
        self._budgets: defaultdict[str, Budget] = defaultdict(lambda: Budget(settings))

    async def send(self, call: Call, context: Any) -> bytes:
        """Send the call, and once more if it is a query without a reply and both time and budget allow it.

        Raises:
            TransportError: The last failure.
        """
        budget = self._budgets[call.subgraph]
        budget.earn()
        try:
            return await self._transport.send(call, context)
        except TransportError as error:
            seconds_left = context.deadline - time.monotonic()
            may_help = error.sent and error.code == UNREACHABLE and seconds_left > _LEAST_SECONDS
            if call.kind != "query" or not may_help or not budget.spend():
                raise
        RETRIED.labels(call.subgraph).inc()
        await asyncio.sleep(_PAUSE_SECONDS * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
        return await self._transport.send(call, context)
