"""Structured logs, Prometheus metrics and trace context of a process."""

import logging
import sys

import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram

PUBLISHED = Counter("guopei_events_published_total", "Events confirmed by the broker", ["service"])
RETURNED = Counter("guopei_events_refused_total", "Publishes returned, nacked or timed out; tried again", ["service"])
PENDING = Gauge("guopei_outbox_pending", "Aggregates with waiting events at the last look", ["service"])
CONSUMED = Counter("guopei_events_consumed_total", "Events whose effect is committed", ["queue"])
DUPLICATES = Counter("guopei_events_duplicate_total", "Deliveries dropped by the inbox", ["queue"])
DEAD_LETTERS = Counter("guopei_events_dead_total", "Deliveries given up", ["queue"])
REQUESTS = Histogram("guopei_graphql_seconds", "Time to answer a GraphQL request", ["service"])

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


def configure_traces(service: str, exporter: SpanExporter | None = None) -> None:
    """Record spans and hand them to `exporter`; without one, only the context is passed on."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    if exporter:
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
