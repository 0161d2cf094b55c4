"""Send fetches to subgraphs over HTTP: keep-alive pools, the internal token, the time that is left."""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
import structlog
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode
from prometheus_client import Counter, Histogram

from chassis.context import REMAINING
from chassis.principal import LIFETIME_SECONDS, Principal, TokenMinter
from chassis.runtime.outcomes import Outcome, bounded, codes_of, judged
from chassis.runtime.telemetry import records, request_of, span_in, traceparent_of
from gateway.federation.engine import Call, TransportError
from gateway.federation.errors import MALFORMED, UNKNOWN_OUTCOME, UNREACHABLE, is_reply
from gateway.http.client import IDLE_SECONDS, Client
from gateway.http.connection import HttpError
from gateway.http.context import RequestContext
from gateway.http.replicas import Replicas
from kernel.refusals import INTERNAL

_MOST_BYTES = 32 * 1024 * 1024
_MUTATION_SECONDS = 50.0  # after the deadline, for a bulk command of 200 rows runs to its end anyway
_TOKENS = 10_000
_TOKEN_SECONDS = LIFETIME_SECONDS / 2
FETCHES = Histogram("guopei_gateway_fetch_seconds", "Time of a fetch from a subgraph", ["subgraph", "outcome"])
FETCH_CODES = Counter(
    "guopei_gateway_fetches_total",
    "Fetches from a subgraph, by the worst code of the reply",
    ["subgraph", "outcome", "code"],
)
FETCHED_ENTITIES = Histogram(
    "guopei_gateway_fetched_entities",
    "Entities that one fetch asked for",
    ["subgraph"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000),
)
_DATA = (b'{"data":{', b'{"data": {')
_FAILED = "failed"
"""The outcome of a fetch without a reply."""
log = structlog.get_logger()


class HttpTransport:
    """The engine's transport over HTTP.

    Args:
        urls: Subgraph name to the address of its GraphQL endpoint, or to several by commas.
        minter: Signs the internal tokens; None sends none (`standalone`).
        idle_seconds: A connection that was idle for so long is not used again.

    Attributes:
        replicas: Subgraph name, in lower case, to its replicas; it follows `add` and `follow`.
    """

    def __init__(
        self, urls: Mapping[str, str], minter: TokenMinter | None, *, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._minter = minter
        self._tokens: dict[tuple[Principal, str], tuple[float, str]] = {}
        self._idle_seconds = idle_seconds
        self._urls: dict[str, str] = {}
        self._clients: dict[str, Client] = {}
        self.replicas: dict[str, Replicas] = {}
        self.add(urls)

    def add(self, urls: Mapping[str, str]) -> list[Replicas]:
        """Send to these subgraphs too, and to those that have moved at their new addresses.

        Args:
            urls: Subgraph name to the address of its GraphQL endpoint, or to several by commas.

        Returns:
            The replicas of the new and moved ones, not open yet.

        Raises:
            ValueError: An address is none; nothing has changed.
        """
        moved = {name.lower(): url for name, url in urls.items() if self._urls.get(name.lower()) != url}
        made = {name: Replicas(url, subgraph=name) for name, url in moved.items()}
        for name, replicas in made.items():
            self._clients[name] = Client(replicas, most_bytes=_MOST_BYTES, idle_seconds=self._idle_seconds)
        self.replicas |= made
        self._urls |= moved
        return list(made.values())

    async def follow(self, urls: Mapping[str, str]) -> None:
        """Send to these subgraphs from now on, inside the running loop.

        Those that are gone keep their clients for operations under way, but no idle connections.

        Args:
            urls: As in `add`.

        Raises:
            ValueError: An address is none; nothing has changed.
        """
        before = dict(self.replicas)
        for replicas in self.add(urls):
            await replicas.open()
        for name in self._urls.keys() - {name.lower() for name in urls}:
            del self._urls[name]
        for name, replicas in before.items():
            if name not in self._urls or self.replicas[name] is not replicas:
                await replicas.close()

    async def open(self) -> None:
        """Begin to follow where the subgraphs are, inside the running loop."""
        for replicas in self.replicas.values():
            await replicas.open()

    async def close(self) -> None:
        """Close the pools."""
        for replicas in self.replicas.values():
            await replicas.close()

    async def send(self, call: Call, context: Any) -> bytes:
        """POST one fetch and return the reply's body, whatever its HTTP status.

        Raises:
            TransportError: No address, no connection, no complete reply in time; it never names a host. For a mutation
                that was sent and not replied to its code is `OUTCOME_UNKNOWN`: it may have taken effect.
        """
        client = self._clients.get(call.subgraph.lower())
        if client is None:
            raise TransportError(call.subgraph)
        began, span = time.monotonic(), _span_of(call, context)
        outcome, code = _FAILED, INTERNAL.code
        try:
            headers, changes = self.headers(call.subgraph, context), call.kind == "mutation"
            if span is not INVALID_SPAN:
                headers["traceparent"] = traceparent_of(span) or context.traceparent
            deadline = context.deadline + (_MUTATION_SECONDS if changes else 0.0)
            reply = await client.post(call.body, headers, deadline, repeatable=call.kind == "query", span=span)
            outcome, code = _judged(reply)
        except (HttpError, OSError, TimeoutError, ValueError) as error:
            said = request_of(context.traceparent, context.request)
            log.warning("subgraph call failed", subgraph=call.subgraph, error=type(error).__name__, **said)
            code = UNKNOWN_OUTCOME if call.kind == "mutation" and _was_sent(error) else UNREACHABLE
            raise TransportError(call.subgraph, code) from error
        finally:
            _count(call, outcome, code, time.monotonic() - began)
            if span is not INVALID_SPAN:
                _end(span, outcome, code)
        return reply

    def headers(self, subgraph: str, context: RequestContext) -> dict[str, str]:
        """The headers of a fetch: the principal, as a token for this subgraph alone, the time left, the trace."""
        headers = {
            "Accept-Language": context.language,
            REMAINING: str(max(int((context.deadline - time.monotonic()) * 1000), 0)),
            "traceparent": context.traceparent,
        }
        if self._minter:
            headers["Authorization"] = f"Bearer {self._token(context.principal, subgraph)}"
        if context.request:
            headers["X-Request-Id"] = context.request
        if context.idempotency_key:
            headers["Idempotency-Key"] = context.idempotency_key
        return headers

    def _token(self, principal: Principal, subgraph: str) -> str:
        assert self._minter  # noqa: S101 - the caller has asked
        cached = self._tokens.get((principal, subgraph))
        now = time.monotonic()
        if cached and cached[0] > now:
            return cached[1]
        if len(self._tokens) >= _TOKENS:
            self._tokens.clear()
        token = self._minter.mint(principal, subgraph.lower())
        self._tokens[principal, subgraph] = (now + _TOKEN_SECONDS, token)
        return token


def _judged(reply: bytes) -> tuple[str, str]:
    """What became of a fetch by its reply, and the worst code; it is parsed only where it may hold errors."""
    if reply.startswith(_DATA) and reply[-2:].rstrip().endswith(b"}") and b'"errors"' not in reply:
        return Outcome.OK, ""
    try:
        content = orjson.loads(reply)
    except ValueError:
        return Outcome.ERROR, MALFORMED
    if not is_reply(content):
        return Outcome.ERROR, MALFORMED
    errors = content.get("errors")
    return judged(codes_of(errors if isinstance(errors, list) else None))


def _count(call: Call, outcome: str, code: str, seconds: float) -> None:
    histogram, counter, entities = _series(call.subgraph, outcome, bounded(code))
    histogram.observe(seconds)
    counter.inc()
    if call.representations:
        entities.observe(call.representations)


@cache
def _series(subgraph: str, outcome: str, code: str) -> tuple[Histogram, Counter, Histogram]:
    """What counts the fetches with these labels, which are bounded."""
    return (
        FETCHES.labels(subgraph, outcome),
        FETCH_CODES.labels(subgraph, outcome, code),
        FETCHED_ENTITIES.labels(subgraph),
    )


def _span_of(call: Call, context: RequestContext) -> Span:
    """The span of a fetch in the request's trace; `INVALID_SPAN` where it would not be recorded."""
    if not records(context.traceparent):
        return INVALID_SPAN
    told: dict[str, str | int] = {
        "guopei.subgraph": call.subgraph,
        "graphql.operation.type": call.kind,
        "http.request.body.size": len(call.body),
        "guopei.representations": call.representations,
    }
    span = span_in(context.traceparent, f"fetch {call.subgraph}", SpanKind.CLIENT)
    span.set_attributes(told)
    return span


def _end(span: Span, outcome: str, code: str) -> None:
    span.set_attribute("guopei.outcome", outcome)
    if code:
        span.set_attribute("guopei.code", code)
    if outcome in {_FAILED, Outcome.ERROR}:
        span.set_status(Status(StatusCode.ERROR))
    span.end()


def _was_sent(error: Exception) -> bool:
    """Whether a call that failed so may have reached the subgraph and been executed."""
    return isinstance(error, TimeoutError) or (isinstance(error, HttpError) and error.sent)
