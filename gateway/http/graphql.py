"""GraphQL over HTTP: POST, and GET for queries by setting; both media types; coded refusals."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import Request
from starlette.responses import Response

from chassis.errors import Refusal, Unblock
from chassis.principal import ANONYMOUS, Principal, Scope
from chassis.telemetry import REQUESTS
from gateway.federation.engine import Engine
from gateway.federation.engine import Request as GraphQLRequest
from gateway.http.context import RequestContext
from gateway.http.messages import in_language
from gateway.http.replies import GRAPHQL, JSON, bearer, json_body, json_object, language_of, refused, reply
from gateway.protection import Limits

_LONGEST_KEY = 255
_WILDCARDS = ("*/*", "application/*")


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """`/graphql`.

    Attributes:
        engine: Plans and executes.
        authenticate: Access token to principal; None lets everybody do everything (`--no-auth`).
        limits: The largest body.
        get_queries: Whether queries may come by GET.
        deadline_seconds: By when the client is answered.
    """

    engine: Engine
    authenticate: Callable[[str], Principal] | None
    limits: Limits
    get_queries: bool = False
    deadline_seconds: float = 10.0

    async def __call__(self, request: Request) -> Response:
        """Answer one request (GraphQL over HTTP, sections 5–7)."""
        media_type = JSON
        with REQUESTS.labels("gateway").time():
            try:
                media_type = _negotiate(request.headers.get("accept", "*/*"))
                operation = await self._operation(request)
            except Refusal as refusal:
                return refused(refusal, request, media_type)
            response = await self.engine.execute(operation)
            if response.errors:
                response = replace(response, errors=in_language(response.errors, operation.context.language))
            content = response.json()
            return reply(content, 400 if "data" not in content and media_type == GRAPHQL else 200, media_type)

    async def _operation(self, request: Request) -> GraphQLRequest:
        principal = self._principal(request)
        body = await self._parameters(request)
        query, name, variables = body.get("query"), body.get("operationName"), body.get("variables")
        if not isinstance(query, str) or not isinstance(name, str | None) or not isinstance(variables, dict | None):
            raise _malformed()
        if not isinstance(body.get("extensions"), dict | None):
            raise _malformed()
        if request.method != "POST":  # GET, and HEAD that comes with it
            _only_queries(query, name, self.limits)
        return GraphQLRequest(query, name, variables, self._scopes(principal), self._context(request, principal))

    async def _parameters(self, request: Request) -> Mapping[str, Any]:
        if request.method == "POST":
            return await json_body(request, self.limits.body_bytes)
        if not self.get_queries:
            raise _method(["POST"], "请使用 POST", "Send a POST")
        if len(request.url.query) > self.limits.body_bytes:
            raise Refusal("BODY_TOO_LARGE", "请求过大", "The request is too large", limit=self.limits.body_bytes)
        given: dict[str, Any] = dict(request.query_params)
        return given | {name: json_object(given[name]) for name in ("variables", "extensions") if given.get(name)}

    def _principal(self, request: Request) -> Principal:
        token = bearer(request)
        if token is None or self.authenticate is None:
            return ANONYMOUS
        return self.authenticate(token)

    def _scopes(self, principal: Principal) -> frozenset[str] | None:
        if self.authenticate is None:
            return None
        return frozenset() if principal.scope is Scope.PUBLIC else frozenset({principal.scope.value})

    def _context(self, request: Request, principal: Principal) -> RequestContext:
        key = request.headers.get("idempotency-key")
        if key is not None and not 0 < len(key) <= _LONGEST_KEY:
            raise Refusal("BAD_REQUEST", "Idempotency-Key 过长", "Idempotency-Key is too long", limit=_LONGEST_KEY)
        return RequestContext(
            principal=principal,
            language=language_of(request),
            idempotency_key=key,
            traceparent=request.headers.get("traceparent"),
            deadline=time.monotonic() + self.deadline_seconds,
        )


def _negotiate(accept: str) -> str:
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for kind in kinds:
        if kind in (GRAPHQL, JSON):
            return kind
        if kind in _WILDCARDS:
            return JSON
    raise Refusal("NOT_ACCEPTABLE", "仅提供 JSON 响应", "Only JSON replies are offered")


def _only_queries(query: str, name: str | None, limits: Limits) -> None:
    """A GET changes nothing (facts 8); what does not parse is left to the engine."""
    try:
        document = parse(query, no_location=True, max_lexical_tokens=limits.tokens)
    except GraphQLError:
        return
    for one in document.definitions:
        if not isinstance(one, OperationDefinitionNode) or one.operation is OperationType.QUERY:
            continue
        if name in (None, "", one.name and one.name.value):
            raise _method(["POST"], "GET 仅可查询", "GET is for queries")


def _method(allow: list[str], zh: str, en: str) -> Refusal:
    return Refusal("METHOD_NOT_ALLOWED", zh, en, unblock=Unblock.SELF, allow=allow)


def _malformed() -> Refusal:
    return Refusal(
        "BAD_REQUEST",
        "请求应含 query（字符串），可含 operationName（字符串）与 variables（对象）",
        "A request has query (a string) and may have operationName (a string) and variables (an object)",
        unblock=Unblock.SELF,
    )
