"""Reverse proxy for non-GraphQL endpoints of a subgraph; adds the internal token, streams the response."""

import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from urllib.parse import urljoin

import aiohttp
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.http.context import RequestContext
from gateway.http.operations import Operations
from gateway.http.responses import bearer
from gateway.http.transport import HttpTransport
from kernel.refusals import UNAUTHENTICATED, UNAVAILABLE

_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=5)
_RESPONSE_HEADERS = ("Content-Type", "Content-Disposition")
_SERVER_ERROR = 500
_RETRY_SECONDS = 5
log = structlog.get_logger()


class SubgraphProxy:
    """Forwards requests of signed-in callers to one subgraph.

    Args:
        operations: Identifies the caller.
        transport: Makes the headers with the internal token.
        subgraph: The subgraph's name.
        url: Any URL of the subgraph, such as its GraphQL endpoint; only its scheme and host count.
    """

    def __init__(self, operations: Operations, transport: HttpTransport, subgraph: str, url: str) -> None:
        self._operations = operations
        self._transport = transport
        self._subgraph = subgraph
        self._url = url

    def context(self, request: Request) -> RequestContext:
        """The caller, and what the subgraph is told of the request.

        Raises:
            Refusal: `UNAUTHENTICATED` or `PASSWORD_CHANGE_REQUIRED`.
        """
        token = bearer(request)
        if not token:
            raise UNAUTHENTICATED()
        return self._operations.context(request, token)

    async def send(
        self,
        request: Request,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Forward a request by its own method; the subgraph's refusals are returned unchanged, its errors masked.

        Args:
            request: The client's request.
            path: The path at the subgraph.
            query: Query parameters, as names and values.
            content: The body; None sends none.
            headers: Further request headers; they replace ours of the same name.

        Raises:
            Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED` or `UNAVAILABLE`.
        """
        sent_headers = self._transport.headers(self._subgraph, self.context(request)) | dict(headers or {})
        async with AsyncExitStack() as stack:
            try:
                http = await stack.enter_async_context(aiohttp.ClientSession(timeout=_TIMEOUT))
                address = urljoin(self._url, path)
                body = None if content is None else io.BytesIO(content)
                pending = http.request(request.method, address, params=list(query), data=body, headers=sent_headers)
                reply = await stack.enter_async_context(pending)
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("subgraph unavailable", subgraph=self._subgraph, error=type(error).__name__)
                raise UNAVAILABLE(retryAfter=_RETRY_SECONDS) from error
            if reply.status >= _SERVER_ERROR and reply.status != HTTPStatus.GATEWAY_TIMEOUT:  # a coded refusal
                raise UNAVAILABLE(retryAfter=_RETRY_SECONDS)
            returned = {name: reply.headers[name] for name in _RESPONSE_HEADERS if name in reply.headers}
            returned |= {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
            return StreamingResponse(_chunks(reply, stack.pop_all()), reply.status, returned)


async def _chunks(reply: aiohttp.ClientResponse, stack: AsyncExitStack) -> AsyncGenerator[bytes, None]:
    async with stack:
        async for chunk in reply.content.iter_any():
            yield chunk
