"""`/graphql` over HTTP: POST, and GET for queries if enabled; a JSON reply, or a stream of events (graphql-sse)."""

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
        operations: Executes operations.
        limits: Bounds the body, and the tokens of a GET.
        get_queries: Whether queries may come by GET.
        stopping: Ends streams when the process stops.
    """

    operations: Operations
    limits: Limits
    get_queries: bool = False
    stopping: Stopping = field(default_factory=Stopping)

    async def __call__(self, request: Request) -> Response:
        """Answer one request (GraphQL over HTTP, sections 5–7), as events if the client accepts those (graphql-sse).

        An invalid operation is then answered with an event, because a browser's `EventSource` hides error replies.
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
        query: dict[str, Any] = dict(request.query_params)
        return query | {name: json_object(query[name]) for name in ("variables", "extensions") if query.get(name)}


def graphql_routes(endpoint: GraphQLEndpoint) -> list[BaseRoute]:
    """The routes of `/graphql`."""

    async def graphql(request: Request) -> Response:
        return await endpoint(request)

    return [Route("/graphql", guarded(graphql), methods=["POST", "GET"])]


def _overloaded(content: Mapping[str, Any]) -> bool:
    """Whether every part of the answer failed because subgraphs were overloaded; a partial answer is not overload."""
    codes = {error["extensions"]["code"] for error in content.get("errors", ())}
    return codes == {OVERLOADED} and all(value is None for value in (content.get("data") or {}).values())


def _negotiate(accept: str) -> str:
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for kind in kinds:
        if kind in (GRAPHQL, JSON, EVENT_STREAM):
            return kind
        if kind in _WILDCARDS:
            return JSON
    raise NOT_ACCEPTABLE()


def _only_queries(query: str, name: str | None, limits: Limits) -> None:
    """Refuse a GET that is not a query (notes N8); the engine refuses what does not parse.

    Raises:
        Refusal: `METHOD_NOT_ALLOWED`.
    """
    try:
        document = parse(query, no_location=True, max_lexical_tokens=limits.tokens)
    except GraphQLError:
        return
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode) or definition.operation is OperationType.QUERY:
            continue
        if name in (None, "", definition.name and definition.name.value):
            raise METHOD_NOT_ALLOWED(detail=("：GET 仅可查询", ": GET is for queries"), allow=["POST"])
