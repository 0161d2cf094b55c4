"""One more try for queries, within a budget, so that retries never become the outage (notes N17)."""

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
    """A subgraph's retries: every call earns a share of one.

    Args:
        settings: The share, and how many may be saved up.
    """

    def __init__(self, settings: CallSettings) -> None:
        self._settings = settings
        self._saved = settings.retry_burst

    def earn(self) -> None:
        """Count a call."""
        self._saved = min(self._saved + self._settings.retry_share, self._settings.retry_burst)

    def spend(self) -> bool:
        """Whether a retry may be made; it is counted."""
        if self._saved < 1:
            return False
        self._saved -= 1
        return True


class Retry:
    """A transport that sends a failed query once more, after a short, random pause.

    Mutations are never sent again: who wants that repeats the request under its `Idempotency-Key`.

    Args:
        transport: What sends.
        settings: The budget.
    """

    def __init__(self, transport: Transport, settings: CallSettings) -> None:
        self._transport = transport
        self._budgets: defaultdict[str, Budget] = defaultdict(lambda: Budget(settings))

    async def send(self, call: Call, context: Any) -> bytes:
        """Send, and once more where that may help.

        Raises:
            TransportError: The last failure.
        """
        budget = self._budgets[call.subgraph]
        budget.earn()
        try:
            return await self._transport.send(call, context)
        except TransportError as error:
            left = context.deadline - time.monotonic()
            useful = error.sent and error.code == UNREACHABLE and left > _LEAST_SECONDS
            if call.kind != "query" or not useful or not budget.spend():
                raise
        RETRIED.labels(call.subgraph).inc()
        await asyncio.sleep(_PAUSE_SECONDS * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
        return await self._transport.send(call, context)
