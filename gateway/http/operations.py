"""Turn a client's request into the engine's answers, the same for HTTP, server-sent events and WebSocket."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import HTTPConnection

from chassis.principal import ANONYMOUS, Principal, Scope, Verified
from chassis.runtime.outcomes import codes_of
from chassis.serving.read_only import read_only
from gateway.federation.engine import Engine, Response
from gateway.federation.engine import Request as GraphQLRequest
from gateway.http.context import RequestContext, new_traceparent
from gateway.http.error_texts import in_language
from gateway.http.explanation import explained
from gateway.http.observation import Observation
from gateway.http.responses import address_of, language_of
from gateway.protection.spending import Spending
from gateway.protection.stream_limits import StreamLimits, StreamLimitSettings
from gateway.protection.trusted_documents import TrustedDocuments
from gateway.refusals import TOKEN_EXPIRED
from kernel.errors import Refusal
from kernel.refusals import BAD_REQUEST

_LONGEST_KEY = 255
_PUBLIC = Verified(ANONYMOUS, math.inf)


@dataclass(slots=True, eq=False)
class Operations:
    """Reads, authenticates and executes operations.

    Between reading and executing an operation nothing is awaited, so `serve` comes before both or after both.

    Attributes:
        engine: Plans and executes.
        authenticate: Access token to its principal; None lets everybody do everything (`standalone`).
        deadline_seconds: A client is answered within so many seconds.
        documents: The trusted documents.
        stream_limits: How many streams there may be.
        spending: Counts what callers spend; None for no limit.
        trusted_spend: Whether operations of trusted documents count too.
        development: Whether everybody may see how an operation was answered, not the ministry alone.
        schema: The digest of the schema that clients see; empty where none is told.
        read_only: Whether mutations are refused, before anything of them is sent.
    """

    engine: Engine
    authenticate: Callable[[str], Verified] | None
    deadline_seconds: float = 10.0
    documents: TrustedDocuments = field(default_factory=TrustedDocuments)
    stream_limits: StreamLimits = field(default_factory=lambda: StreamLimits(StreamLimitSettings()))
    spending: Spending | None = None
    trusted_spend: bool = True
    development: bool = False
    schema: str = ""
    read_only: bool = False

    def serve(self, engine: Engine, documents: TrustedDocuments, schema: str = "") -> None:
        """Execute on another engine from now on; what is under way ends on the one before.

        Args:
            engine: Plans and executes.
            documents: The trusted documents.
            schema: The digest of the schema that clients see; empty where none is told.
        """
        self.engine, self.documents, self.schema = engine, documents, schema

    def context(
        self,
        connection: HTTPConnection,
        token: str | None,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
        request: str | None = None,
    ) -> RequestContext:
        """The caller, and what subgraphs are told of the request.

        Args:
            connection: The HTTP request, or the WebSocket's handshake.
            token: The access token; None for the public.
            idempotency_key: The `Idempotency-Key`, 1 to 255 characters.
            traceparent: The trace that the request began; None begins one here.
            request: The request's id, where a trusted proxy gave one.

        Raises:
            Refusal: `UNAUTHENTICATED`, `PASSWORD_CHANGE_REQUIRED`, `BAD_REQUEST`.
        """
        caller = _PUBLIC if token is None or self.authenticate is None else self.authenticate(token)
        if idempotency_key is not None and not 0 < len(idempotency_key) <= _LONGEST_KEY:
            words = (
                f"Idempotency-Key 应为1至{_LONGEST_KEY}个字符",
                f"Idempotency-Key has 1 to {_LONGEST_KEY} characters",
            )
            raise BAD_REQUEST(detail=words, limit=_LONGEST_KEY)
        return RequestContext(
            principal=caller.principal,
            language=language_of(connection),
            idempotency_key=idempotency_key,
            traceparent=traceparent or new_traceparent(),
            request=request,
            deadline=self.deadline(),
            expires=caller.expires,
            address=address_of(connection),
        )

    def deadline(self) -> float:
        """When a request that begins now must be answered, in `time.monotonic()` seconds."""
        return time.monotonic() + self.deadline_seconds

    def read(self, parameters: Mapping[str, Any], context: RequestContext, observation: Observation) -> GraphQLRequest:
        """The engine's request for a client's parameters (GraphQL over HTTP, section 5.1).

        Args:
            parameters: What the client sent.
            context: Who asks.
            observation: Learns which document it is, and what the engine does.

        Raises:
            Refusal: `BAD_REQUEST`, `PERSISTED_QUERY_NOT_FOUND`, `DOCUMENT_NOT_TRUSTED`.
        """
        name, variables = parameters.get("operationName"), parameters.get("variables")
        query = self.documents.text(parameters)
        if not isinstance(query, str) or not isinstance(name, str | None) or not isinstance(variables, dict | None):
            raise _malformed()
        if not isinstance(parameters.get("extensions"), dict | None):
            raise _malformed()
        observation.query, observation.trusted = query, query in self.documents
        charge = self._charge(context, observation)
        scopes = self._scopes(context.principal)
        return GraphQLRequest(query, name, variables, scopes, context, charge, observation.trail)

    def may_explain(self, context: RequestContext) -> bool:
        """Whether the caller may see how an operation was answered: plan, cost and times."""
        return self.development or self.authenticate is None or context.principal.scope is Scope.MINISTRY

    async def execute(self, request: GraphQLRequest, observation: Observation) -> Response:
        """The answer to a query or a mutation, in the caller's language; explained, if its calls were to be noted."""
        with observation as codes:
            response = _translated(await self.engine.execute(request), request.context.language)
            codes.extend(codes_of(response.errors))
        if observation.trail.calls is None:
            return response
        return replace(response, extensions={"explain": explained(observation.trail, observation.began)})

    async def stream(self, request: GraphQLRequest, observation: Observation) -> AsyncGenerator[Response, None]:
        """The answers to any operation as they come, in the caller's language.

        Iterate and close it in one task. If the operation is refused, is beyond `stream_limits`, or the caller's token
        expires (`TOKEN_EXPIRED`), the last answer says so.
        """
        context: RequestContext = request.context
        with observation as codes:
            try:
                with self.stream_limits.hold(context.principal, context.address):
                    async with aclosing(self.engine.stream(request, self._renewed)) as responses:
                        while response := await _next_before(context.expires, responses):
                            codes[:] = codes_of(response.errors)
                            yield _translated(response, context.language)
            except Refusal as refusal:
                codes[:] = [refusal.code]
                yield Response.refused(refusal, context.language)

    def _renewed(self, context: RequestContext) -> RequestContext:
        return replace(context, deadline=self.deadline())

    def _charge(self, context: RequestContext, observation: Observation) -> Callable[[float], None] | None:
        if self.spending is None or (observation.trusted and not self.trusted_spend):
            bill = None
        else:
            bill = self.spending.bill(context.principal, context.address)
        return _reading_only(bill, observation) if self.read_only else bill

    def _scopes(self, principal: Principal) -> frozenset[str] | None:
        if self.authenticate is None:
            return None
        return frozenset() if principal.scope is Scope.PUBLIC else frozenset({principal.scope.value})


def _reading_only(bill: Callable[[float], None] | None, observation: Observation) -> Callable[[float], None]:
    """The bill, which also refuses a mutation: the engine asks it when it knows the kind and has sent nothing."""

    def charge(cost: float) -> None:
        if observation.trail.kind == "mutation":
            raise read_only()
        if bill:
            bill(cost)

    return charge


def _translated(response: Response, language: str) -> Response:
    return replace(response, errors=in_language(response.errors, language)) if response.errors else response


async def _next_before(expires: float, responses: AsyncGenerator[Response, None]) -> Response | None:
    """The next response, waited for until `expires` (`time.time()` seconds); None at the end.

    Raises:
        Refusal: `TOKEN_EXPIRED`.
    """
    try:
        async with asyncio.timeout(None if math.isinf(expires) else expires - time.time()):
            return await anext(responses, None)
    except TimeoutError as error:
        raise TOKEN_EXPIRED() from error


def _malformed() -> Refusal:
    return BAD_REQUEST(
        detail=(
            "请求应含 query（字符串），可含 operationName（字符串）与 variables（对象）",
            "a request has query (a string) and may have operationName (a string) and variables (an object)",
        )
    )
