"""Structured logs, Prometheus metrics and the trace context of a process."""

import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram
from structlog.stdlib import ProcessorFormatter

from chassis.context import current_act

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
BACKUP_TAKEN = Gauge(
    "guopei_backup_taken_seconds",
    "Up to when the newest examined backup reaches, since the epoch; 0 for none",
    ["service"],
)
BROKER_UNKNOWN = Gauge("guopei_broker_unknown", "1 while a relay holds back, for the broker has lost data", ["service"])
CONSUMED = Counter("guopei_events_consumed_total", "Events whose effect is committed", ["queue"])
DUPLICATES = Counter("guopei_events_duplicate_total", "Events whose effect was there already", ["queue"])
REDELIVERED = Counter("guopei_events_redelivered_total", "Deliveries the broker had made before", ["queue"])
RETRIED = Counter("guopei_events_retried_total", "Effects that failed and are tried again", ["queue"])
DEAD_LETTERS = Counter("guopei_events_dead_total", "Deliveries given up", ["queue"])
LOST_TIME = Counter("guopei_events_lost_time_total", "Events of a time that a restore has undone", ["queue"])
LAG_SECONDS = Histogram(
    "guopei_event_lag_seconds", "From an event's write to its committed effect", ["queue"], buckets=_SECONDS
)
LANE_ROWS = Histogram(
    "guopei_lane_rows", "Rows that one transaction of a lane took", ["service"], buckets=(1, 2, 5, 10, 20, 50, 100, 200)
)
LANE_WAITING = Gauge("guopei_lane_waiting", "Rows that wait for a lane", ["service"])
LANE_BUSY = Counter("guopei_lane_busy_total", "Rows refused because a lane was full", ["service"])
BROKER_CONNECTED = Gauge("guopei_broker_connected", "Whether a connection to the broker is open", ["connection"])
BROKER_RECONNECTS = Counter(
    "guopei_broker_reconnects_total", "How often a connection to the broker was opened again", ["connection"]
)
CONNECTIONS_REFUSED = Counter("guopei_connections_refused_total", "Connections ended by a bound", ["bound"])
REQUESTS = Histogram("guopei_graphql_seconds", "Time to answer a GraphQL request", ["service"])

_REASONS = {"PublishError": "returned", "DeliveryError": "nacked", "TimeoutError": "unconfirmed"}
_TRACEPARENT_PARTS = 4
_COLLECTOR = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROPAGATOR = TraceContextTextMapPropagator()
_UNSAMPLED = "-00"
_STATE = {"traced": False, "follows": False}
_PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS
tracer = trace.get_tracer("guopei")


def configure_logs(service: str, level: int = logging.INFO) -> None:
    """Log JSON lines to standard output, those of the standard library's loggers too.

    Args:
        service: The process's name, on every line.
        level: The lowest level that is logged.
    """

    def of_this_service(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line.setdefault("service", service)
        return line

    common: list[structlog.typing.Processor] = [
        of_this_service,
        structlog.processors.add_log_level,
        _name_the_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_passwords,
    ]
    structlog.configure(
        processors=[*common, structlog.processors.JSONRenderer(orjson.dumps, option=_PLAIN)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    foreign = [structlog.stdlib.add_logger_name, *common]
    write = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=foreign, processors=[ProcessorFormatter.remove_processors_meta, write])
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


_PASSWORD = re.compile(r"(://[^/\s:@]*:)[^/\s@]*@")


def _without_passwords(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take the passwords out of all addresses in a line; those in the text of an error are a library's."""
    for name, value in line.items():
        if isinstance(value, str) and "://" in value:
            line[name] = _PASSWORD.sub(r"\1***@", value)
    return line


def _name_the_trace(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the trace of the current act, which leads from the gateway to the effects of its events (notes N37)."""
    act = current_act()
    if act.traceparent or act.request:
        for name, value in request_of(act.traceparent, act.request).items():
            line.setdefault(name, value)
    return line


def request_of(traceparent: str | None, request: str | None) -> dict[str, str]:
    """What a log line says of the request that it belongs to.

    Args:
        traceparent: W3C Trace Context; its trace is the request's id, too, where no proxy gave one.
        request: The id that a trusted proxy gave.
    """
    trace_id = trace_of(traceparent)
    said = {"trace": trace_id} if trace_id else {}
    return said | {"request": request} if request else said


def trace_of(traceparent: str | None) -> str | None:
    """The trace id of a W3C `traceparent`; None where there is none."""
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) == _TRACEPARENT_PARTS else None


def configure_traces(service: str) -> None:
    """Send spans to the collector that OpenTelemetry's variables name, by OTLP over HTTP; without one make none.

    The context is passed on in any case. The library reads the other standard variables, those of sampling among them.

    Args:
        service: The process's name, `service.name` of its spans.
    """
    if not any(os.environ.get(name) for name in _COLLECTOR) or os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    _STATE["traced"] = True
    _STATE["follows"] = isinstance(provider.sampler, ParentBased)


def is_traced() -> bool:
    """Whether spans are made, so that what is told of them is worth finding out."""
    return _STATE["traced"]


def records(traceparent: str | None) -> bool:
    """Whether a span in this trace would be recorded; where it would not, none has to be made.

    Args:
        traceparent: The trace; None for a new one, of which the sampler decides.
    """
    unsampled = traceparent is not None and traceparent.endswith(_UNSAMPLED)
    return _STATE["traced"] and not (unsampled and _STATE["follows"])


def span_in(traceparent: str | None, name: str, kind: SpanKind = SpanKind.INTERNAL) -> Span:
    """A new span in a trace; `INVALID_SPAN` where it would not be recorded.

    Args:
        traceparent: The trace; None begins one.
        name: The span's name.
        kind: Its kind.
    """
    if not records(traceparent):
        return INVALID_SPAN
    return tracer.start_span(name, context_of(traceparent), kind)


@contextmanager
def current_span_in(traceparent: str | None, name: str, kind: SpanKind) -> Iterator[Span]:
    """As `span_in`; what would be recorded is the current span within the block, and ends with it."""
    span = span_in(traceparent, name, kind)
    if span is INVALID_SPAN:
        yield span
    else:
        with _within(span):
            yield span


@contextmanager
def joint_span(traceparents: Iterable[str | None], name: str) -> Iterator[None]:
    """Make what is done at once for several acts a span: in the first trace that is recorded, linked to the others.

    It is the current span within the block. Where none of the traces is recorded there is none.

    Args:
        traceparents: Of the acts, in their order.
        name: The span's name.
    """
    recorded = list(dict.fromkeys(each for each in traceparents if each and records(each))) if is_traced() else []
    if not recorded:
        yield
        return
    links = [Link(trace.get_current_span(context_of(other)).get_span_context()) for other in recorded[1:]]
    span = tracer.start_span(name, context_of(recorded[0]), links=links)
    with _within(span):
        yield


@contextmanager
def _within(span: Span, *, current: bool = True) -> Iterator[None]:
    """Make a span the current one, if it shall be, and end it; of an error it says the kind, never the text.

    The text may hold a person's data.
    """
    used = trace.use_span(span, record_exception=False, set_status_on_exception=False) if current else nullcontext()
    try:
        with used:
            yield
    except BaseException as error:
        fail_span(span, type(error).__name__)
        raise
    finally:
        span.end()


def command_span(operation: str, collection: str, database: str) -> Span:
    """The span of a command of the database within the current one, by the stable conventions of OpenTelemetry.

    It tells operation and collection, never a filter or a value. `INVALID_SPAN` where the current span, if there is
    one, is not recorded; then nothing is made.

    Args:
        operation: The command, such as `find`.
        collection: What it works on; empty for none.
        database: The database's name.
    """
    if not _STATE["traced"] or not trace.get_current_span().is_recording():
        return INVALID_SPAN
    told = {"db.system.name": "mongodb", "db.operation.name": operation, "db.namespace": database}
    if collection:
        told["db.collection.name"] = collection
    return tracer.start_span(f"{operation} {collection or database}", kind=SpanKind.CLIENT, attributes=told)


@contextmanager
def publish_span(traceparent: str | None, event: str, exchange: str) -> Iterator[None]:
    """The span of one publish to the broker, until its confirm, beside the event's effects in the trace of its cause.

    Args:
        traceparent: What the event carries; an event of no trace has no span.
        event: The event's type.
        exchange: Where it is published to.
    """
    if not traceparent or not records(traceparent):
        yield
        return
    told = {
        "messaging.system": "rabbitmq",
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "messaging.destination.name": exchange,
        "guopei.event": event,
    }
    with _within(
        tracer.start_span(f"publish {event}", context_of(traceparent), SpanKind.PRODUCER, told), current=False
    ):
        yield


def fail_span(span: Span, error_type: str) -> None:
    """Say on a span that what it tells of failed, by the error's kind and never by its text."""
    span.set_status(Status(StatusCode.ERROR))
    span.set_attribute("error.type", error_type)


def context_of(traceparent: str | None) -> Context:
    """The trace context of a W3C `traceparent`; an empty one for None."""
    return _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {})


def traceparent_of(span: Span) -> str | None:
    """The W3C `traceparent` of a span; None where no trace is recorded or passed on."""
    if span is INVALID_SPAN:
        return None
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(span))
    return carrier.get("traceparent")


def current_traceparent() -> str | None:
    """The `traceparent` of the current span; None outside a span."""
    return traceparent_of(trace.get_current_span())


def count_refused(service: str, error: Exception) -> None:
    """Count an event that the broker returned, refused or did not confirm, so that it was not sent (notes N24)."""
    REFUSED.labels(service, _REASONS.get(type(error).__name__, "failed")).inc()


def count_taken(queue: str, written: Sequence[datetime], new: int) -> None:
    """Count consumed events, once their effects are committed.

    Args:
        queue: The queue that they came from.
        written: When each event was written.
        new: How many of them had not taken effect before.
    """
    CONSUMED.labels(queue).inc(new)
    DUPLICATES.labels(queue).inc(len(written) - new)
    lag = LAG_SECONDS.labels(queue)
    now = datetime.now(UTC)
    for at in written:
        lag.observe((now - at).total_seconds())
