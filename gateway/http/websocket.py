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
from gateway.http.context import RequestContext
from gateway.http.observation import Observation
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
    """Raised to close the connection.

    Attributes:
        code: WebSocket close code; codes from 4400 are the protocol's.
        reason: A text for developers, at most 123 bytes.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SocketEndpoint:
    """`/graphql` over WebSocket.

    Attributes:
        operations: Executes operations.
        stopping: Ends connections when the process stops.
        origins: Origins of front ends on other hosts; a browser's page from any other host is refused.
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
        offered = PROTOCOL in socket.scope["subprotocols"]
        await socket.accept(PROTOCOL if offered else None)
        with self.stopping.holding():
            closing = (
                await _Connection(self, socket).serve() if offered else Closing(_BAD_PROTOCOL, f"Speak {PROTOCOL}")
            )
            if closing:
                with suppress(*_LEFT):
                    async with asyncio.timeout(_PATIENCE_SECONDS):
                        await socket.close(closing.code, closing.reason)


def socket_routes(endpoint: SocketEndpoint) -> list[BaseRoute]:
    """The route of `/graphql` for WebSockets."""

    async def graphql(socket: WebSocket) -> None:
        await endpoint(socket)

    return [WebSocketRoute("/graphql", graphql)]


@dataclass(slots=True)
class _Connection:
    """One client: initialised once, then any number of concurrent operations, each under the client's own id."""

    endpoint: SocketEndpoint
    socket: WebSocket
    _context: RequestContext | None = None
    _inits: int = 0
    _initialised: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _stream: ExitStack = field(default_factory=ExitStack)

    async def serve(self) -> Closing | None:
        """Serve until the connection ends; returns how to close it, None if the client has left."""
        closing = None
        with self._stream:
            try:
                await run_all(self._listen(), self._watch_time(), self._complete_all_at_stop())
            except* Closing as group:
                closing = _first(group)
            except* _LEFT:
                log.debug("client left")
            except* Exception:
                log.exception("connection failed")
                closing = Closing(_INTERNAL, "Internal error")
            finally:
                await self._stop_all()
        return closing

    async def _listen(self) -> None:
        while True:
            try:
                message = orjson.loads(await self.socket.receive_text())
            except (ValueError, KeyError) as error:  # a binary message has no text
                raise Closing(_BAD_MESSAGE, "Not a JSON message") from error
            await self._handle(message)

    async def _handle(self, message: Any) -> None:
        match message:
            case {"type": "connection_init"}:
                await self._initialise(message.get("payload"))
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

    async def _initialise(self, payload: Any) -> None:
        """Authenticate by the payload's `Authorization`, else by the handshake's header, and count one stream."""
        self._inits += 1
        if self._inits > 1:
            raise Closing(_TOO_MANY_INITS, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise Closing(_BAD_MESSAGE, "The payload must be an object")
        try:
            context = self.endpoint.operations.context(self.socket, _token(payload or {}, self.socket))
            self._stream.enter_context(self.endpoint.operations.stream_limits.hold(context.principal, context.address))
        except Refusal as refusal:
            raise Closing(_FORBIDDEN, refusal.code) from refusal
        self._context = context
        self._initialised.set()
        await self._send(type="connection_ack")

    def _begin(self, key: str, parameters: dict[str, Any]) -> None:
        if self._context is None:
            raise Closing(_UNAUTHORIZED, "Unauthorized")
        if key in self._running:
            raise Closing(_DUPLICATE, "Subscriber for that id already exists")
        # `StreamLimits` bounds what runs; this bounds the refusals that wait for a client that does not read them.
        if len(self._tasks) >= _MOST_TASKS:
            raise Closing(_POLICY, "Too many operations at a time")
        observation, deadline = Observation.begin(), self.endpoint.operations.deadline()
        context = replace(self._context, deadline=deadline, traceparent=observation.traceparent)
        task = self._running[key] = asyncio.ensure_future(self._operate(key, parameters, context, observation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _operate(
        self, key: str, parameters: dict[str, Any], context: RequestContext, observation: Observation
    ) -> None:
        """Answer an operation; an exception that nobody foresaw ends it alone, with an answer."""
        with suppress(*_LEFT):
            try:
                await self._answer(key, _responses(self.endpoint.operations, parameters, context, observation))
            except _LEFT:
                raise
            except Exception as error:  # noqa: BLE001 - it is logged
                self._running.pop(key, None)
                failed = Response.unforeseen(error, context, executed=False)
                await self._send(type="error", id=key, payload=failed.errors)

    async def _answer(self, key: str, responses: AsyncGenerator[Response, None]) -> None:
        """Send an operation's answers; its id can be used again before the client learns of the end."""
        async with aclosing(responses):
            async for response in responses:
                if not response.executed:
                    self._running.pop(key, None)
                    await self._send(type="error", id=key, payload=response.errors)
                    return
                await self._send(type="next", id=key, payload=response.json())
        self._running.pop(key, None)
        await self._send(type="complete", id=key)

    async def _watch_time(self) -> None:
        """Close the connection of a client that does not initialise in time, or whose token has expired."""
        try:
            async with asyncio.timeout(_INIT_SECONDS):
                await self._initialised.wait()
        except TimeoutError as error:
            raise Closing(_TOO_LATE, "Connection initialisation timeout") from error
        assert self._context  # noqa: S101 - it has initialised
        if math.isinf(self._context.expires):
            await asyncio.Event().wait()
        await asyncio.sleep(max(self._context.expires - time.time(), 0))
        raise Closing(_UNAUTHORIZED, "TOKEN_EXPIRED")

    async def _complete_all_at_stop(self) -> None:
        """When the process stops, complete every operation and close the connection."""
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
        """Send a message; a client that reads nothing for half a minute is disconnected."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.socket.send_text(orjson.dumps(message).decode())
        except TimeoutError:
            await self.socket.close(_GOING_AWAY)
            raise


def _token(payload: dict[str, Any], socket: WebSocket) -> str | None:
    """The bearer token of the payload, else of the handshake; empty for another scheme, None for none at all."""
    value = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
    if value is None:
        return bearer(socket)
    scheme, _, token = value.partition(" ") if isinstance(value, str) else ("", "", "")
    return token if scheme.lower() == "bearer" else ""


async def _responses(
    operations: Operations, parameters: dict[str, Any], context: RequestContext, observation: Observation
) -> AsyncGenerator[Response, None]:
    """The answers to an operation, or its refusal."""
    try:
        operation = operations.read(parameters, context, observation)
    except Refusal as refusal:
        observation.end([refusal.code])
        yield Response.refused(refusal, context.language)
        return
    async with aclosing(operations.stream(operation, observation)) as responses:
        async for response in responses:
            yield response


def _first(group: BaseExceptionGroup[Closing]) -> Closing:
    error: Any = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, Closing)  # noqa: S101 - the group holds nothing else
    return error
