"""Subscribe at subgraphs by server-sent events (PROTOCOL.md of graphql-sse, distinct connections mode)."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import aiohttp
import structlog
from prometheus_client import Counter

from chassis.serving.sse import COMPLETE, EVENT_STREAM, NEXT, Parser
from gateway.federation.engine import Call, TransportError
from gateway.http.context import RequestContext

_MOST_EVENT_BYTES = 1024 * 1024
_CONNECT_SECONDS = 5.0
_SILENT_SECONDS = 60.0
"""Silence after which a stream counts as broken: five heartbeats of our subgraphs, and of most servers."""
EVENTS = Counter("guopei_gateway_stream_events_total", "Events of subscriptions that subgraphs sent", ["subgraph"])
log = structlog.get_logger()


class HttpStreams:
    """Opens subscriptions over HTTP, each on a connection of its own.

    Args:
        urls: Subgraph name to the address of its GraphQL endpoint.
        headers: Makes the request headers from the subgraph's name and the request's context.
    """

    def __init__(self, urls: Mapping[str, str], headers: Callable[[str, RequestContext], Mapping[str, str]]) -> None:
        self._urls = {name.lower(): url for name, url in urls.items()}
        self._headers = headers
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Prepare for connections, inside the running loop."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS, sock_read=_SILENT_SECONDS)
        # Who may have a stream has been decided before. A connection ends with its stream: one that was kept idle
        # might be closed by the subgraph just when the next POST is sent on it.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False)

    async def close(self) -> None:
        """End all streams."""
        if self._session:
            await self._session.close()

    async def stream(self, call: Call, context: Any) -> AsyncGenerator[bytes, None]:
        """The results of a subscription, JSON each; a reply that is no event stream is the one result.

        It is read only as fast as the client takes results, so that nothing accumulates here for a slow client.

        Raises:
            TransportError: No address, no connection, silence for a minute, or an end before `complete`; it never names
                a host.
        """
        url = self._urls.get(call.subgraph.lower())
        if url is None or self._session is None:
            raise TransportError(call.subgraph)
        headers = {**self._headers(call.subgraph, context), "Accept": EVENT_STREAM, "Content-Type": "application/json"}
        try:
            async with self._session.post(url, data=call.body, headers=headers, allow_redirects=False) as reply:
                if reply.content_type != EVENT_STREAM:
                    yield await _whole(reply.content)
                    return
                parser = Parser(_MOST_EVENT_BYTES)
                async for chunk in reply.content.iter_any():
                    for event in parser.feed(chunk):
                        if event.name == COMPLETE:
                            return
                        if event.name == NEXT:
                            EVENTS.labels(call.subgraph).inc()
                            yield event.data
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("subscription broke off", subgraph=call.subgraph, error=type(error).__name__)
            raise TransportError(call.subgraph) from error
        raise TransportError(call.subgraph)


async def _whole(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > _MOST_EVENT_BYTES:
            raise ValueError("too large a reply")
    return bytes(body)
