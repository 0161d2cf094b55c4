"""The ASGI application of a subgraph: GraphQL behind the internal token, probes, background tasks."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.context import REMAINING, REQUEST_ID, Act, acting
from chassis.graph.context import SubgraphContext
from chassis.graph.schema import SubgraphSchema
from chassis.graphql_errors import in_chinese, is_bad_value, refused_requests
from chassis.messaging.amqp import was_taken
from chassis.principal import Principal, TokenVerifier
from chassis.runtime.key_files import KeyFile
from chassis.runtime.outcomes import SUBSCRIPTION, Outcome, codes_of, count_request, counting, judged
from chassis.runtime.tasks import Role, Tasks, run_in_background
from chassis.runtime.telemetry import REQUESTS, current_span_in, current_traceparent
from chassis.serving.access_log import log_operation
from chassis.serving.bodies import bounded_body
from chassis.serving.counted import Counted, remember_code
from chassis.serving.liveness import Canary, liveness, readiness
from chassis.serving.process import Stopping
from chassis.serving.read_only import READING, ReadOnly
from chassis.serving.read_only import read_only as reading_only
from chassis.serving.sse import EVENT_STREAM, EventStream
from chassis.serving.untouched import Untouched
from chassis.storage.migration import Migrations, SchemaCheck
from chassis.storage.mongo import Database, StorageError, bounded, ping
from chassis.storage.refusals import ABSENT_SECONDS, refusal_of
from kernel.errors import Refusal
from kernel.language import Language
from kernel.refusals import BAD_REQUEST, DEADLINE_EXCEEDED, INTERNAL, READ_ONLY, UNAUTHENTICATED, UNAVAILABLE

_BODY_BYTES = 8 * 1024 * 1024
_JSON = "application/json"
_STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "BODY_TOO_LARGE": 413,
    "TOO_MANY_NAMES": 429,
    "TOO_MANY_REVEALS": 429,
    "INTERNAL": 500,
    "BUSY": 503,
    "READ_ONLY": 503,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_KINDS = (("{", "query"), ("query", "query"), ("mutation", "mutation"), (SUBSCRIPTION, SUBSCRIPTION))
_DRIVER_SHARE = 0.95  # of the time that is left, so that what the database's absence comes to is still awaited
_BACKSTOP_SECONDS = 1.0
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Running:
    """What a service provides once it has started.

    Attributes:
        deps: The dependencies of its commands and queries.
        tasks: Background tasks, run until the process stops.
        ready: Whether the process can serve. A short absence of the database is no reason to say no (notes N16).
        database: The service's database, whose driver liveness asks; None for a service without one.
        migrations: The steps that the database must have had; None for a service without any.
    """

    deps: Any
    tasks: Tasks = field(default_factory=Tasks)
    ready: Callable[[], bool] = lambda: True
    database: Database | None = None
    migrations: Migrations | None = None


def subgraph_app(
    name: str,
    schema: SubgraphSchema,
    verifier: TokenVerifier,
    start: Callable[[], AbstractAsyncContextManager[Running]],
    role: Role = Role.ALL,
    *,
    keys: KeyFile | None = None,
    read_only: bool = False,
    reads: Collection[str] = (),
) -> Starlette:
    """The application of one subgraph.

    Args:
        name: The subgraph's name, also the audience of its tokens.
        schema: Its schema.
        verifier: Checks the gateway's internal tokens.
        start: Opens connections and yields the running service; left when the process stops.
        role: Which part this process runs; a relay or a worker serves probes only.
        keys: The file of the verifier's keys, which is followed; None for keys that stay.
        read_only: Whether mutations, and what else would change something, are refused.
        reads: Paths beside the graph that are asked by POST and change nothing.
    """
    subgraph = _Subgraph(name, schema, verifier, start, role, keys=keys, read_only=read_only)
    layers = [Middleware(ReadOnly, reads=reads, refuse=_refused_request)] if read_only else []
    graph = [Route("/graphql", subgraph.graphql, methods=["POST"])] if role in {Role.ALL, Role.API} else []
    app = Starlette(
        routes=[
            *graph,
            Route("/livez", subgraph.live),
            Route("/readyz", subgraph.ready),
        ],
        middleware=[Middleware(Counted, service=name), Middleware(Untouched, serving=subgraph.serves), *layers],
        lifespan=subgraph.lifespan,
        exception_handlers={StorageError: _failed},
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
        *,
        keys: KeyFile | None,
        read_only: bool,
    ) -> None:
        self._name = name
        self._schema = schema
        self._verifier = verifier
        self._start = start
        self._role = role
        self._key_file = keys
        self._read_only = read_only
        self._running: Running | None = None
        self._canary: Canary | None = None
        self._check: SchemaCheck | None = None
        self.stopping = Stopping()

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with self._start() as running:
            tasks = running.tasks.of(self._role)
            if running.database is not None and running.migrations is not None:
                self._check = SchemaCheck(running.database, running.migrations)
                tasks = await self._check.gate(tasks)
            if running.database is not None:
                self._canary = Canary(partial(ping, running.database))
                tasks = replace(tasks, api=(*tasks.api, self._canary.run))
            if self._key_file is not None:
                tasks = replace(tasks, api=(*tasks.api, self._key_file.run))
            async with run_in_background(tasks, self.stopping.begun):
                self._running = running
                try:
                    yield
                finally:
                    self._running = None

    async def live(self, _: Request) -> Response:
        return liveness(self._canary)

    def serves(self) -> bool:
        """Whether requests are executed: it has started on a database that is migrated, and has not drained yet."""
        started = self._running is not None and self._running.ready() and not self._missing()
        return started and not self.stopping.drained

    def _missing(self) -> str:
        return self._check.missing if self._check else ""

    async def ready(self, _: Request) -> Response:
        ready = self.serves() and is_known_to_broker(self._role) and not self.stopping
        return readiness(ready, self._missing(), read_only=self._read_only)

    async def graphql(self, request: Request) -> Response:
        language, began = Language.of(request.headers.get("accept-language")), time.monotonic()
        with REQUESTS.labels(self._name).time():
            try:
                context = self._context(request, language)
                body = await _body(request)
            except Refusal as refusal:
                count_request(self._name, judged([refusal.code]), time.monotonic() - began)
                return _refusal_reply(request, refusal, language)
            if EVENT_STREAM in request.headers.get("accept", ""):
                return EventStream(self._results(body, context, request), self.stopping)
            name, kind = f"{self._name}.graphql", _kind_of(body["query"])
            with (
                current_span_in(request.headers.get("traceparent"), name, SpanKind.SERVER) as span,
                counting(self._name, kind) as codes,
            ):
                reply = await self._answer(body, context, request, codes)
                _tell(span, kind, codes)
                return reply

    async def _answer(
        self, body: dict[str, Any], context: SubgraphContext[Any], request: Request, codes: list[str]
    ) -> Response:
        """The reply, within the time that the gateway waits; its codes go into the list."""
        seconds = _query_seconds(body, request)
        try:
            with bounded(None if seconds is None else seconds * _DRIVER_SHARE):
                async with asyncio.timeout(None if seconds is None else seconds + _BACKSTOP_SECONDS):
                    return _reply(await self._execute(body, context, request, codes))
        except TimeoutError:
            codes[:] = [DEADLINE_EXCEEDED.code]
            return _reply({"errors": [_refused(DEADLINE_EXCEEDED(), context.language)]}, 504)

    async def _execute(
        self, body: dict[str, Any], context: SubgraphContext[Any], request: Request, codes: list[str]
    ) -> dict[str, Any]:
        act, started = _act(context, request), time.monotonic()
        if self._read_only and _kind_of(body["query"]) not in READING:
            codes[:] = [READ_ONLY.code]
            return {"data": None, "errors": [_refused(reading_only(), context.language)]}
        with acting(act):
            result = await self._schema.execute(
                body["query"],
                variable_values=body.get("variables"),
                operation_name=body.get("operationName"),
                context_value=context,
            )
        content = _content(result, context.language)
        codes[:] = codes_of(content.get("errors"))
        changes = _kind_of(body["query"]) == "mutation"
        log_operation(body.get("operationName"), act.traceparent, started, codes, changes=changes, request=act.request)
        return content

    async def _results(
        self, body: dict[str, Any], context: SubgraphContext[Any], request: Request
    ) -> AsyncGenerator[bytes, None]:
        """The events of a subscription; of any other operation its only result."""
        with acting(_act(context, request)), counting(self._name, SUBSCRIPTION) as codes:
            if self._read_only and _kind_of(body["query"]) not in READING:
                codes[:] = [READ_ONLY.code]
                yield orjson.dumps({"data": None, "errors": [_refused(reading_only(), context.language)]})
                return
            results = await self._schema.stream(
                body["query"],
                variable_values=body.get("variables"),
                operation_name=body.get("operationName"),
                context_value=context,
            )
            async with aclosing(results):
                async for result in results:
                    context.forget()
                    content = _content(result, context.language)
                    codes[:] = codes_of(content.get("errors"))
                    yield orjson.dumps(content)

    def _context(self, request: Request, language: Language) -> SubgraphContext[Any]:
        if self._running is None:
            raise UNAVAILABLE(retryAfter=ABSENT_SECONDS)
        principal = _caller(request, self._verifier)
        return SubgraphContext(self._running.deps, principal, language)


def is_known_to_broker(role: Role) -> bool:
    """Whether a process of that role may be ready: a relay or a worker is once the broker has taken it (ADR 43).

    With a wrong password it never is, so a rollout stops there. A broker that goes away later makes nothing unready.
    """
    return role not in {Role.RELAY, Role.WORKER} or was_taken()


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
            with acting(Act(principal, request.headers.get("traceparent"), request=request.headers.get(REQUEST_ID))):
                return await handle(request, principal, language)
        except Refusal as refusal:
            return _refusal_reply(request, refusal, language)

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
    return int(left) / 1000 if left.isdecimal() and _kind_of(body["query"]) == "query" else None


def _kind_of(query: str) -> str:
    """The kind of an operation of the gateway's, which is the only one in its document; empty for anything else."""
    text = query.lstrip()
    return next((kind for word, kind in _KINDS if text.startswith(word)), "")


def _tell(span: Span, kind: str, codes: list[str]) -> None:
    if not span.is_recording():
        return
    outcome, _ = judged(codes)
    span.set_attributes({"graphql.operation.type": kind, "guopei.outcome": outcome.value, "guopei.codes": codes})
    if outcome is Outcome.ERROR:
        span.set_status(Status(StatusCode.ERROR))


def _act(context: SubgraphContext[Any], request: Request) -> Act:
    trace = current_traceparent() or request.headers.get("traceparent")
    headers = request.headers
    return Act(context.principal, trace, headers.get("idempotency-key"), request=headers.get(REQUEST_ID))


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
    return _refused(refusal_of(cause), language) | ({"path": list(error.path)} if error.path else {})


def _refused(refusal: Refusal, language: Language) -> dict[str, Any]:
    return {"message": refusal.message(language), "extensions": refusal.extensions(language)}


async def _body(request: Request) -> dict[str, Any]:
    malformed = BAD_REQUEST(detail=("不是 GraphQL 请求", "not a GraphQL request"))
    try:
        body = orjson.loads(await bounded_body(request, _BODY_BYTES))
    except ValueError as error:  # also a body that is too large
        raise malformed from error
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise malformed
    return body


def _reply(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=_JSON)


async def _failed(request: Request, error: Exception) -> Response:
    """The coded reply of any endpoint to an error of the database; the stack of a defect goes to the log."""
    refusal = refusal_of(error)
    log.warning("database failed", path=request.url.path, error=type(error).__name__)
    if refusal.code == INTERNAL.code:
        log.error("request failed", path=request.url.path, exc_info=error)
    return _refusal_reply(request, refusal, Language.of(request.headers.get("accept-language")))


def _refused_request(refusal: Refusal, request: Request) -> Response:
    return _refusal_reply(request, refusal, Language.of(request.headers.get("accept-language")))


def _refusal_reply(request: Request, refusal: Refusal, language: Language) -> Response:
    remember_code(request, refusal.code)
    response = _reply({"errors": [_refused(refusal, language)]}, status_of(refusal.code))
    if "retryAfter" in refusal.details:
        response.headers["Retry-After"] = str(refusal.details["retryAfter"])
    return response
