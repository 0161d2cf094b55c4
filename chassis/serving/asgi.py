"""The ASGI application of a subgraph: GraphQL behind the internal token, probes, metrics, background tasks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.context import REMAINING, Act, acting
from chassis.graph.context import SubgraphContext
from chassis.graph.schema import SubgraphSchema
from chassis.graphql_errors import in_chinese, is_bad_value, refused_requests
from chassis.principal import Principal, TokenVerifier
from chassis.runtime.tasks import Role, Tasks, run_in_background
from chassis.runtime.telemetry import REQUESTS, context_of, current_traceparent, tracer
from chassis.serving.process import Stopping
from chassis.serving.sse import EVENT_STREAM, EventStream
from chassis.storage.mongo import is_conflict, is_transient
from kernel.errors import Refusal
from kernel.language import Language
from kernel.refusals import (
    BAD_REQUEST,
    BUSY,
    DEADLINE_EXCEEDED,
    INTERNAL,
    RETRY_AFTER_SECONDS,
    UNAUTHENTICATED,
    UNAVAILABLE,
)

_BODY_BYTES = 8 * 1024 * 1024
_JSON = "application/json"
_STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "BODY_TOO_LARGE": 413,
    "DEADLINE_EXCEEDED": 504,
}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Running:
    """What a service provides once it has started.

    Attributes:
        deps: The dependencies of its commands and queries.
        tasks: Background tasks, run until the process stops.
        ready: Whether the process can serve. A short absence of the database is no reason to say no (notes N16).
    """

    deps: Any
    tasks: Tasks = field(default_factory=Tasks)
    ready: Callable[[], bool] = lambda: True


def subgraph_app(
    name: str,
    schema: SubgraphSchema,
    verifier: TokenVerifier,
    start: Callable[[], AbstractAsyncContextManager[Running]],
    role: Role = Role.ALL,
) -> Starlette:
    """The application of one subgraph.

    Args:
        name: The subgraph's name, also the audience of its tokens.
        schema: Its schema.
        verifier: Checks the gateway's internal tokens.
        start: Opens connections and yields the running service; left when the process stops.
        role: Which part this process runs; a relay or a worker serves probes and metrics only.
    """
    subgraph = _Subgraph(name, schema, verifier, start, role)
    graph = [Route("/graphql", subgraph.graphql, methods=["POST"])] if role in {Role.ALL, Role.API} else []
    app = Starlette(
        routes=[
            *graph,
            Route("/livez", _live),
            Route("/readyz", subgraph.ready),
            Route("/metrics", _metrics),
        ],
        lifespan=subgraph.lifespan,
    )
    app.state.stopping = subgraph.stopping
    return app


class _Subgraph:
    def __init__(
        self,
        name: str,
        schema: SubgraphSchema,
        verifier: TokenVerifier,
        start: Callable[[], AbstractAsyncContextManager[Running]],
        role: Role,
    ) -> None:
        self._name = name
        self._schema = schema
        self._verifier = verifier
        self._start = start
        self._role = role
        self._running: Running | None = None
        self.stopping = Stopping()

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with self._start() as running, run_in_background(*running.tasks.of(self._role)):
            self._running = running
            try:
                yield
            finally:
                self._running = None

    async def ready(self, _: Request) -> Response:
        serving = self._running and self._running.ready() and not self.stopping
        return Response(status_code=200 if serving else 503)

    async def graphql(self, request: Request) -> Response:
        language = Language.of(request.headers.get("accept-language"))
        with REQUESTS.labels(self._name).time():
            try:
                context = self._context(request, language)
                body = await _body(request)
            except Refusal as refusal:
                status = 401 if refusal.code == "UNAUTHENTICATED" else 400
                return _reply({"errors": [_refused(refusal, language)]}, status)
            if EVENT_STREAM in request.headers.get("accept", ""):
                return EventStream(self._results(body, context, request), self.stopping)
            trace = context_of(request.headers.get("traceparent"))
            with tracer.start_as_current_span(f"{self._name}.graphql", context=trace):
                try:
                    async with asyncio.timeout(_query_seconds(body, request)):
                        return _reply(await self._execute(body, context, request))
                except TimeoutError:
                    return _reply({"errors": [_refused(DEADLINE_EXCEEDED(), language)]}, 504)

    async def _execute(self, body: dict[str, Any], context: SubgraphContext[Any], request: Request) -> dict[str, Any]:
        with acting(_act(context, request)):
            result = await self._schema.execute(
                body["query"],
                variable_values=body.get("variables"),
                operation_name=body.get("operationName"),
                context_value=context,
            )
        return _content(result, context.language)

    async def _results(
        self, body: dict[str, Any], context: SubgraphContext[Any], request: Request
    ) -> AsyncGenerator[bytes, None]:
        """The events of a subscription; of any other operation its only result."""
        with acting(_act(context, request)):
            results = await self._schema.stream(
                body["query"],
                variable_values=body.get("variables"),
                operation_name=body.get("operationName"),
                context_value=context,
            )
            async with aclosing(results):
                async for result in results:
                    context.forget()
                    yield orjson.dumps(_content(result, context.language))

    def _context(self, request: Request, language: Language) -> SubgraphContext[Any]:
        if self._running is None:
            raise UNAVAILABLE()
        principal = _caller(request, self._verifier)
        return SubgraphContext(self._running.deps, principal, language)


def internal(
    verifier: TokenVerifier, handle: Callable[[Request, Principal, Language], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that is not GraphQL, for the gateway alone: same token, same form of refusals.

    Args:
        verifier: Checks the gateway's internal tokens.
        handle: Answers `(request, principal, language)`; what it refuses is answered with the code's HTTP status.
    """

    async def endpoint(request: Request) -> Response:
        language = Language.of(request.headers.get("accept-language"))
        try:
            principal = _caller(request, verifier)
            with acting(Act(principal, request.headers.get("traceparent"))):
                return await handle(request, principal, language)
        except Refusal as refusal:
            return _reply({"errors": [_refused(refusal, language)]}, status_of(refusal.code))

    return endpoint


def status_of(code: str) -> int:
    """The HTTP status of a refusal's code where the endpoint is not GraphQL; 400 for most."""
    return _STATUS.get(code, HTTPStatus.BAD_REQUEST)


def _caller(request: Request, verifier: TokenVerifier) -> Principal:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise UNAUTHENTICATED()
    return verifier.verify(token)


def _query_seconds(body: dict[str, Any], request: Request) -> float | None:
    """Seconds that the gateway still waits for a query (notes N17); None for a mutation, which runs to its end."""
    left = request.headers.get(REMAINING, "")
    return int(left) / 1000 if left.isdecimal() and body["query"].lstrip().startswith(("query", "{")) else None


def _act(context: SubgraphContext[Any], request: Request) -> Act:
    trace = current_traceparent() or request.headers.get("traceparent")
    return Act(context.principal, trace, request.headers.get("idempotency-key"))


def _content(result: Any, language: Language) -> dict[str, Any]:
    content: dict[str, Any] = {"data": result.data}
    if result.errors:
        content["errors"] = [error_json(error, language) for error in result.errors]
    return content


def error_json(error: GraphQLError, language: Language) -> dict[str, Any]:
    """The error as the answer has it: refusals with code and the caller's language, defects masked (notes N6)."""
    cause = error.original_error
    if isinstance(cause, Refusal):
        return _refused(cause, language) | ({"path": list(error.path)} if error.path else {})
    if cause is None or isinstance(cause, GraphQLError) or (error.path is None and is_bad_value(error)):
        (refused,) = refused_requests([error])
        said = refused["extensions"]
        message = language.choose(in_chinese(refused["message"], said["code"], said.get("field")), refused["message"])
        return refused | {"message": message}
    return _refused(_answer_to(cause), language) | ({"path": list(error.path)} if error.path else {})


def _answer_to(defect: Exception) -> Refusal:
    """What a caller is told of an error: nothing of it but whether, and when, the request may be repeated."""
    if is_conflict(defect):
        return BUSY(retryAfter=RETRY_AFTER_SECONDS)
    return UNAVAILABLE() if is_transient(defect) else INTERNAL()


def _refused(refusal: Refusal, language: Language) -> dict[str, Any]:
    return {"message": refusal.message(language), "extensions": refusal.extensions(language)}


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    malformed = BAD_REQUEST(detail=("不是 GraphQL 请求", "not a GraphQL request"))
    if len(raw) > _BODY_BYTES:
        raise malformed
    try:
        body = orjson.loads(raw)
    except ValueError as error:
        raise malformed from error
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise malformed
    return body


def _reply(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=_JSON)


async def _live(_: Request) -> Response:
    return Response(status_code=200)


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
