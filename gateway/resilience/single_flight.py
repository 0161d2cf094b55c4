"""Single flight: concurrent identical queries of one principal share one subgraph call."""

import asyncio
import time
from typing import Any

from prometheus_client import Counter

from chassis.principal import Principal
from gateway.federation.engine import Call, Transport, TransportError

SHARED = Counter("guopei_gateway_calls_shared_total", "Calls answered by an identical one under way", ["subgraph"])
_Key = tuple[str, bytes, Principal, str]


class _Abandoned(Exception):  # noqa: N818 - tells the waiting callers to send the call themselves
    """The caller that sent the call was cancelled before the reply."""


class SingleFlight:
    """A transport that shares one reply between identical concurrent queries; it caches no reply afterwards.

    Queries are identical if subgraph, body, principal and language are the same: a subgraph learns nothing else of a
    query but its trace and its deadline.

    Args:
        transport: Sends the calls.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._under_way: dict[_Key, asyncio.Future[bytes]] = {}

    async def send(self, call: Call, context: Any) -> bytes:
        """Send the call, or wait for the reply to an identical one that is under way.

        Raises:
            TransportError: The transport's own; `SUBGRAPH_UNREACHABLE` if the other reply does not come in time.
        """
        if call.kind != "query":
            try:
                return await self._transport.send(call, context)
            finally:
                self._forget(context.principal)
        key = (call.subgraph, call.body, context.principal, context.language)
        while (shared := self._under_way.get(key)) is not None:
            SHARED.labels(call.subgraph).inc()
            try:
                async with asyncio.timeout(context.deadline - time.monotonic()):
                    return await asyncio.shield(shared)
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
            answer.exception()  # marks it as retrieved, for perhaps nobody waits
            raise
        else:
            answer.set_result(reply)
            return reply
        finally:
            if self._under_way.get(key) is answer:
                del self._under_way[key]

    def _forget(self, principal: Principal) -> None:
        """Share no reply that was requested before a mutation of the same principal: it would read its own past."""
        for key in [key for key in self._under_way if key[2] == principal]:
            del self._under_way[key]
