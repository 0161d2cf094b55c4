"""Structured logs, Prometheus metrics and trace context of a process."""

import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0, 300.0)

PUBLISHED = Counter("guopei_events_published_total", "Events confirmed by the broker", ["service"])
REFUSED = Counter(
    "guopei_events_refused_total", "Publishes the broker returned, nacked or left unconfirmed", ["service", "reason"]
)
PUBLISH_SECONDS = Histogram(
    "guopei_event_publish_seconds", "From an event's write to its confirm", ["service"], buckets=_SECONDS
)
PENDING = Gauge("guopei_outbox_pending", "Aggregates whose events wait to be published", ["service"])
OLDEST_SECONDS = Gauge("guopei_outbox_oldest_seconds", "Age of the oldest event that waits", ["service"])
CONSUMED = Counter("guopei_events_consumed_total", "Events whose effect is committed", ["queue"])
DUPLICATES = Counter("guopei_events_duplicate_total", "Events whose effect was there already", ["queue"])
REDELIVERED = Counter("guopei_events_redelivered_total", "Deliveries the broker had made before", ["queue"])
RETRIED = Counter("guopei_events_retried_total", "Effects that failed and are tried again", ["queue"])
DEAD_LETTERS = Counter("guopei_events_dead_total", "Deliveries given up", ["queue"])
LAG_SECONDS = Histogram(
    "guopei_event_lag_seconds", "From an event's write to its committed effect", ["queue"], buckets=_SECONDS
)
REQUESTS = Histogram("guopei_graphql_seconds", "Time to answer a GraphQL request", ["service"])

_REASONS = {"PublishError": "returned", "DeliveryError": "nacked", "TimeoutError": "unconfirmed"}
_PROPAGATOR = TraceContextTextMapPropagator()
tracer = trace.get_tracer("guopei")


def configure_logs(service: str, level: int = logging.INFO) -> None:
    """Log JSON lines to standard output; the standard library's loggers go the same way."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(
        stream=sys.stdout, level=logging.WARNING, format='{"level": "%(levelname)s", "event": "%(name)s"}'
    )


def configure_traces(service: str, file: Path | None = None) -> None:
    """Record spans and append them to a file, a line of JSON each; without one, only the context is passed on."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if file:
        out = file.open("a", encoding="utf-8")
        exporter = ConsoleSpanExporter(out=out, formatter=lambda span: span.to_json(indent=None) + "\n")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def context_of(traceparent: str | None) -> Context:
    """The trace context that a W3C `traceparent` names."""
    return _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {})


def current_traceparent() -> str | None:
    """The `traceparent` of the span under way, None outside one."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def count_refused(service: str, error: Exception) -> None:
    """Count a publish that is not to be taken for sent (notes N24)."""
    REFUSED.labels(service, _REASONS.get(type(error).__name__, "failed")).inc()


def count_taken(queue: str, events: Sequence[datetime], fresh: int) -> None:
    """Count events whose effect is committed.

    Args:
        queue: Where they came from.
        events: When each was written.
        fresh: How many had no effect before.
    """
    CONSUMED.labels(queue).inc(fresh)
    DUPLICATES.labels(queue).inc(len(events) - fresh)
    lag = LAG_SECONDS.labels(queue)
    now = datetime.now(UTC)
    for at in events:
        lag.observe((now - at).total_seconds())
