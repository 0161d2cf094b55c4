"""What is seen of an operation: its trace, its metrics, and what they have in common (ADR 50)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry.trace import INVALID_SPAN, Link, Span, SpanKind, Status, StatusCode, get_current_span
from prometheus_client import Counter, Histogram

from chassis.runtime.outcomes import OTHER, SUBSCRIPTION, Outcome, codes_at_end, count_request, judged
from chassis.runtime.telemetry import context_of, is_traced, traceparent_of, tracer
from gateway.federation.trail import Stage, Trail
from gateway.http.context import new_traceparent
from gateway.protection.trusted_documents import digest

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
CACHE_HITS = Counter("guopei_cache_hits_total", "Results that were there already", ["cache"])
CACHE_MISSES = Counter("guopei_cache_misses_total", "Results that had to be made", ["cache"])
_CACHES = {
    (cache, cached): (CACHE_HITS if cached else CACHE_MISSES).labels(cache)
    for cache in ("documents", "plans")
    for cached in (True, False)
}
PLAN_SECONDS = Histogram("guopei_plan_seconds", "Time to plan and compile an operation anew", buckets=_SECONDS)


@dataclass(slots=True)
class Observation:
    """One operation of a client, from its arrival to its answer.

    Attributes:
        span: The root of its trace in this suite; one that records nothing where traces are off.
        traceparent: The W3C Trace Context that everything it causes belongs to.
        trail: Where the engine notes what it does.
        trusted: Whether its document is a trusted one, whose operation's name is then a label.
        query: The document's text, of which a trace has the hash; None before it is known.
        began: When it arrived, in `time.monotonic()` seconds.
    """

    span: Span
    traceparent: str
    trail: Trail = field(default_factory=Trail)
    trusted: bool = False
    query: str | None = None
    began: float = field(default_factory=time.monotonic)
    _codes: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, client: str | None = None) -> "Observation":
        """Begin a trace, linked with the client's; it never continues that one, whose ids and sampling anybody chooses.

        Args:
            client: The client's `traceparent`.
        """
        if not is_traced():
            return cls(INVALID_SPAN, new_traceparent())
        linked = get_current_span(context_of(client)).get_span_context()
        span = tracer.start_span(
            "request", context=context_of(None), kind=SpanKind.SERVER, links=[Link(linked)] if linked.is_valid else ()
        )
        return cls(span, traceparent_of(span) or new_traceparent())

    def __enter__(self) -> list[str]:
        """End with the block, by the codes that it leaves in the list."""
        return self._codes

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.end(codes_at_end(kind, self.trail.kind, self._codes))

    def end(self, codes: Sequence[str]) -> None:
        """Count the operation, and end its span.

        Args:
            codes: The codes of its answer's errors (`codes_of`); of a stream, those of the last answer.
        """
        outcome, trail = judged(codes), self.trail
        operation = trail.operation if self.trusted and trail.operation else OTHER
        seconds = None if trail.kind == SUBSCRIPTION else time.monotonic() - self.began
        count_request("gateway", outcome, seconds, operation=operation, kind=trail.kind)
        _count_stage("documents", trail.reading)
        _count_stage("plans", trail.planning)
        if trail.planning and not trail.planning.cached:
            PLAN_SECONDS.observe(trail.planning.seconds)
        if self.span.is_recording():
            self._tell(outcome[0], codes, operation)
        self.span.end()

    def _tell(self, outcome: Outcome, codes: Sequence[str], operation: str) -> None:
        """Tell the span what is known: names, a hash and numbers, never a text or a value that the client wrote."""
        trail, span = self.trail, self.span
        kind = trail.kind or "request"
        span.update_name(kind if operation == OTHER else f"{kind} {operation}")
        told = {
            "graphql.operation.type": trail.kind or None,
            "graphql.operation.name": trail.operation,
            "guopei.document.sha256": None if self.query is None else digest(self.query),
            "guopei.document.trusted": self.trusted,
            "guopei.cost": trail.cost,
            "guopei.outcome": outcome.value,
            "guopei.codes": codes,
        }
        span.set_attributes({name: value for name, value in told.items() if value is not None})
        if outcome is Outcome.ERROR:
            span.set_status(Status(StatusCode.ERROR))
        self._tell_stage("parse and validate", trail.reading)
        self._tell_stage("plan", trail.planning)

    def _tell_stage(self, name: str, stage: Stage | None) -> None:
        if stage is None:
            return
        offset = time.time_ns() - int(time.monotonic() * 1e9)
        began, ended = (offset + int(seconds * 1e9) for seconds in (stage.began, stage.ended))
        span = tracer.start_span(name, context=context_of(self.traceparent), start_time=began)
        span.set_attribute("guopei.cached", stage.cached)
        span.end(ended)


def _count_stage(cache: str, stage: Stage | None) -> None:
    if stage is not None:
        _CACHES[cache, stage.cached].inc()
