"""The engine's requests and responses, and what a refused operation is answered with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import structlog
from graphql import GraphQLError

from chassis.graphql_errors import refused_requests
from gateway.federation.errors import TOO_COMPLEX, UNPLANNABLE, Json, coded
from gateway.federation.planner import PlanTooLarge, Unplannable
from gateway.federation.trail import Trail
from kernel.errors import Refusal
from kernel.language import Language
from kernel.refusals import BAD_REQUEST, INTERNAL

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Request:
    """One client request.

    Attributes:
        query: The document.
        operation_name: Which of its operations.
        variables: Raw values.
        scopes: The scopes of the caller; None allows everything.
        context: Passed to the transport unchanged; its attribute `language`, if any, is the language of messages.
        charge: Called before anything is fetched, with what reading the text costs, or preparing it
            for other values, and then with the operation's cost; what it raises refuses the operation.
        trail: Where the engine notes what it does.
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Json] | None = None
    scopes: frozenset[str] | None = None
    context: Any = None
    charge: Callable[[float], None] | None = None
    trail: Trail = field(default_factory=Trail)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request.

    Attributes:
        data: The data; None also if a null in a non-null field has propagated to the root.
        errors: Coded errors.
        executed: Whether execution began; a refused request has no `data` at all.
        defect: Whether nothing could be answered because of a defect here.
        max_age: For how many seconds caches may keep it, if it is the public's; 0 for not at all.
        extensions: What the reply tells beside the answer; None for nothing.
    """

    data: Json = None
    errors: list[dict[str, Json]] = field(default_factory=list)
    executed: bool = True
    defect: bool = False
    max_age: int = 0
    extensions: Mapping[str, Json] | None = None

    @classmethod
    def refused(cls, refusal: Refusal, language: str) -> Self:
        """The response to a refused operation."""
        error = {"message": refusal.message(language), "extensions": refusal.extensions()}
        return cls(errors=[error], executed=False)

    @classmethod
    def unforeseen(cls, error: Exception, context: Any, *, executed: bool) -> Self:
        """The response to an operation that met an exception which nobody foresaw: `INTERNAL`.

        The exception goes to the log with the request's trace, never to the client.

        Args:
            error: The exception.
            context: The request's context.
            executed: Whether execution had begun.
        """
        traceparent, request = getattr(context, "traceparent", None), getattr(context, "request", None)
        log.error("operation failed", traceparent=traceparent, request=request, exc_info=error)
        refusal = INTERNAL()
        told = {"message": refusal.message(language_of(context)), "extensions": refusal.extensions()}
        return cls(errors=[told], executed=executed, defect=True)

    def json(self) -> dict[str, Json]:
        """The reply as a JSON object (GraphQL specification, section 7)."""
        content: dict[str, Json] = {}
        if self.errors:
            content["errors"] = self.errors
        if self.executed:
            content["data"] = self.data
        if self.extensions is not None:
            content["extensions"] = self.extensions
        return content


class InvalidOperation(Exception):  # noqa: N818 - the client's errors, on their way out
    """The operation, or the values of its variables, are not valid on the schema.

    Args:
        errors: The errors, at least one.
    """

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


NOT_EXECUTED = (InvalidOperation, GraphQLError, Refusal, PlanTooLarge, RecursionError, Unplannable)
"""The errors by which an operation is refused before its execution."""


def language_of(context: Any) -> str:
    """The language of messages for a request with this context."""
    return str(getattr(context, "language", Language.ZH))


def answer_to(error: Exception, language: str) -> Response:
    """The response to an operation that is refused before its execution, by one of `NOT_EXECUTED`."""
    if isinstance(error, InvalidOperation):
        return _refused(error.errors)
    if isinstance(error, GraphQLError):
        return _refused([error], None if error.source else BAD_REQUEST.code)
    if isinstance(error, Refusal):
        return Response.refused(error, language)
    if isinstance(error, PlanTooLarge | RecursionError):
        return Response(errors=[coded("The operation fans out too far: split it", TOO_COMPLEX)], executed=False)
    return Response(None, [coded(f"No subgraph can resolve {error} here", UNPLANNABLE)])


def _refused(errors: list[GraphQLError], code: str | None = None) -> Response:
    return Response(errors=list(refused_requests(errors, code)), executed=False)
