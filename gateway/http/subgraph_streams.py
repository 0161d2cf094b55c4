"""Subscribe at subgraphs by server-sent events or by WebSocket; a setting says which (ADR 57).

The former are those of graphql-sse in distinct connections mode (PROTOCOL.md of graphql-sse).
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, Final

import aiohttp
import structlog

from chassis.serving.bodies import bounded
from chassis.serving.sse import COMPLETE, EVENT_STREAM, NEXT, Parser
from gateway.federation.engine import Call, TransportError
from gateway.http.context import RequestContext
from gateway.http.replica_requests import UntouchedError, Wanted, requested
from gateway.http.replicas import Replicas
from gateway.http.subgraph_sockets import EVENTS, SocketRequest, socket_events
from gateway.http.subscribing import SubscriptionProtocol, SubscriptionSettings

_MOST_EVENT_BYTES = 1024 * 1024
_CONNECT_SECONDS = 5.0
_SILENT_SECONDS = 60.0
"""Silence after which a stream counts as broken: five heartbeats of our subgraphs, and of most servers."""
_DEFAULT: Final = SubscriptionSettings()
log = structlog.get_logger()


class HttpStreams:
    """Opens subscriptions at subgraphs, each on a connection of its own.

    Args:
        replicas: Subgraph name, in lower case, to its replicas.
        headers: Makes the request headers from the subgraph's name and the request's context.
        settings: Subgraph name to how subscriptions are opened there; by server-sent events where it is not named.
    """

    def __init__(
        self,
        replicas: Mapping[str, Replicas],
        headers: Callable[[str, RequestContext], Mapping[str, str]],
        settings: Mapping[str, SubscriptionSettings] = MappingProxyType({}),
    ) -> None:
        self._replicas = replicas
        self._headers = headers
        self._settings = {name.lower(): setting for name, setting in settings.items()}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Prepare for connections, inside the running loop."""
        for name in self._settings.keys() - self._replicas.keys():
            log.warning("SUBGRAPH_SUBSCRIPTIONS names an unknown subgraph", subgraph=name)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS)
        # Who may have a stream has been decided before. A connection ends with its stream: one that was kept idle
        # might be closed by the subgraph just when the next POST is sent on it.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False, trace_configs=[_never_redirected()]
        )

    async def close(self) -> None:
        """End all streams."""
        if self._session:
            await self._session.close()

    async def stream(self, call: Call, context: Any) -> AsyncGenerator[bytes, None]:
        """The results of a subscription, JSON each; a reply that is no event stream is the one result.

        It is read only as fast as the client takes results, so that nothing accumulates here for a slow client.

        Raises:
            TransportError: No address, no connection, silence for a minute, an end before `complete`, or what is not of
                the protocol; it never names a host.
        """
        replicas = self._replicas.get(call.subgraph.lower())
        if replicas is None or self._session is None:
            raise TransportError(call.subgraph)
        settings = self._settings.get(call.subgraph.lower(), _DEFAULT)
        headers = self._headers(call.subgraph, context)
        if settings.protocol is SubscriptionProtocol.WEBSOCKET:
            request = SocketRequest(self._session, replicas, headers, settings.path, _MOST_EVENT_BYTES)
            results = socket_events(call, request)
        else:
            results = _sent_events(call, self._session, replicas, headers, settings.path)
        try:
            async with aclosing(results):
                async for result in results:
                    yield result
        except (aiohttp.ClientError, OSError, ValueError, UntouchedError) as error:
            log.warning("subscription broke off", subgraph=call.subgraph, error=type(error).__name__)
            raise TransportError(call.subgraph) from error


async def _sent_events(
    call: Call, session: aiohttp.ClientSession, replicas: Replicas, headers: Mapping[str, str], path: str | None
) -> AsyncGenerator[bytes, None]:
    """The results of a subscription by server-sent events.

    Raises:
        TransportError: It ends before `complete`.
        aiohttp.ClientError: No connection, no reply, or it breaks.
        OSError: Likewise, or silence for too long.
        ValueError: An event or a reply is too large.
    """
    accepted = {"Accept": EVENT_STREAM, "Accept-Encoding": "identity"}  # or aiohttp would offer codings of its own
    all_headers = {**headers, **accepted, "Content-Type": "application/json"}
    wanted = Wanted("POST", all_headers, path, content=call.body, is_stream=True)
    async with requested(session, replicas, wanted) as reply:
        if reply.content_type != EVENT_STREAM:
            yield await bounded(reply.content.iter_any(), _MOST_EVENT_BYTES)
            return
        parser = Parser(_MOST_EVENT_BYTES)
        async for chunk in reply.content.iter_any():
            for event in parser.feed(chunk):
                if event.name == COMPLETE:
                    return
                if event.name == NEXT:
                    EVENTS.labels(call.subgraph).inc()
                    yield event.data
    raise TransportError(call.subgraph)


def _never_redirected() -> aiohttp.TraceConfig:
    """Refuses redirects, which aiohttp would follow in a WebSocket's handshake: a subgraph is at its address only."""

    async def refuse(*_: object) -> None:
        raise aiohttp.ClientConnectionError("redirected")

    config = aiohttp.TraceConfig()
    config.on_request_redirect.append(refuse)
    return config
