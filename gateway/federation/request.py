"""What a client asks of the engine, and what it gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from graphql import GraphQLError

from gateway.federation.errors import Json, coded
from gateway.federation.planner import PlanTooLarge, Unplannable
from kernel.errors import Refusal


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
    """

    data: Json = None
    errors: list[dict[str, Json]] = field(default_factory=list)
    executed: bool = True

    @classmethod
    def refused(cls, refusal: Refusal, language: str) -> Self:
        """What a refusal is answered with."""
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
    """The operation does not keep the schema, or its variables do not.

    Args:
        errors: What is wrong.
        code: What clients switch on.
    """

    def __init__(self, errors: list[GraphQLError], code: str) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.code = code


NOT_EXECUTED = (InvalidOperation, GraphQLError, Refusal, PlanTooLarge, RecursionError, Unplannable)
"""What an operation is refused with."""


def answer_to(error: Exception, language: str) -> Response:
    """The reply to an operation that is not executed."""
    if isinstance(error, InvalidOperation):
        return _refused(error.errors, error.code)
    if isinstance(error, GraphQLError):
        return _refused([error], "GRAPHQL_PARSE_FAILED" if error.source else "BAD_REQUEST")
    if isinstance(error, Refusal):
        return Response.refused(error, language)
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
