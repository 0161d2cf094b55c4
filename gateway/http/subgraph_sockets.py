"""Subscribe at subgraphs by WebSocket: the client's side of `graphql-transport-ws` (PROTOCOL.md of graphql-ws).

Each subscription has a connection of its own (ADR 57): the token in `connection_init` is one principal's, a slow client
holds up no other, and each subscription goes to the replica that is least busy.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Literal

import aiohttp
import msgspec
import orjson
import structlog
from aiohttp import WSMsgType
from aiohttp.http_websocket import WSMessageTextBytes
from prometheus_client import Counter

from gateway.federation.engine import Call, TransportError
from gateway.federation.errors import MALFORMED, UNREACHABLE
from gateway.http.replica_requests import UntouchedError, is_leaving, offered, url_of
from gateway.http.replicas import Replica, Replicas

PROTOCOL: Final = "graphql-transport-ws"
_ID: Final = "1"
_OPEN_SECONDS = 10.0
"""From the connection to `connection_ack`."""
_PING_SECONDS = 30.0
"""Silence after which the subgraph is asked for a sign of life; as much again, and the stream counts as broken."""
_FAREWELL_SECONDS = 1.0
_BAD_MESSAGE = 4400
_LEAVING = {1001, 1012, 1013}
"""Close codes by which a server says that another one, or a later moment, is better: going away, restart, try later."""
_OURS = {_BAD_MESSAGE, 4406, 4409, 4429}
"""Close codes that say of a client that it does not keep the protocol (message, subprotocol, id, second greeting)."""
_MOST_REASON = 123
EVENTS = Counter("guopei_gateway_stream_events_total", "Events of subscriptions that subgraphs sent", ["subgraph"])
Socket = aiohttp.ClientWebSocketResponse[Literal[False]]
"""Its texts are bytes."""
log = structlog.get_logger()


class Message(msgspec.Struct):
    """A message of the protocol; its payload is passed on as it came."""

    type: str
    id: str | None = None
    payload: msgspec.Raw = msgspec.Raw(b"")


@dataclass(frozen=True, slots=True)
class SocketRequest:
    """What a subscription over WebSocket needs.

    Attributes:
        http: Makes the connections.
        replicas: The subgraph's replicas.
        headers: Of the handshake, and the payload of `connection_init`, for a server may look at either.
        path: Path of the endpoint; None is that of the subgraph's own URL.
        most_bytes: The most bytes of one message.
    """

    http: aiohttp.ClientSession
    replicas: Replicas
    headers: Mapping[str, str]
    path: str | None
    most_bytes: int


async def socket_events(call: Call, request: SocketRequest) -> AsyncGenerator[bytes, None]:
    """The results of a subscription, JSON each, until `complete`; an `error` is the last result.

    It is read two results ahead and no more: nothing accumulates for a slow client, and the subgraph's pings are still
    answered meanwhile. When the caller closes it, the subgraph is told `complete`, and the connection is closed within
    two seconds whatever the subgraph does.

    Args:
        call: The subscription.
        request: Where it is opened, and how.

    Raises:
        TransportError: The subgraph does not keep the protocol or its bounds, is silent, refuses the connection, or
            ends it before `complete`.
        aiohttp.ClientError: No connection, or no handshake.
        TimeoutError: No `connection_ack` in time.
        UntouchedError: Every replica is about to leave.
    """
    async with offered(
        request.replicas, lambda replica: _greeted(call, request, replica), is_stream=True
    ) as connection:
        async with asyncio.timeout(_OPEN_SECONDS):  # a subgraph that has stopped reading would hold it up for ever
            await connection.send(b'{"id":"%b","type":"subscribe","payload":%b}' % (_ID.encode(), call.body))
        async with aclosing(connection.results()) as results:
            async for result in results:
                yield result


@asynccontextmanager
async def _greeted(call: Call, request: SocketRequest, replica: Replica) -> AsyncIterator["_Connection"]:
    """A connection to a replica that has acknowledged it; nothing is executed before.

    Raises:
        UntouchedError: The replica is about to leave.
        TransportError: It refuses the connection, or does not keep the protocol.
        TimeoutError: It does not acknowledge in time.
    """
    connection = None
    try:
        async with asyncio.timeout(_OPEN_SECONDS) as limit:
            connection = _Connection(call.subgraph, await _connected(request, replica))
            await _greet(connection, request.headers)
    except BaseException as error:
        if isinstance(error, TimeoutError) and limit.expired():
            request.replicas.broke(replica)
        if connection:
            await connection.close()
        raise
    try:
        yield connection
    finally:
        await connection.close()


async def _connected(request: SocketRequest, replica: Replica) -> Socket:
    """A connection that speaks the protocol.

    Raises:
        UntouchedError: The replica is about to leave, or fails before it has answered: another one is asked.
        aiohttp.ClientError: It refuses the handshake, or cannot be reached.
    """
    try:
        return await request.http.ws_connect(
            url_of(replica, request.path),
            protocols=(PROTOCOL,),
            headers={**request.headers, "Host": replica.address.authority},
            server_hostname=replica.address.server_name,
            max_msg_size=request.most_bytes,
            decode_text=False,
            timeout=aiohttp.ClientWSTimeout(ws_close=_FAREWELL_SECONDS),
        )
    except aiohttp.WSServerHandshakeError as error:
        if is_leaving(error):
            raise UntouchedError from error
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            request.replicas.broke(replica)
            raise UntouchedError from error
        raise
    except aiohttp.ServerDisconnectedError as error:  # it has taken the connection, and nothing more
        request.replicas.broke(replica)
        raise UntouchedError from error


async def _greet(connection: "_Connection", headers: Mapping[str, str]) -> None:
    if connection.socket.protocol != PROTOCOL:
        raise connection.malformed("another subprotocol")
    await connection.send(b'{"type":"connection_init","payload":%b}' % orjson.dumps(dict(headers)))
    message = await connection.receive()
    if message is None:
        raise UntouchedError
    if message.type != "connection_ack":
        raise connection.malformed(message.type)


@dataclass(slots=True)
class _Connection:
    """Messages of one connection, which carries one subscription.

    Attributes:
        subgraph: Its name.
        socket: The connection.
        code: The code that it will be closed with.
    """

    subgraph: str
    socket: Socket
    code: int = aiohttp.WSCloseCode.OK

    async def results(self) -> AsyncGenerator[bytes, None]:
        """The results; the caller's leaving is told to the subgraph.

        Raises:
            TransportError: As `socket_events`.
        """
        ahead: asyncio.Queue[bytes | Exception | None] = asyncio.Queue(1)
        reader = asyncio.ensure_future(self._read_into(ahead))
        has_ended = False
        try:
            while (result := await ahead.get()) is not None:
                if isinstance(result, Exception):
                    has_ended = True
                    raise result
                yield result
            has_ended = True
        finally:
            reader.cancel()
            await asyncio.wait([reader])
            if not has_ended:
                with suppress(TimeoutError, aiohttp.ClientError, OSError):
                    async with asyncio.timeout(_FAREWELL_SECONDS):
                        await self.send(b'{"id":"%b","type":"complete"}' % _ID.encode())

    async def _read_into(self, ahead: "asyncio.Queue[bytes | Exception | None]") -> None:
        """Put each result, and at last None or the exception that ended the stream."""
        try:
            while True:
                message = await self.receive()
                if message is None:
                    log.warning("subscription broke off", subgraph=self.subgraph, close_code=self.socket.close_code)
                    raise TransportError(self.subgraph)  # noqa: TRY301 - put like any other
                if message.id != _ID:
                    raise self.malformed(message.type)  # noqa: TRY301
                if message.type == "complete":
                    break
                payload = bytes(message.payload)
                if message.type == "next" and payload[:1] == b"{":
                    EVENTS.labels(self.subgraph).inc()
                    await ahead.put(payload)
                elif message.type == "error" and payload[:1] == b"[":
                    await ahead.put(b'{"errors":%b}' % payload)
                    break
                else:
                    raise self.malformed(message.type)  # noqa: TRY301
        except Exception as error:  # noqa: BLE001 - it is raised where results are read
            await ahead.put(error)
        else:
            await ahead.put(None)

    async def send(self, message: bytes) -> None:
        """Send one message, JSON."""
        await self.socket.send_frame(message, WSMsgType.TEXT)

    async def close(self) -> None:
        """Say goodbye; what still comes is dropped until the subgraph does too, for a second at most.

        aiohttp's own `close` would not wait once a `receive` was cancelled, and a connection that is closed while
        something unread has come is reset, maybe before the subgraph has read the goodbye (RFC 6455, section 7.1.1).
        """
        with suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                if not self.socket.closed:
                    await self.socket.send_frame(self.code.to_bytes(2, "big"), WSMsgType.CLOSE)
                while not self.socket.closed:
                    await self.socket.receive()
        await self.socket.close()

    async def receive(self) -> Message | None:
        """The next message that is no `ping` or `pong`; None if the subgraph goes away or the connection breaks.

        Raises:
            TransportError: It has closed the connection for another reason, what came is too large or no message, or
                nothing comes.
        """
        while True:
            frame = await self._frame()
            if frame.type is WSMsgType.TEXT:
                message = self._message(frame.data)
                if message.type == "ping":
                    await self.send(b'{"type":"pong"}')
                elif message.type != "pong":
                    return message
            elif frame.type is WSMsgType.CLOSE and frame.data not in _LEAVING:
                raise self._refused(int(frame.data), str(frame.extra))
            elif frame.type is WSMsgType.ERROR:
                log.warning("subscription broke off", subgraph=self.subgraph, close_code=self.socket.close_code)
                raise TransportError(self.subgraph)
            elif frame.type is WSMsgType.BINARY:
                raise self.malformed("binary")
            else:
                return None

    async def _frame(self) -> aiohttp.WSMessage | WSMessageTextBytes:
        """The next frame.

        Raises:
            TransportError: Nothing comes, although the subgraph was asked for a sign of life.
        """
        try:
            return await self.socket.receive(_PING_SECONDS)
        except TimeoutError:
            await self.send(b'{"type":"ping"}')
        try:
            return await self.socket.receive(_PING_SECONDS)
        except TimeoutError as error:
            log.warning("subscription is silent", subgraph=self.subgraph)
            raise TransportError(self.subgraph) from error

    def _message(self, raw: bytes) -> Message:
        try:
            return msgspec.json.decode(raw, type=Message)
        except (msgspec.DecodeError, RecursionError) as error:
            raise self.malformed("no message") from error

    def _refused(self, code: int, reason: str) -> TransportError:
        """The error of a subgraph that has closed the connection."""
        log.warning(
            "subgraph closed a subscription", subgraph=self.subgraph, close_code=code, reason=reason[:_MOST_REASON]
        )
        return TransportError(self.subgraph, MALFORMED if code in _OURS else UNREACHABLE)

    def malformed(self, what: str) -> TransportError:
        """The error of a subgraph that does not keep the protocol."""
        self.code = _BAD_MESSAGE
        log.warning("subgraph breaks the protocol", subgraph=self.subgraph, what=what[:_MOST_REASON])
        return TransportError(self.subgraph, MALFORMED)
