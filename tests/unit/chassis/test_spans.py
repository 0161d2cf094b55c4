"""Spans are made where they would be recorded; without a collector, or in an unsampled trace, there are none."""

import json
import os
import subprocess
import sys

import pytest

_PROGRAM = """
import json
from opentelemetry.trace import INVALID_SPAN, SpanKind
from chassis.runtime.telemetry import configure_traces, current_span_in, current_traceparent, span_in, traceparent_of
configure_traces("test")
seen = {}
for name, flags in (("new", None), ("sampled", "01"), ("unsampled", "00")):
    trace = flags and f"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}"
    span = span_in(trace, "act")
    with current_span_in(trace, "act", SpanKind.SERVER) as current:
        is_current = traceparent_of(current) == current_traceparent()
    made = "recorded" if span.is_recording() else "none" if span is INVALID_SPAN else "passed on"
    seen[name] = made if is_current else "lost"
print(json.dumps(seen))
"""
_COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
_NONE = {"new": "none", "sampled": "none", "unsampled": "none"}


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ({}, _NONE),
        (_COLLECTOR | {"OTEL_TRACES_EXPORTER": "none"}, _NONE),
        (_COLLECTOR, {"new": "recorded", "sampled": "recorded", "unsampled": "none"}),
        (
            _COLLECTOR | {"OTEL_TRACES_SAMPLER": "parentbased_always_off"},
            {"new": "passed on", "sampled": "recorded", "unsampled": "none"},
        ),
        (
            _COLLECTOR | {"OTEL_TRACES_SAMPLER": "always_on"},
            {"new": "recorded", "sampled": "recorded", "unsampled": "recorded"},
        ),
    ],
)
def test_a_span_is_made_where_the_collector_would_get_it(settings: dict[str, str], made: dict[str, str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", f"{_PROGRAM}\nimport os, sys; sys.stdout.flush(); os._exit(0)"],  # exports nothing
        capture_output=True,
        text=True,
        check=True,
        env=environment | settings,
    )
    assert json.loads(done.stdout) == made
