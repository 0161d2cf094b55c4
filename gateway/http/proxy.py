"""Reverse proxy for non-GraphQL endpoints of a subgraph; adds the internal token, streams the response."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from chassis.serving.bodies import BodyTooLargeError, bounded
from gateway.http.context import RequestContext, given_request
from gateway.http.operations import Operations
from gateway.http.replica_requests import Wanted, requested
from gateway.http.responses import JSON, bearer
from gateway.http.transport import HttpTransport
from kernel.refusals import UNAUTHENTICATED, UNAVAILABLE

_TIMEOUT = aiohttp.ClientTimeout(total=120, connect=5)
_RESPONSE_HEADERS = ("Content-Type", "Content-Disposition", "Retry-After")
_MOST_ANSWER_BYTES = 64 * 1024
_SERVER_ERROR = 500
_RETRY_SECONDS = 5
log = structlog.get_logger()


class SubgraphProxy:
    """Forwards requests of signed-in callers to one subgraph.

    Args:
        operations: Identifies the caller.
        transport: Makes the headers with the internal token.
        subgraph: The subgraph's name.
    """

    def __init__(self, operations: Operations, transport: HttpTransport, subgraph: str) -> None:
        self._operations = operations
        self._transport = transport
        self._subgraph = subgraph

    def context(self, request: Request) -> RequestContext:
        """The caller, and what the subgraph is told of the request.

        Raises:
            Refusal: `UNAUTHENTICATED` or `PASSWORD_CHANGE_REQUIRED`.
        """
        token = bearer(request)
        if not token:
            raise UNAUTHENTICATED()
        return self._operations.context(request, token, request=given_request(request))

    def nobody(self, request: Request) -> RequestContext:
        """The public as a caller, whoever is signed in."""
        return self._operations.context(request, None, request=given_request(request))

    async def posted(self, request: Request, path: str, content: bytes) -> tuple[int, dict[str, Any]]:
        """The status and the JSON object by which the subgraph answers a POST that the public makes.

        Args:
            request: The client's request.
            path: The path at the subgraph.
            content: The JSON.

        Raises:
            Refusal: `UNAVAILABLE`.
        """
        headers = self._transport.headers(self._subgraph, self.nobody(request)) | {"Content-Type": JSON}
        wanted = Wanted("POST", headers, path, content=content)
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as http,
                requested(http, self._transport.replicas[self._subgraph], wanted) as reply,
            ):
                answer = orjson.loads(await bounded(reply.content.iter_any(), _MOST_ANSWER_BYTES))
                return reply.status, answer if isinstance(answer, dict) else {}
        except (aiohttp.ClientError, OSError, BodyTooLargeError, ValueError) as error:
            log.warning("subgraph unavailable", subgraph=self._subgraph, error=type(error).__name__)
            raise UNAVAILABLE(retryAfter=_RETRY_SECONDS) from error

    async def send(
        self,
        request: Request,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        public: bool = False,
    ) -> Response:
        """Forward a request by its own method; the subgraph's refusals are returned unchanged, its errors masked.

        Args:
            request: The client's request.
            path: The path at the subgraph.
            query: Query parameters, as names and values.
            content: The body; None sends none.
            headers: Further request headers; they replace ours of the same name.
            public: Whether the caller is nobody, signed in or not.

        Raises:
            Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED` or `UNAVAILABLE`.
        """
        caller = self.nobody(request) if public else self.context(request)
        sent_headers = self._transport.headers(self._subgraph, caller) | dict(headers or {})
        async with AsyncExitStack() as stack:
            try:
                http = await stack.enter_async_context(aiohttp.ClientSession(timeout=_TIMEOUT))
                wanted = Wanted(request.method, sent_headers, path, query, content)
                reply = await stack.enter_async_context(
                    requested(http, self._transport.replicas[self._subgraph], wanted)
                )
            except (aiohttp.ClientError, OSError) as error:
                log.warning("subgraph unavailable", subgraph=self._subgraph, error=type(error).__name__)
                raise UNAVAILABLE(retryAfter=_RETRY_SECONDS) from error
            if reply.status >= _SERVER_ERROR and not _is_coded(reply):
                raise UNAVAILABLE(retryAfter=_RETRY_SECONDS)
            returned = {name: reply.headers[name] for name in _RESPONSE_HEADERS if name in reply.headers}
            returned["Cache-Control"] = "no-store"
            return StreamingResponse(_chunks(reply, stack.pop_all()), reply.status, returned)


def _is_coded(reply: aiohttp.ClientResponse) -> bool:
    """Whether a reply 5xx is a refusal: too late, or with the seconds after which to repeat it."""
    if reply.status == HTTPStatus.GATEWAY_TIMEOUT:
        return True
    return reply.status == HTTPStatus.SERVICE_UNAVAILABLE and "Retry-After" in reply.headers


async def _chunks(reply: aiohttp.ClientResponse, stack: AsyncExitStack) -> AsyncGenerator[bytes, None]:
    async with stack:
        async for chunk in reply.content.iter_any():
            yield chunk
