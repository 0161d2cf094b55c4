"""`/graphql` over HTTP: POST, and GET for queries if enabled; a JSON reply, or a stream of events (graphql-sse)."""

import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chassis.principal import Scope
from chassis.runtime.outcomes import GRAPH, LEFT, codes_of
from chassis.runtime.telemetry import REQUESTS
from chassis.serving.access_log import log_operation
from chassis.serving.process import Stopping
from chassis.serving.sse import EVENT_STREAM, EventStream
from chassis.storage.refusals import refusal_of
from gateway.api_schema import HEADER as SCHEMA_HEADER
from gateway.federation.engine import Request as GraphQLRequest
from gateway.federation.engine import Response as GraphQLResponse
from gateway.http.caching import for_caches
from gateway.http.context import given_request, request_header
from gateway.http.direct import DirectRoute
from gateway.http.explanation import HEADER
from gateway.http.observation import Observation
from gateway.http.operations import Operations
from gateway.http.responses import GRAPHQL, JSON, bearer, json_body, json_object, refused, reply, status_of
from gateway.protection import Limits
from gateway.refusals import METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, RATE_LIMITED
from gateway.resilience import OVERLOADED
from kernel.errors import Refusal
from kernel.refusals import BODY_TOO_LARGE, INTERNAL, READ_ONLY, UNAVAILABLE

_SECONDS = REQUESTS.labels("gateway")
_RETRY_SECONDS = 1
_PASSING = frozenset({OVERLOADED, UNAVAILABLE.code, READ_ONLY.code})
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*(?:;|$)", re.IGNORECASE)
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
        observation, given = Observation.begin(request.headers.get("traceparent")), given_request(request)
        try:
            response = await self._answer(request, observation, given)
        finally:
            _SECONDS.observe(time.monotonic() - observation.began)
        response.raw_headers += (
            (b"traceresponse", observation.traceparent.encode("ascii")),
            request_header(observation.traceparent, given),
        )
        if schema := self.operations.schema:
            response.headers[SCHEMA_HEADER] = schema
        return response

    async def _answer(self, request: Request, observation: Observation, given: str | None) -> Response:
        media_type = JSON
        try:
            media_type = _negotiate(request.headers.get("accept", "*/*"))
            operation = await self._operation(request, observation, given)
        except Refusal as refusal:
            observation.end([refusal.code])
            return refused(refusal, request, media_type if media_type == GRAPHQL else JSON)
        except Exception as error:
            observation.end([LEFT if isinstance(error, ClientDisconnect) else refusal_of(error).code])
            raise
        if media_type == EVENT_STREAM:
            return EventStream(self._events(operation, observation), self.stopping)
        response = await self.operations.execute(operation, observation)
        content = response.json()
        codes, changes = codes_of(response.errors), observation.trail.kind == "mutation"
        log_operation(
            operation.operation_name,
            observation.traceparent,
            observation.began,
            codes,
            changes=changes,
            request=operation.context.request,
        )
        if response.defect:
            return reply(content, status_of(INTERNAL.code), media_type)
        if (seconds := _worth_repeating_after(content)) is not None:
            return reply(content, 503, media_type, {"Retry-After": str(seconds)})
        if (seconds := _limited_for(content)) is not None:
            return reply(content, status_of(RATE_LIMITED.code), media_type, {"Retry-After": str(seconds)})
        status = 400 if "data" not in content and media_type == GRAPHQL else 200
        public = operation.context.principal.scope is Scope.PUBLIC and response.extensions is None
        return for_caches(reply(content, status, media_type), request, response.max_age if public else 0)

    async def _events(self, operation: GraphQLRequest, observation: Observation) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(self.operations.stream(operation, observation)) as responses:
                async for response in responses:
                    yield orjson.dumps(response.json())
        except Exception as error:  # noqa: BLE001 - the stream ends with an answer, not cut off; it is logged
            yield orjson.dumps(GraphQLResponse.unforeseen(error, operation.context, executed=False).json())

    async def _operation(self, request: Request, observation: Observation, given: str | None) -> GraphQLRequest:
        key, traceparent = request.headers.get("idempotency-key"), observation.traceparent
        context = self.operations.context(request, bearer(request), key, traceparent, given)
        if request.headers.get(HEADER) == "1" and self.operations.may_explain(context):
            observation.trail.calls = []
        operation = self.operations.read(await self._parameters(request), context, observation)
        if request.method != "POST":  # GET, and HEAD that comes with it
            _only_queries(operation.query, operation.operation_name, self.limits)
        return operation

    async def _parameters(self, request: Request) -> Mapping[str, Any]:
        if request.method == "POST":
            return await json_body(request, self.limits.body_bytes)
        if len(request.url.query) > self.limits.body_bytes:
            raise BODY_TOO_LARGE(limit=self.limits.body_bytes)
        query: dict[str, Any] = dict(request.query_params)
        return query | {name: json_object(query[name]) for name in ("variables", "extensions") if query.get(name)}


def graphql_routes(endpoint: GraphQLEndpoint) -> list[BaseRoute]:
    """The routes of `/graphql`."""
    return [DirectRoute(GRAPH, endpoint, ["POST", "GET"] if endpoint.get_queries else ["POST"])]


def _worth_repeating_after(content: Mapping[str, Any]) -> int | None:
    """After how many seconds to repeat what failed whole, by what is overloaded, away or for reading only at present.

    Returns:
        None for any other answer, a partial one among them.
    """
    found = [error["extensions"] for error in content.get("errors", ())]
    if any(value is not None for value in (content.get("data") or {}).values()):
        return None
    if not found or not {each["code"] for each in found} <= _PASSING:
        return None
    return max(int(each.get("retryAfter", _RETRY_SECONDS)) for each in found)


def _limited_for(content: Mapping[str, Any]) -> int | None:
    """For how many seconds the caller has to wait, None where it has not spent too much."""
    if "data" in content:
        return None
    extensions = [error["extensions"] for error in content["errors"]]
    return next((given["retryAfter"] for given in extensions if given["code"] == RATE_LIMITED.code), None)


@lru_cache(64)
def _negotiate(accept: str) -> str:
    """The media type that the client prefers (RFC 9110, 12.5.1); it gets a stream of events only by its name.

    An empty list says nothing, as no header does.

    Raises:
        Refusal: `NOT_ACCEPTABLE`.
    """
    ranges = [(part.partition(";")[0].strip().lower(), _quality(part)) for part in accept.split(",") if part.strip()]
    ranges = ranges or [("*/*", 1.0)]
    named = {kind for kind, _ in ranges}
    for kind, quality in sorted(ranges, key=lambda it: -it[1]):
        if quality == 0:
            break
        if kind in (GRAPHQL, JSON, EVENT_STREAM):
            return kind
        if kind in _WILDCARDS and (unnamed := [kind for kind in (JSON, GRAPHQL) if kind not in named]):
            return unnamed[0]
    raise NOT_ACCEPTABLE()


def _quality(media_range: str) -> float:
    """The weight of a media range, 1 where it has none that can be read."""
    found = _QUALITY.search(media_range)
    return float(found[1]) if found else 1.0


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
