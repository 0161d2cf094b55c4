"""Requests to subgraphs that are no POSTs of fetches: streams and files, by aiohttp, to the same replicas (ADR 42)."""

import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import aiohttp

from chassis.serving.untouched import UNTOUCHED
from gateway.http.replicas import IN_FLIGHT, STREAMS, TRIES, Replica, Replicas

_FIND_SECONDS = 5.0
_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
T = TypeVar("T")


class UntouchedError(Exception):
    """Raised where a replica is about to leave and has executed nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request to a subgraph.

    Attributes:
        method: HTTP method.
        headers: Request headers.
        target: Path; None is that of the subgraph's own URL.
        query: Query parameters, as names and values.
        content: The body; None sends none.
        is_stream: Whether it is a subscription, which is counted apart: it lasts long and costs little.
    """

    method: str
    headers: Mapping[str, str]
    target: str | None = None
    query: Sequence[tuple[str, str]] = ()
    content: bytes | None = None
    is_stream: bool = False


@asynccontextmanager
async def requested(
    http: aiohttp.ClientSession, replicas: Replicas, wanted: Wanted
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The reply of a replica, which counts as busy while the block reads it.

    Where no connection can be made, or a replica says that it executed nothing, another replica gets the request.

    Args:
        http: Makes the connections.
        replicas: The subgraph's replicas.
        wanted: What is sent.

    Raises:
        aiohttp.ClientError: No connection, or no reply.
        OSError: No replica is known.
        TimeoutError: The session's limits.
    """
    async with offered(
        replicas, lambda replica: _sent(http, replica, wanted), is_leaving, is_stream=wanted.is_stream
    ) as reply:
        yield reply


@asynccontextmanager
async def offered(
    replicas: Replicas,
    send: Callable[[Replica], AbstractAsyncContextManager[T]],
    is_untouched: Callable[[T], bool] = lambda _: False,
    *,
    is_stream: bool,
) -> AsyncIterator[T]:
    """What a replica gives, which counts as busy while the block lasts.

    Args:
        replicas: The subgraph's replicas.
        send: Sends to one replica.
        is_untouched: Whether what a replica gave says that it executed nothing; then another one is asked, and what the
            last one gave is the block's.
        is_stream: Whether it is a subscription.

    Raises:
        UntouchedError: `send` has, at the last replica that it was offered to.
        OSError: No replica is known.
        Exception: Whatever else `send` raises.
    """
    if not replicas.known:
        await replicas.found(_FIND_SECONDS)
    tried: tuple[Replica, ...] = ()
    async with AsyncExitStack() as stack:
        while True:
            replica = replicas.choose(tried, STREAMS if is_stream else IN_FLIGHT)
            tried += (replica,)
            is_last = len(tried) == TRIES or all(replica in tried for replica in replicas.known)
            stack.enter_context(_counted(replica, streams=int(is_stream)))
            try:
                given = await stack.enter_async_context(send(replica))
            except _NOT_CONNECTED:
                replicas.broke(replica)
                if is_last:
                    raise
            except UntouchedError:
                replicas.put_aside(replica)
                if is_last:
                    raise
            else:
                if not is_untouched(given):
                    replica.worked()
                    break
                replicas.put_aside(replica)
                if is_last:
                    break
            await stack.aclose()
        yield given


def url_of(replica: Replica, target: str | None = None) -> str:
    """The URL of a replica by its IP address.

    Args:
        replica: The replica.
        target: Path; None is that of the subgraph's own URL.
    """
    where = replica.address
    return f"{'https' if where.tls else 'http'}://{replica.place}{target or where.target}"


def is_leaving(reply: aiohttp.ClientResponse | aiohttp.WSServerHandshakeError) -> bool:
    """Whether a reply, or a refused handshake, says that nothing was executed, for the replica is about to end."""
    return reply.status == HTTPStatus.SERVICE_UNAVAILABLE and UNTOUCHED in (reply.headers or ())


@contextmanager
def _counted(replica: Replica, *, streams: int) -> Iterator[None]:
    replica.requests += 1
    replica.streams += streams
    replica.busy += 1 - streams
    try:
        yield
    finally:
        replica.streams -= streams
        replica.busy -= 1 - streams


def _sent(http: aiohttp.ClientSession, replica: Replica, wanted: Wanted) -> "aiohttp.client._RequestContextManager":
    where = replica.address
    return http.request(
        wanted.method,
        url_of(replica, wanted.target),
        params=list(wanted.query),
        data=None if wanted.content is None else io.BytesIO(wanted.content),
        headers={**wanted.headers, "Host": where.authority},
        server_hostname=where.server_name,
        allow_redirects=False,
    )
