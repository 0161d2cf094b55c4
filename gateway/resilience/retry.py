"""Retry failed queries once, within a budget, so that retries cannot overload a subgraph (notes N17)."""

import asyncio
import random
import time
from collections import defaultdict
from typing import Any

import orjson
from prometheus_client import Counter

from gateway.federation.engine import Call, Transport, TransportError
from gateway.federation.errors import UNREACHABLE
from gateway.resilience.settings import CallSettings
from kernel.refusals import UNAVAILABLE

RETRIED = Counter("guopei_gateway_calls_retried_total", "Calls that were tried again", ["subgraph"])
_PAUSE_SECONDS = 0.02
_LEAST_SECONDS = 0.1
_AWAY = UNAVAILABLE.code.encode()
_LONGEST_REFUSAL = 64 * 1024


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
        """Send the call, and once more if it is a query without an answer and both time and budget allow it.

        Raises:
            TransportError: The last failure.
        """
        budget = self._budgets[call.subgraph]
        budget.earn()

        def may_repeat() -> bool:
            return call.kind == "query" and context.deadline - time.monotonic() > _LEAST_SECONDS and budget.spend()

        try:
            reply = await self._transport.send(call, context)
        except TransportError as error:
            if not (error.sent and error.code == UNREACHABLE and may_repeat()):
                raise
        else:
            if not (_is_away(reply) and may_repeat()):
                return reply
        RETRIED.labels(call.subgraph).inc()
        await asyncio.sleep(_PAUSE_SECONDS * (0.5 + random.random()))  # noqa: S311 - jitter, not a secret
        return await self._transport.send(call, context)


def _is_away(reply: bytes) -> bool:
    """Whether a reply says nothing but that the subgraph's database is away."""
    if len(reply) > _LONGEST_REFUSAL or _AWAY not in reply:
        return False
    try:
        content = orjson.loads(reply)
        codes = {error["extensions"]["code"] for error in content["errors"]}
        return codes == {UNAVAILABLE.code} and not any((content.get("data") or {}).values())
    except (ValueError, KeyError, TypeError, AttributeError):  # the engine says what is wrong with it
        return False
