"""Identical queries of one principal that are under way at the same time are sent once."""

import asyncio
import time
from typing import Any

from prometheus_client import Counter

from chassis.principal import Principal
from gateway.federation.engine import Call, Transport, TransportError

SHARED = Counter("guopei_gateway_calls_shared_total", "Calls answered by an identical one under way", ["subgraph"])
_Key = tuple[str, bytes, Principal, str]


class _Abandoned(Exception):  # noqa: N818 - no error of anybody's
    """Whoever sent the call went away before its answer."""


class SingleFlight:
    """A transport that shares answers between identical queries under way; nothing is kept afterwards.

    Identical is: the same subgraph, body, principal and language, which is all that a subgraph learns of a query
    besides its trace.

    Args:
        transport: What sends.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._under_way: dict[_Key, asyncio.Future[bytes]] = {}

    async def send(self, call: Call, context: Any) -> bytes:
        """Send, or wait for who sends the same.

        Raises:
            TransportError: As the transport says.
        """
        if call.kind != "query":
            try:
                return await self._transport.send(call, context)
            finally:
                self._forget(context.principal)
        key = (call.subgraph, call.body, context.principal, context.language)
        while (known := self._under_way.get(key)) is not None:
            SHARED.labels(call.subgraph).inc()
            try:
                async with asyncio.timeout(context.deadline - time.monotonic()):
                    return await asyncio.shield(known)
            except TimeoutError as error:
                raise TransportError(call.subgraph) from error
            except _Abandoned:
                continue
        return await self._lead(key, call, context)

    async def _lead(self, key: _Key, call: Call, context: Any) -> bytes:
        answer = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            reply = await self._transport.send(call, context)
        except BaseException as error:
            answer.set_exception(error if isinstance(error, TransportError) else _Abandoned())
            answer.exception()  # seen: perhaps nobody waits
            raise
        else:
            answer.set_result(reply)
            return reply
        finally:
            if self._under_way.get(key) is answer:
                del self._under_way[key]

    def _forget(self, principal: Principal) -> None:
        """Who has changed something reads it from then on, and no answer that was under way before."""
        for key in [one for one in self._under_way if one[2] == principal]:
            del self._under_way[key]
