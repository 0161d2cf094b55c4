"""The engine's requests and responses, and what a refused operation is answered with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from graphql import GraphQLError

from chassis.graphql_errors import refused_requests
from gateway.federation.errors import TOO_COMPLEX, UNPLANNABLE, Json, coded
from gateway.federation.planner import PlanTooLarge, Unplannable
from kernel.errors import Refusal
from kernel.refusals import BAD_REQUEST


@dataclass(frozen=True, slots=True)
class Request:
    """One client request.

    Attributes:
        query: The document.
        operation_name: Which of its operations.
        variables: Raw values.
        scopes: The scopes of the caller; None allows everything.
        context: Passed to the transport unchanged; its attribute `language`, if any, is the language of messages.
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Json] | None = None
    scopes: frozenset[str] | None = None
    context: Any = None


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request.

    Attributes:
        data: The data; None also if a null in a non-null field has propagated to the root.
        errors: Coded errors.
        executed: Whether execution began; a refused request has no `data` at all.
    """

    data: Json = None
    errors: list[dict[str, Json]] = field(default_factory=list)
    executed: bool = True

    @classmethod
    def refused(cls, refusal: Refusal, language: str) -> Self:
        """The response to a refused operation."""
        error = {"message": refusal.message(language), "extensions": refusal.extensions()}
        return cls(errors=[error], executed=False)

    def json(self) -> dict[str, Json]:
        """The reply as a JSON object (GraphQL specification, section 7)."""
        content: dict[str, Json] = {}
        if self.errors:
            content["errors"] = self.errors
        if self.executed:
            content["data"] = self.data
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
