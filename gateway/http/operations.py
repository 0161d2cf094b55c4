"""Turn a client's request into the engine's answers, the same for HTTP, server-sent events and WebSocket."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import HTTPConnection

from chassis.principal import ANONYMOUS, Principal, Scope, Verified
from gateway.federation.engine import Engine, Response
from gateway.federation.engine import Request as GraphQLRequest
from gateway.http.context import RequestContext, traceparent_of
from gateway.http.error_texts import in_language
from gateway.http.responses import address_of, language_of
from gateway.protection.stream_limits import StreamLimits, StreamLimitSettings
from gateway.protection.trusted_documents import TrustedDocuments
from gateway.refusals import TOKEN_EXPIRED
from kernel.errors import Refusal
from kernel.refusals import BAD_REQUEST

_LONGEST_KEY = 255
_PUBLIC = Verified(ANONYMOUS, math.inf)


@dataclass(frozen=True, slots=True)
class Operations:
    """Reads, authenticates and executes operations.

    Attributes:
        engine: Plans and executes.
        authenticate: Access token to its principal; None lets everybody do everything (`standalone`).
        deadline_seconds: A client is answered within so many seconds.
        documents: The trusted documents.
        stream_limits: How many streams there may be.
    """

    engine: Engine
    authenticate: Callable[[str], Verified] | None
    deadline_seconds: float = 10.0
    documents: TrustedDocuments = field(default_factory=TrustedDocuments)
    stream_limits: StreamLimits = field(default_factory=lambda: StreamLimits(StreamLimitSettings()))

    def context(
        self, connection: HTTPConnection, token: str | None, idempotency_key: str | None = None
    ) -> RequestContext:
        """The caller, and what subgraphs are told of the request.

        Args:
            connection: The HTTP request, or the WebSocket's handshake.
            token: The access token; None for the public.
            idempotency_key: The `Idempotency-Key`, 1 to 255 characters.

        Raises:
            Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`, `BAD_REQUEST`.
        """
        caller = _PUBLIC if token is None or self.authenticate is None else self.authenticate(token)
        if idempotency_key is not None and not 0 < len(idempotency_key) <= _LONGEST_KEY:
            words = (
                f"Idempotency-Key 应为1至{_LONGEST_KEY}个字符",
                f"Idempotency-Key has 1 to {_LONGEST_KEY} characters",
            )
            raise BAD_REQUEST(detail=words, limit=_LONGEST_KEY)
        return RequestContext(
            principal=caller.principal,
            language=language_of(connection),
            idempotency_key=idempotency_key,
            traceparent=traceparent_of(connection.headers.get("traceparent")),
            deadline=self.deadline(),
            expires=caller.expires,
            address=address_of(connection),
        )

    def deadline(self) -> float:
        """When a request that begins now must be answered, in `time.monotonic()` seconds."""
        return time.monotonic() + self.deadline_seconds

    def read(self, parameters: Mapping[str, Any], context: RequestContext) -> GraphQLRequest:
        """The engine's request for a client's parameters (GraphQL over HTTP, section 5.1).

        Raises:
            Refusal: `BAD_REQUEST`, `PERSISTED_QUERY_NOT_FOUND`, `DOCUMENT_NOT_TRUSTED`.
        """
        name, variables = parameters.get("operationName"), parameters.get("variables")
        query = self.documents.text(parameters)
        if not isinstance(query, str) or not isinstance(name, str | None) or not isinstance(variables, dict | None):
            raise _malformed()
        if not isinstance(parameters.get("extensions"), dict | None):
            raise _malformed()
        return GraphQLRequest(query, name, variables, self._scopes(context.principal), context)

    async def execute(self, request: GraphQLRequest) -> Response:
        """The answer to a query or a mutation, in the caller's language."""
        return _translated(await self.engine.execute(request), request.context.language)

    async def stream(self, request: GraphQLRequest) -> AsyncGenerator[Response, None]:
        """The answers to any operation as they come, in the caller's language.

        Iterate and close it in one task. If the operation is refused, is beyond `stream_limits`, or the caller's token
        expires (`TOKEN_EXPIRED`), the last answer says so.
        """
        context: RequestContext = request.context
        try:
            with self.stream_limits.hold(context.principal, context.address):
                async with aclosing(self.engine.stream(request, self._renewed)) as responses:
                    while response := await _next_before(context.expires, responses):
                        yield _translated(response, context.language)
        except Refusal as refusal:
            yield Response.refused(refusal, context.language)

    def _renewed(self, context: RequestContext) -> RequestContext:
        return replace(context, deadline=self.deadline())

    def _scopes(self, principal: Principal) -> frozenset[str] | None:
        if self.authenticate is None:
            return None
        return frozenset() if principal.scope is Scope.PUBLIC else frozenset({principal.scope.value})


def _translated(response: Response, language: str) -> Response:
    return replace(response, errors=in_language(response.errors, language)) if response.errors else response


async def _next_before(expires: float, responses: AsyncGenerator[Response, None]) -> Response | None:
    """The next response, waited for until `expires` (`time.time()` seconds); None at the end.

    Raises:
        Refusal: `TOKEN_EXPIRED`.
    """
    try:
        async with asyncio.timeout(None if math.isinf(expires) else expires - time.time()):
            return await anext(responses, None)
    except TimeoutError as error:
        raise TOKEN_EXPIRED() from error


def _malformed() -> Refusal:
    return BAD_REQUEST(
        detail=(
            "请求应含 query（字符串），可含 operationName（字符串）与 variables（对象）",
            "a request has query (a string) and may have operationName (a string) and variables (an object)",
        )
    )
