"""GraphQL over HTTP: POST only, both media types, coded refusals."""

import time
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from chassis.errors import Refusal
from chassis.principal import ANONYMOUS, Principal, Scope
from gateway.federation.engine import Engine
from gateway.federation.engine import Request as GraphQLRequest
from gateway.http.context import RequestContext
from gateway.http.replies import GRAPHQL, JSON, bearer, json_body, language_of, refused, reply

_DEADLINE_SECONDS = 10.0
_WILDCARDS = ("*/*", "application/*")


class GraphQLEndpoint:
    """`POST /graphql`.

    Args:
        engine: Plans and executes.
        authenticate: Access token to principal; None lets everybody do everything (`--no-auth`).
        body_bytes: The largest body.
    """

    def __init__(self, engine: Engine, authenticate: Callable[[str], Principal] | None, body_bytes: int) -> None:
        self._engine = engine
        self._authenticate = authenticate
        self._body_bytes = body_bytes

    async def __call__(self, request: Request) -> Response:
        """Answer one request (GraphQL over HTTP, sections 5–7)."""
        media_type = JSON
        try:
            media_type = _negotiate(request.headers.get("accept", "*/*"))
            principal = self._principal(request)
            body = await json_body(request, self._body_bytes)
            operation = _operation(body, self._scopes(principal), _context(request, principal))
        except Refusal as refusal:
            return refused(refusal, request, media_type)
        response = await self._engine.execute(operation)
        content = response.json()
        failed = "data" not in content
        return reply(content, 400 if failed and media_type == GRAPHQL else 200, media_type)

    def _principal(self, request: Request) -> Principal:
        token = bearer(request)
        if token is None or self._authenticate is None:
            return ANONYMOUS
        return self._authenticate(token)

    def _scopes(self, principal: Principal) -> frozenset[str] | None:
        if self._authenticate is None:
            return None
        return frozenset() if principal.scope is Scope.PUBLIC else frozenset({principal.scope.value})


def _negotiate(accept: str) -> str:
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for kind in kinds:
        if kind in (GRAPHQL, JSON):
            return kind
        if kind in _WILDCARDS:
            return JSON
    raise Refusal("NOT_ACCEPTABLE", "仅提供 JSON 响应", "Only JSON replies are offered")


def _context(request: Request, principal: Principal) -> RequestContext:
    return RequestContext(
        principal=principal,
        language=language_of(request),
        idempotency_key=request.headers.get("idempotency-key"),
        traceparent=request.headers.get("traceparent"),
        deadline=time.monotonic() + _DEADLINE_SECONDS,
    )


def _operation(body: dict[str, Any], scopes: frozenset[str] | None, context: RequestContext) -> GraphQLRequest:
    query, name, variables = body.get("query"), body.get("operationName"), body.get("variables")
    right = isinstance(query, str) and isinstance(name, str | None) and isinstance(variables, dict | None)
    if not right or not isinstance(body.get("extensions"), dict | None):
        raise Refusal(
            "BAD_REQUEST",
            "请求应含 query（字符串），可含 operationName（字符串）与 variables（对象）",
            "A request has query (a string) and may have operationName (a string) and variables (an object)",
        )
    assert isinstance(query, str)  # noqa: S101 - checked above
    return GraphQLRequest(query, name, variables, scopes, context)
