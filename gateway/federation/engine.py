"""The engine: plans and executes operations on a supergraph over a transport."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Protocol

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, execute_sync
from graphql.execution.values import get_variable_values

from chassis.cache import MOST_CHARACTERS
from gateway.federation.caches import DocumentCaches
from gateway.federation.cost import reading_cost, too_costly
from gateway.federation.document import Document, read_document
from gateway.federation.errors import INTERRUPTED, NOT_OFFERED, Json, TransportError, coded
from gateway.federation.executor import Call, Run, Send
from gateway.federation.model import Supergraph
from gateway.federation.override import Overrides
from gateway.federation.planner import Plan, Watch, unwatched
from gateway.federation.prepare import Planned, Prepared, plan, prepare
from gateway.federation.request import NOT_EXECUTED, InvalidOperation, Request, Response, answer_to, language_of
from gateway.federation.trail import Stage, Trail
from gateway.federation.variables import given_as_they_are

__all__ = ["Call", "Engine", "InvalidOperation", "Request", "Response", "Streams", "Transport", "TransportError"]

_MOST_COERCION_ERRORS = 10


class Transport(Protocol):
    """Sends fetches to subgraphs."""

    async def send(self, call: Call, context: Any) -> bytes:
        """Send one fetch and return the body of the reply, JSON.

        Raises:
            TransportError: The subgraph did not answer.
        """


class Streams(Protocol):
    """Opens subscriptions at subgraphs."""

    def stream(self, call: Call, context: Any) -> AsyncGenerator[bytes, None]:
        """The results of a subscription as they come, JSON each, until the subgraph completes it.

        Raises:
            TransportError: The subgraph did not answer, or the stream broke off.
        """


class Engine:
    """Answers operations on a supergraph.

    Args:
        supergraph: The supergraph, from `load_supergraph`.
        transport: Sends fetches to the subgraphs.
        introspection: Whether clients may ask for the schema, and get suggestions in errors.
        reject: Whether a query with a denied field is refused whole, as a mutation always is; else the field is null.
        limits: Runs after parsing and before validation; raises a Refusal or a GraphQLError.
        max_tokens: The most lexical tokens of a document.
        budget: The most that one operation may cost (`gateway.federation.cost`).
        documents: The most documents cached, parsed and validated.
        plans: The most plans cached.
        characters: The most characters of text for which each cache has entries (`gateway.federation.caches`).
        override_labels: Labels of progressive `@override` that hold for every request.
        streams: Opens subscriptions at subgraphs; None offers no subscriptions.
    """

    def __init__(
        self,
        supergraph: Supergraph,
        transport: Transport,
        *,
        introspection: bool = True,
        reject: bool = False,
        limits: Callable[[DocumentNode], None] | None = None,
        max_tokens: int | None = None,
        budget: int | None = None,
        documents: int = 1_000,
        plans: int = 1_000,
        characters: int = MOST_CHARACTERS,
        override_labels: frozenset[str] = frozenset(),
        streams: Streams | None = None,
    ) -> None:
        self._graph = supergraph
        self._overrides = Overrides(supergraph, override_labels)
        self._transport = transport
        self._streams = streams
        self._introspection = introspection
        self._reject = reject
        self._limits = limits
        self._max_tokens = max_tokens
        self._budget = budget
        self._caches = DocumentCaches(documents, plans, characters)

    def plan(
        self,
        query: str,
        operation_name: str | None = None,
        scopes: frozenset[str] | None = None,
        watch: Watch = unwatched,
    ) -> Plan:
        """The plan of an operation, for all values of its variables.

        Args:
            query: The document.
            operation_name: Which of its operations.
            scopes: The scopes of the caller; None allows everything.
            watch: Called with the result of each stage of planning, unless the plan is cached.

        Raises:
            InvalidOperation: The operation is not valid.
            Unplannable: The supergraph has no way to a field.
        """
        document = self._document(query).whole()
        operation = document.operation(operation_name)
        return self._planned(self._overrides.plain(), document, operation, scopes, watch).plan

    def trust(self, query: str) -> None:
        """Cache a trusted document for good, whatever its length.

        Raises:
            InvalidOperation: It is not valid on the schema.
            GraphQLError: It does not parse.
            Refusal: It exceeds the limits.
        """
        self._caches.trust(self._document(query).slim())

    def warm(self, query: str, scopes: frozenset[str] | None) -> None:
        """Make the plans of a document's operations, and cache them.

        Args:
            query: The document.
            scopes: The scopes of the callers that it is for; None allows everything.

        Raises:
            Exception: Whatever `trust` and `plan` raise.
        """
        document = self._document(query)
        for operation in document.operations.values():
            if document.conditions:
                self._planned(self._overrides.plain(), document, operation, scopes)
            else:
                self._prepared(document, operation, {}, Request(query, scopes=scopes))

    async def execute(self, request: Request) -> Response:
        """Answer a request; nothing makes this raise, a defect here is answered with `INTERNAL`."""
        try:
            prepared, values = self._ready(request, streamed=False)
        except Exception as error:  # noqa: BLE001 - none may escape; what is no refusal is logged
            return _refusal(error, request.context)
        return await self._answer(prepared, values, request)

    async def stream(
        self, request: Request, renewed: Callable[[Any], Any] = lambda context: context
    ) -> AsyncGenerator[Response, None]:
        """Answer a request by a stream of responses: one for each event of a subscription, one for another operation.

        Nothing makes this raise. An event that meets a defect here is answered with `INTERNAL`, the next one as ever.

        Args:
            request: The request.
            renewed: Makes the context for the further fetches of one event from the request's: a new deadline.
        """
        try:
            prepared, values = self._ready(request, streamed=True)
        except Exception as error:  # noqa: BLE001 - none may escape; what is no refusal is logged
            yield _refusal(error, request.context)
            return
        if prepared.kind == "subscription" and not self._refuses(prepared):
            async with aclosing(self._events(prepared, values, request, renewed)) as responses:
                async for response in responses:
                    yield response
        else:
            yield await self._answer(prepared, values, request)

    async def _events(
        self, prepared: Prepared, values: dict[str, Json], request: Request, renewed: Callable[[Any], Any]
    ) -> AsyncGenerator[Response, None]:
        """One response for each event, which is taken as the reply to the plan's first fetch."""
        assert self._streams  # noqa: S101 - the caller has asked
        begun, context = False, request.context
        try:
            first = next(prepared.plan.requests())
            call = Run(prepared.plan, values, self._sender(context, request.trail)).call(first)
            async with aclosing(self._streams.stream(call, context)) as events:
                async for event in events:
                    begun = True
                    yield await self._run(prepared, values, renewed(context), request.trail, event)
        except TransportError as error:
            message = f"The subgraph {error.subgraph} ended the stream of events before its end: subscribe again"
            code = INTERRUPTED if begun else error.code
            yield Response(None, [coded(message, code, service=error.subgraph)])
        except Exception as error:  # noqa: BLE001 - none may escape; it is logged
            yield Response.unforeseen(error, context, executed=True)

    def _refuses(self, prepared: Prepared) -> bool:
        """Whether the operation is refused whole because of denied fields."""
        return bool(prepared.denials) and (
            self._reject or prepared.kind == "mutation" or (prepared.kind == "subscription" and not prepared.plan.root)
        )

    async def _answer(self, prepared: Prepared, values: dict[str, Json], request: Request) -> Response:
        if self._refuses(prepared):
            return Response(None, list(prepared.denials))
        return await self._run(prepared, values, request.context, request.trail)

    def _sender(self, context: Any, trail: Trail, event: bytes | None = None) -> Send:
        async def send(call: Call) -> bytes:
            if event is not None and call.kind == "subscription":
                return event
            return await trail.follow(self._transport.send, call, context)

        return send

    def _ready(self, request: Request, *, streamed: bool) -> tuple[Prepared, dict[str, Json]]:
        trail = request.trail
        document = self._read(request)
        operation = document.operation(request.operation_name)
        trail.kind, trail.operation = operation.operation.value, operation.name.value if operation.name else None
        values = self._coerced(operation, request.variables or {})
        prepared = self._prepared(document, operation, values, request)
        trail.plan, trail.cost = prepared.plan, prepared.cost(values)
        if prepared.kind == "subscription" and not streamed:
            raise _not_offered("A subscription is answered by a stream of events only.")
        if prepared.kind == "subscription" and self._streams is None:
            raise _not_offered("A subscription is not offered here.")
        if self._budget is not None and trail.cost > self._budget:
            raise too_costly(trail.cost, self._budget, prepared.cost.dearest(values))
        if request.charge:
            request.charge(trail.cost)
        return prepared, values

    def _read(self, request: Request) -> Document:
        """The document of a request, charged for before it is parsed."""
        began = time.monotonic()
        known = self._caches.document(request.query)
        if request.charge:
            request.charge(1 if known else 1 + reading_cost(len(request.query)))
        try:
            return known or self._document(request.query)
        finally:
            request.trail.reading = Stage(began, time.monotonic(), cached=known is not None)

    async def _run(
        self, prepared: Prepared, values: dict[str, Json], context: Any, trail: Trail, event: bytes | None = None
    ) -> Response:
        try:
            run = Run(prepared.plan, values, self._sender(context, trail, event))
            await run.execute()
            if prepared.introspection:
                answer = execute_sync(self._graph.schema, prepared.introspection, variable_values=values)
                run.data |= answer.data or {}
            data, errors = prepared.project(run.data, run.errors)
            return Response(data, errors, max_age=0 if errors else prepared.max_age)
        except Exception as error:  # noqa: BLE001 - none may escape; it is logged
            return Response.unforeseen(error, context, executed=True)

    def _document(self, text: str) -> Document:
        cached = self._caches.document(text)
        if cached is not None:
            return cached
        document = read_document(
            text,
            self._graph.schema,
            introspection=self._introspection,
            limits=self._limits,
            max_tokens=self._max_tokens,
        )
        if isinstance(document, list):
            raise InvalidOperation(document)
        self._caches.keep(document.slim())
        return document

    def _coerced(self, operation: OperationDefinitionNode, variables: Mapping[str, Json]) -> dict[str, Json]:
        definitions = operation.variable_definitions
        if not definitions:
            return {}
        if (given := given_as_they_are(definitions, variables)) is not None:
            return given
        values = get_variable_values(
            self._graph.schema, definitions, dict(variables), _MOST_COERCION_ERRORS, not self._introspection
        )
        if isinstance(values, list):
            raise InvalidOperation(values)
        return dict(values.coerced)

    def _prepared(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        values: Mapping[str, Json],
        request: Request,
    ) -> Prepared:
        """What is executed for these values; what is not cached is charged for, unless the text's reading was.

        Raises:
            Exception: Whatever `plan` and the request's `charge` raise.
        """
        trail, scopes, began = request.trail, request.scopes, time.monotonic()
        graph = self._overrides.draw()
        conditions = _decided(document.conditions, values)
        key = (*_key(graph, document, operation, scopes), tuple(conditions.items()))
        cached = self._caches.prepared.get(key)
        if cached is not None:
            trail.planning = Stage(began, time.monotonic(), cached=True)
            return cached
        if request.charge and trail.reading and trail.reading.cached:
            request.charge(reading_cost(len(request.query)))
        document, operation = _whole(document, operation)
        if conditions:
            planned = self._planned(graph, document, operation, scopes)
            prepared = prepare(graph, planned, conditions, scopes)
        else:  # nothing else will ever be prepared of this plan, so it is not kept
            planned = self._plan_anew(graph, document, operation, scopes)
            prepared = prepare(graph, planned, conditions, scopes)
            planned.place.settle()
        trail.planning = Stage(began, time.monotonic(), cached=False)
        return self._caches.keep_made(self._caches.prepared, key, prepared, document, planned.plan)

    def _planned(
        self,
        graph: Supergraph,
        document: Document,
        operation: OperationDefinitionNode,
        scopes: frozenset[str] | None,
        watch: Watch = unwatched,
    ) -> Planned:
        key = _key(graph, document, operation, scopes)
        cached = self._caches.plans.get(key)
        if cached is not None:
            return cached
        planned = self._plan_anew(graph, document, operation, scopes, watch)
        return self._caches.keep_made(self._caches.plans, key, planned, document, planned.plan)

    def _plan_anew(
        self,
        graph: Supergraph,
        document: Document,
        operation: OperationDefinitionNode,
        scopes: frozenset[str] | None,
        watch: Watch = unwatched,
    ) -> Planned:
        kind = operation.operation.value
        if kind not in graph.roots:
            raise _not_offered(f"A {kind} is not offered here.")
        return plan(graph, document, operation, scopes, watch)


def _key(
    graph: Supergraph, document: Document, operation: OperationDefinitionNode, scopes: frozenset[str] | None
) -> tuple[object, ...]:
    """The cache key of a plan: text, operation, granted scopes that the supergraph asks for, active labels."""
    shape = None if scopes is None else (bool(scopes), scopes & graph.all_scopes)
    return document.text, operation.name and operation.name.value, shape, graph.active_labels


def _whole(document: Document, operation: OperationDefinitionNode) -> tuple[Document, OperationDefinitionNode]:
    whole = document.whole()
    return whole, whole.operation(operation.name.value if operation.name else None)


def _decided(names: tuple[str, ...], values: Mapping[str, Json]) -> dict[str, bool]:
    """The values of the variables of `@skip` and `@include`; a variable without a value counts as false."""
    if any(values.get(name, False) is None for name in names):
        raise InvalidOperation([GraphQLError("A condition must not be null.")])
    return {name: bool(values.get(name)) for name in names}


def _refusal(error: Exception, context: Any) -> Response:
    """The response to an operation that is not executed."""
    if isinstance(error, NOT_EXECUTED):
        return answer_to(error, language_of(context))
    return Response.unforeseen(error, context, executed=False)


def _not_offered(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": NOT_OFFERED})
