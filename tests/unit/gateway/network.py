"""A network that does as a test says, for the guards of calls to subgraphs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from chassis.principal import Principal, Scope
from gateway.federation.engine import Call, TransportError
from gateway.http.context import RequestContext
from gateway.resilience import CallSettings

QUERY = Call("catalog", "query", b'{"query":"{ a }"}')
MUTATION = Call("catalog", "mutation", b'{"query":"mutation { a }"}')
ALICE = RequestContext(Principal("alice", Scope.BASE), deadline=time.monotonic() + 3_600)
SETTINGS = CallSettings(concurrent=2, queue=2, breaker_calls=10, breaker_least=4, breaker_seconds=1.0)


class Network:
    """A transport that does as it is told and keeps what it was sent."""

    def __init__(self, answer: Callable[[Call], Awaitable[bytes]]) -> None:
        self._answer = answer
        self.sent: list[Call] = []
        self.most = 0
        self._now = 0

    async def send(self, call: Call, context: Any) -> bytes:
        del context
        self.sent.append(call)
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._answer(call)
        finally:
            self._now -= 1


async def answered(_: Call) -> bytes:
    return b"{}"


async def refused(call: Call) -> bytes:
    raise TransportError(call.subgraph)


class Gate:
    """Holds every call until it opens."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def __call__(self, call: Call) -> bytes:
        await self.open.wait()
        return call.body


def within(seconds: float) -> RequestContext:
    return replace(ALICE, deadline=time.monotonic() + seconds)
