"""GraphQL over WebSocket: the `graphql-transport-ws` protocol (PROTOCOL.md of graphql-ws)."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import orjson
import structlog
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from chassis.runtime.tasks import run_all
from chassis.serving.process import Stopping
from gateway.federation.engine import Response
from gateway.http.context import RequestContext, new_traceparent
from gateway.http.operations import Operations
from gateway.http.responses import bearer
from kernel.errors import Refusal

PROTOCOL = "graphql-transport-ws"
_INIT_SECONDS = 10.0
_PATIENCE_SECONDS = 30.0
_MOST_TASKS = 100
_GOING_AWAY = 1001
_POLICY = 1008
_INTERNAL = 1011
_BAD_MESSAGE = 4400
_UNAUTHORIZED = 4401
_FORBIDDEN = 4403
_BAD_PROTOCOL = 4406
_TOO_LATE = 4408
_DUPLICATE = 4409
_TOO_MANY_INITS = 4429
_LEFT = (WebSocketDisconnect, WebSocketDisconnected, TimeoutError)
log = structlog.get_logger()


class Closing(Exception):  # noqa: N818 - how a connection ends
    """The connection is to be closed.

    Attributes:
        code: WebSocket close code; those from 4400 are the protocol's.
        reason: For developers, at most 123 bytes.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SocketEndpoint:
    """`/graphql` over WebSocket.

    Attributes:
        operations: Answers them.
        stopping: Ends connections when the process stops.
        origins: Of front ends on other hosts; a browser's page of any other host is turned away.
    """

    operations: Operations
    stopping: Stopping
    origins: tuple[str, ...] = ()

    async def __call__(self, socket: WebSocket) -> None:
        """Serve one connection to its end."""
        origin = socket.headers.get("origin")
        if origin and origin not in self.origins and urlsplit(origin).netloc != socket.headers.get("host"):
            await socket.close()  # before it is accepted: 403
            return
        spoken = PROTOCOL in socket.scope["subprotocols"]
        await socket.accept(PROTOCOL if spoken else None)
        with self.stopping.holding():
            end = await _Connection(self, socket).serve() if spoken else Closing(_BAD_PROTOCOL, f"Speak {PROTOCOL}")
            if end:
                with suppress(*_LEFT):
                    async with asyncio.timeout(_PATIENCE_SECONDS):
                        await socket.close(end.code, end.reason)


def socket_routes(endpoint: SocketEndpoint) -> list[BaseRoute]:
    """The route of `/graphql` for WebSockets."""

    async def graphql(socket: WebSocket) -> None:
        await endpoint(socket)

    return [WebSocketRoute("/graphql", graphql)]


@dataclass(slots=True)
class _Connection:
    """One client: greeted once, then any number of operations side by side, each under the client's own id."""

    endpoint: SocketEndpoint
    socket: WebSocket
    _context: RequestContext | None = None
    _inits: int = 0
    _greeted: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _held: ExitStack = field(default_factory=ExitStack)

    async def serve(self) -> Closing | None:
        """Until it ends; how to close it, None where the client has left."""
        end = None
        with self._held:
            try:
                await run_all(self._listen(), self._watch(), self._last_words())
            except* Closing as group:
                end = _first(group)
            except* _LEFT:
                log.debug("client left")
            except* Exception:
                log.exception("connection failed")
                end = Closing(_INTERNAL, "Internal error")
            finally:
                await self._stop_all()
        return end

    async def _listen(self) -> None:
        while True:
            try:
                message = orjson.loads(await self.socket.receive_text())
            except (ValueError, KeyError) as error:  # a binary message has no text
                raise Closing(_BAD_MESSAGE, "Not a JSON message") from error
            await self._take(message)

    async def _take(self, message: Any) -> None:
        match message:
            case {"type": "connection_init"}:
                await self._greet(message.get("payload"))
            case {"type": "ping"}:
                await self._send(type="pong")
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(key), "payload": dict(parameters)} if key:
                self._begin(key, parameters)
            case {"type": "complete", "id": str(key)}:
                if task := self._running.pop(key, None):
                    task.cancel()
            case _:
                raise Closing(_BAD_MESSAGE, "Not a message of the protocol")

    async def _greet(self, payload: Any) -> None:
        """Read the token of the payload's `Authorization`, else the header's."""
        self._inits += 1
        if self._inits > 1:
            raise Closing(_TOO_MANY_INITS, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise Closing(_BAD_MESSAGE, "The payload must be an object")
        given = next((value for name, value in (payload or {}).items() if name.lower() == "authorization"), None)
        scheme, _, token = given.partition(" ") if isinstance(given, str) else ("", "", "")
        try:
            context = self.endpoint.operations.context(
                self.socket, bearer(self.socket) if given is None else token * (scheme.lower() == "bearer")
            )
            self._held.enter_context(self.endpoint.operations.stream_limits.hold(context.principal, context.address))
        except Refusal as refusal:
            raise Closing(_FORBIDDEN, refusal.code) from refusal
        self._context = context
        self._greeted.set()
        await self._send(type="connection_ack")

    def _begin(self, key: str, parameters: dict[str, Any]) -> None:
        if self._context is None:
            raise Closing(_UNAUTHORIZED, "Unauthorized")
        if key in self._running:
            raise Closing(_DUPLICATE, "Subscriber for that id already exists")
        if (
            len(self._tasks) >= _MOST_TASKS
        ):  # seats bound what runs, this what is refused to a client that does not listen
            raise Closing(_POLICY, "Too many operations at a time")
        operations = self.endpoint.operations
        context = replace(self._context, deadline=operations.deadline(), traceparent=new_traceparent())
        try:
            responses = operations.stream(operations.read(parameters, context))
        except Refusal as refusal:
            responses = _refused(refusal, context)
        task = self._running[key] = asyncio.ensure_future(self._answer(key, responses))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, key: str, responses: AsyncGenerator[Response, None]) -> None:
        """Send an operation's answers; its id is free again before the client learns of its end."""
        with suppress(*_LEFT):
            async with aclosing(responses):
                async for response in responses:
                    if not response.executed:
                        self._running.pop(key, None)
                        await self._send(type="error", id=key, payload=response.errors)
                        return
                    await self._send(type="next", id=key, payload=response.json())
            self._running.pop(key, None)
            await self._send(type="complete", id=key)

    async def _watch(self) -> None:
        """End the connection of whoever does not greet in time, or whose token has expired."""
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                await self._greeted.wait()
        except TimeoutError as error:
            raise Closing(_TOO_LATE, "Connection initialisation timeout") from error
        assert self._context  # noqa: S101 - it has greeted
        if math.isinf(self._context.expires):
            await asyncio.Event().wait()
        await asyncio.sleep(max(self._context.expires - time.time(), 0))
        raise Closing(_UNAUTHORIZED, "TOKEN_EXPIRED")

    async def _last_words(self) -> None:
        await self.endpoint.stopping.wait()
        for key in list(self._running):
            await self._send(type="complete", id=key)
        raise Closing(_GOING_AWAY, "Going away")

    async def _stop_all(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, **message: Any) -> None:
        """Send a message to a client that takes it; whoever takes nothing for half a minute is cut off."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.socket.send_text(orjson.dumps(message).decode())
        except TimeoutError:
            await self.socket.close(_GOING_AWAY)
            raise


async def _refused(refusal: Refusal, context: RequestContext) -> AsyncGenerator[Response, None]:
    yield Response.refused(refusal, context.language)


def _first(group: BaseExceptionGroup[Closing]) -> Closing:
    error: Any = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Closing)  # noqa: S101 - the group holds nothing else
    return error
