"""The public face of the engine: a supergraph, a transport, and answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, execute_sync
from graphql.execution.values import get_variable_values

from chassis.errors import Refusal
from gateway.federation.cache import Cache
from gateway.federation.cost import too_costly
from gateway.federation.document import Document, read_document
from gateway.federation.errors import Json, TransportError, coded
from gateway.federation.executor import Call, Run
from gateway.federation.model import Supergraph
from gateway.federation.override import Overrides
from gateway.federation.planner import Plan, PlanTooLarge, Unplannable, Watch, unwatched
from gateway.federation.prepare import Planned, Prepared, plan, prepare

__all__ = ["Call", "Engine", "InvalidOperation", "Request", "Response", "Transport", "TransportError"]

_MOST_COERCION_ERRORS = 10


class Transport(Protocol):
    """Sends fetches to subgraphs."""

    async def send(self, call: Call, context: Any) -> bytes:
        """Send one fetch and return the reply as it came, JSON.

        Raises:
            TransportError: The subgraph did not answer.
        """


@dataclass(frozen=True, slots=True)
class Request:
    """One client request.

    Attributes:
        query: The document.
        operation_name: Which of its operations.
        variables: Raw values.
        scopes: What the caller was granted; None lets everybody do everything.
        context: Handed to the transport as it is; its `language`, if any, is that of messages.
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Json] | None = None
    scopes: frozenset[str] | None = None
    context: Any = None


@dataclass(frozen=True, slots=True)
class Response:
    """What the client gets.

    Attributes:
        data: The answer; None also where an error went all the way up.
        errors: Coded errors.
        executed: Whether execution began; a refused request has no `data` at all.
        extensions: More for the client.
    """

    data: Json = None
    errors: list[dict[str, Json]] = field(default_factory=list)
    executed: bool = True
    extensions: Mapping[str, Json] | None = None

    def json(self) -> dict[str, Json]:
        """The reply as a JSON object (GraphQL specification, section 7)."""
        content: dict[str, Json] = {}
        if self.errors:
            content["errors"] = self.errors
        if self.executed:
            content["data"] = self.data
        if self.extensions:
            content["extensions"] = self.extensions
        return content


class InvalidOperation(Exception):  # noqa: N818 - the client's errors, on their way out
    """The operation does not keep the schema, or its variables do not.

    Args:
        errors: What is wrong.
        code: What clients switch on.
    """

    def __init__(self, errors: list[GraphQLError], code: str) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.code = code


class Engine:
    """Answers operations on a supergraph.

    Args:
        supergraph: What `load_supergraph` read.
        transport: Reaches the subgraphs.
        introspection: Whether clients may ask for the schema, and get suggestions in errors.
        reject: Whether a query with a denied field is refused whole, as a mutation always is; else the field is null.
        limits: Runs after parsing and before validation; raises a Refusal or a GraphQLError.
        max_tokens: The most lexical tokens of a document.
        budget: The most that one operation may cost (`gateway.federation.cost`).
        documents: The most documents kept parsed and validated.
        plans: The most plans kept.
        override_labels: Labels of progressive `@override` that hold for every request.
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
        override_labels: frozenset[str] = frozenset(),
    ) -> None:
        self._graph = supergraph
        self._overrides = Overrides(supergraph, override_labels)
        self._transport = transport
        self._introspection = introspection
        self._reject = reject
        self._limits = limits
        self._max_tokens = max_tokens
        self._budget = budget
        self._documents: Cache[str, Document] = Cache(documents)
        self._plans: Cache[tuple[object, ...], Planned] = Cache(plans)
        self._prepared_operations: Cache[tuple[object, ...], Prepared] = Cache(plans)

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
            scopes: What the caller was granted; None lets everybody do everything.
            watch: Is told what each stage of planning makes, unless the plan is cached.

        Raises:
            InvalidOperation: The operation is not valid.
            Unplannable: The supergraph has no way to a field.
        """
        document = self._document(query)
        operation = document.operation(operation_name)
        return self._planned(self._overrides.plain(), document, operation, scopes, watch).plan

    def check(self, query: str) -> None:
        """Refuse a document that clients could not use.

        Raises:
            InvalidOperation: It does not keep the schema.
            GraphQLError: It does not parse.
            Refusal: It is beyond the limits.
        """
        self._document(query)

    async def execute(self, request: Request) -> Response:
        """Answer a request; nothing that a client or a subgraph can do makes this raise."""
        try:
            prepared, values = self._ready(request)
        except (InvalidOperation, GraphQLError, Refusal, PlanTooLarge, RecursionError, Unplannable) as error:
            return _answer_to(error, getattr(request.context, "language", "zh-CN"))
        if prepared.denials and (self._reject or prepared.kind != "query"):
            return Response(None, list(prepared.denials))
        return await self._run(prepared, values, request.context)

    def _ready(self, request: Request) -> tuple[Prepared, dict[str, Json]]:
        document = self._document(request.query)
        operation = document.operation(request.operation_name)
        values = self._coerced(operation, request.variables or {})
        prepared = self._prepared(document, operation, values, request.scopes)
        if self._budget is not None and (cost := prepared.cost(values)) > self._budget:
            raise too_costly(cost, self._budget)
        return prepared, values

    async def _run(self, prepared: Prepared, values: dict[str, Json], context: Any) -> Response:
        run = Run(prepared.plan, values, lambda call: self._transport.send(call, context))
        run.errors.extend(prepared.denials)
        await run.execute()
        if prepared.introspection:
            answer = execute_sync(self._graph.schema, prepared.introspection, variable_values=values)
            run.data |= answer.data or {}
        return Response(*prepared.project(run.data, run.errors))

    def _document(self, text: str) -> Document:
        known = self._documents.get(text)
        if known is not None:
            return known
        document = read_document(
            text,
            self._graph.schema,
            introspection=self._introspection,
            limits=self._limits,
            max_tokens=self._max_tokens,
        )
        if isinstance(document, list):
            raise InvalidOperation(document, "GRAPHQL_VALIDATION_FAILED")
        return self._documents.put(text, document)

    def _coerced(self, operation: OperationDefinitionNode, variables: Mapping[str, Json]) -> dict[str, Json]:
        definitions = operation.variable_definitions
        if not definitions:
            return {}
        values = get_variable_values(
            self._graph.schema, definitions, dict(variables), _MOST_COERCION_ERRORS, not self._introspection
        )
        if isinstance(values, list):
            raise InvalidOperation(values, "BAD_USER_INPUT")
        return dict(values.coerced)

    def _prepared(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        values: Mapping[str, Json],
        scopes: frozenset[str] | None,
    ) -> Prepared:
        graph = self._overrides.draw()
        conditions = _decided(document.conditions, values)
        key = (*_key(graph, document, operation, scopes), tuple(conditions.items()))
        known = self._prepared_operations.get(key)
        if known is not None:
            return known
        planned = self._planned(graph, document, operation, scopes)
        return self._prepared_operations.put(key, prepare(graph, planned, conditions, scopes))

    def _planned(
        self,
        graph: Supergraph,
        document: Document,
        operation: OperationDefinitionNode,
        scopes: frozenset[str] | None,
        watch: Watch = unwatched,
    ) -> Planned:
        kind = operation.operation.value
        if kind == "subscription" or kind not in graph.roots:
            raise GraphQLError(f"A {kind} is not offered here.", extensions={"code": "OPERATION_NOT_OFFERED"})
        key = _key(graph, document, operation, scopes)
        return self._plans.get(key) or self._plans.put(key, plan(graph, document, operation, scopes, watch))


def _key(
    graph: Supergraph, document: Document, operation: OperationDefinitionNode, scopes: frozenset[str] | None
) -> tuple[object, ...]:
    """What a plan depends on: the text, the operation, which of the asked scopes are granted, the active labels."""
    shape = None if scopes is None else (bool(scopes), scopes & graph.all_scopes)
    return document.text, operation.name and operation.name.value, shape, graph.active_labels


def _decided(names: tuple[str, ...], values: Mapping[str, Json]) -> dict[str, bool]:
    """The values of the conditions; one that the operation does not have is as good as false."""
    if any(values.get(name, False) is None for name in names):
        raise InvalidOperation([GraphQLError("A condition must not be null.")], "BAD_USER_INPUT")
    return {name: bool(values.get(name)) for name in names}


def _answer_to(error: Exception, language: str) -> Response:
    """The reply to an operation that is not executed."""
    if isinstance(error, InvalidOperation):
        return _refused(error.errors, error.code)
    if isinstance(error, GraphQLError):
        return _refused([error], "GRAPHQL_PARSE_FAILED" if error.source else "BAD_REQUEST")
    if isinstance(error, Refusal):
        return Response(errors=[{"message": error.message(language), "extensions": error.extensions()}], executed=False)
    if isinstance(error, PlanTooLarge | RecursionError):
        return Response(errors=[coded("The operation fans out too far: split it", "QUERY_TOO_COMPLEX")], executed=False)
    return Response(None, [coded(f"No subgraph can resolve {error} here", "UNPLANNABLE_OPERATION")])


def _refused(errors: list[GraphQLError], code: str) -> Response:
    made = []
    for error in errors:
        formatted: dict[str, Json] = dict(error.formatted)
        formatted["extensions"] = {"code": code} | dict(error.extensions or {})
        made.append(formatted)
    return Response(errors=made, executed=False)
