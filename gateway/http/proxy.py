"""What is no GraphQL is passed on to a subgraph as it comes, behind the internal token, and its reply streamed back."""

import io
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
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
_KEPT = ("Content-Type", "Content-Disposition")
_DEFECT = 500
_RETRY_SECONDS = 5
log = structlog.get_logger()


class SubgraphProxy:
    """A way to one subgraph, for those who are signed in.

    Args:
        operations: Knows who calls.
        transport: Mints the internal token.
        subgraph: The subgraph's name.
        url: Any address of it, such as its GraphQL endpoint.
    """

    def __init__(self, operations: Operations, transport: HttpTransport, subgraph: str, url: str) -> None:
        self._operations = operations
        self._transport = transport
        self._subgraph = subgraph
        self._url = url

    def context(self, request: Request) -> RequestContext:
        """Who calls.

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
        """Ask the subgraph by the request's method; refusals of its come back as they are, its defects masked.

        Raises:
            Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED` or `UNAVAILABLE`.
        """
        told = self._transport.headers(self._subgraph, self.context(request)) | dict(headers or {})
        async with AsyncExitStack() as stack:
            try:
                http = await stack.enter_async_context(aiohttp.ClientSession(timeout=_TIMEOUT))
                address = urljoin(self._url, path)
                body = None if content is None else io.BytesIO(content)
                asked = http.request(request.method, address, params=list(query), data=body, headers=told)
                reply = await stack.enter_async_context(asked)
            except (aiohttp.ClientError, TimeoutError) as error:
                log.warning("subgraph unavailable", subgraph=self._subgraph, error=type(error).__name__)
                raise UNAVAILABLE(retryAfter=_RETRY_SECONDS) from error
            if reply.status >= _DEFECT:
                raise UNAVAILABLE(retryAfter=_RETRY_SECONDS)
            kept = {name: reply.headers[name] for name in _KEPT if name in reply.headers}
            kept |= {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
            return StreamingResponse(_pieces(reply, stack.pop_all()), reply.status, kept)


async def _pieces(reply: aiohttp.ClientResponse, stack: AsyncExitStack) -> AsyncGenerator[bytes, None]:
    async with stack:
        async for piece in reply.content.iter_any():
            yield piece
