"""GraphQL over HTTP: POST, and GET for queries by setting; both media types, or a stream of events; coded refusals."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.runtime.telemetry import REQUESTS
from chassis.serving.process import Stopping
from chassis.serving.sse import EVENT_STREAM, EventStream
from gateway.federation.engine import Request as GraphQLRequest
from gateway.http.operations import Operations
from gateway.http.responses import GRAPHQL, JSON, bearer, guarded, json_body, json_object, refused, reply
from gateway.protection import Limits
from gateway.refusals import METHOD_NOT_ALLOWED, NOT_ACCEPTABLE
from gateway.resilience import OVERLOADED
from kernel.errors import Refusal
from kernel.refusals import BODY_TOO_LARGE

_RETRY_SECONDS = "1"
_WILDCARDS = ("*/*", "application/*")


@dataclass(frozen=True, slots=True)
class GraphQLEndpoint:
    """`/graphql` over HTTP.

    Attributes:
        operations: Answers them.
        limits: The largest body.
        get_queries: Whether queries may come by GET.
        stopping: Ends streams when the process stops.
    """

    operations: Operations
    limits: Limits
    get_queries: bool = False
    stopping: Stopping = field(default_factory=Stopping)

    async def __call__(self, request: Request) -> Response:
        """Answer one request (GraphQL over HTTP, sections 5–7), as events where the client accepts those (graphql-sse).

        What is wrong with an operation comes as an event then, for browsers tell their scripts nothing of a refusal.
        """
        media_type = JSON
        with REQUESTS.labels("gateway").time():
            try:
                media_type = _negotiate(request.headers.get("accept", "*/*"))
                operation = await self._operation(request)
            except Refusal as refusal:
                return refused(refusal, request, media_type if media_type == GRAPHQL else JSON)
            if media_type == EVENT_STREAM:
                return EventStream(self._events(operation), self.stopping)
            content = (await self.operations.execute(operation)).json()
            if _overloaded(content):
                return reply(content, 503, media_type, {"Retry-After": _RETRY_SECONDS})
            return reply(content, 400 if "data" not in content and media_type == GRAPHQL else 200, media_type)

    async def _events(self, operation: GraphQLRequest) -> AsyncGenerator[bytes, None]:
        async with aclosing(self.operations.stream(operation)) as responses:
            async for response in responses:
                yield orjson.dumps(response.json())

    async def _operation(self, request: Request) -> GraphQLRequest:
        context = self.operations.context(request, bearer(request), request.headers.get("idempotency-key"))
        operation = self.operations.read(await self._parameters(request), context)
        if request.method != "POST":  # GET, and HEAD that comes with it
            _only_queries(operation.query, operation.operation_name, self.limits)
        return operation

    async def _parameters(self, request: Request) -> Mapping[str, Any]:
        if request.method == "POST":
            return await json_body(request, self.limits.body_bytes)
        if not self.get_queries:
            raise METHOD_NOT_ALLOWED(detail=("：请使用 POST", ": send a POST"), allow=["POST"])
        if len(request.url.query) > self.limits.body_bytes:
            raise BODY_TOO_LARGE(limit=self.limits.body_bytes)
        given: dict[str, Any] = dict(request.query_params)
        return given | {name: json_object(given[name]) for name in ("variables", "extensions") if given.get(name)}


def graphql_routes(endpoint: GraphQLEndpoint) -> list[BaseRoute]:
    """The routes of `/graphql`."""

    async def graphql(request: Request) -> Response:
        return await endpoint(request)

    return [Route("/graphql", guarded(graphql), methods=["POST", "GET"])]


def _overloaded(content: Mapping[str, Any]) -> bool:
    """Whether nothing could be answered for want of room; a part of an answer is an answer."""
    codes = {error["extensions"]["code"] for error in content.get("errors", ())}
    return codes == {OVERLOADED} and not any(one is not None for one in (content.get("data") or {}).values())


def _negotiate(accept: str) -> str:
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for kind in kinds:
        if kind in (GRAPHQL, JSON, EVENT_STREAM):
            return kind
        if kind in _WILDCARDS:
            return JSON
    raise NOT_ACCEPTABLE()


def _only_queries(query: str, name: str | None, limits: Limits) -> None:
    """A GET changes nothing (notes N8); what does not parse is left to the engine."""
    try:
        document = parse(query, no_location=True, max_lexical_tokens=limits.tokens)
    except GraphQLError:
        return
    for one in document.definitions:
        if not isinstance(one, OperationDefinitionNode) or one.operation is OperationType.QUERY:
            continue
        if name in (None, "", one.name and one.name.value):
            raise METHOD_NOT_ALLOWED(detail=("：GET 仅可查询", ": GET is for queries"), allow=["POST"])
