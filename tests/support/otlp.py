"""A collector: it takes spans by OTLP over HTTP, as the specification has it, and keeps them."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

_PATH = "/v1/traces"
_PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True, slots=True)
class Span:
    """A span that has arrived; ids are in hex, an empty parent is none."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    attributes: dict[str, Any]

    @classmethod
    def of(cls, service: str, message: SpanMessage) -> Self:
        return cls(
            service,
            message.name,
            message.trace_id.hex(),
            message.span_id.hex(),
            message.parent_span_id.hex(),
            tuple(link.trace_id.hex() for link in message.links),
            {attribute.key: _value(attribute.value) for attribute in message.attributes},
        )


@dataclass(slots=True)
class Collector:
    """What has arrived, and where to send more."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a process send its spans here, soon."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}

    def of(self, trace: str) -> dict[tuple[str, str], Span]:
        """A trace's spans by service and name."""
        return {(span.service, span.name): span for span in list(self.spans) if span.trace == trace}

    def take(self, body: bytes) -> None:
        """Read one export.

        Raises:
            DecodeError: It is not one.
        """
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            named = {attribute.key: attribute.value.string_value for attribute in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans.extend(Span.of(named["service.name"], message) for message in scope.spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector on a free port, in a thread of its own, until the block ends."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path != _PATH or self.headers["Content-Type"] != _PROTOBUF:
                self.send_error(400)
                return
            collector.take(body)
            reply = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", _PROTOBUF)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(part) for part in value.array_value.values]
    return getattr(value, kind) if kind else None
