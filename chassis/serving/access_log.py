"""One log line for an operation that somebody may ask about, the same ones in every process (ADR 43)."""

import time
from collections.abc import Sequence

import structlog

from chassis.runtime.telemetry import request_of

_SLOW_SECONDS = 0.2
_SAMPLED = "0"  # the last digit of one trace in sixteen
log = structlog.get_logger()


def log_operation(
    name: str | None,
    traceparent: str | None,
    started: float,
    codes: Sequence[str],
    *,
    changes: bool,
    request: str | None = None,
) -> None:
    """Log an operation that changed something, was refused or slow, and one in sixteen of the others.

    The choice is by the trace, so a request is in the logs of all processes that it went through, or of none.

    Args:
        name: The operation's name.
        traceparent: W3C Trace Context of the request.
        started: When it began, `time.monotonic()`.
        codes: The codes of the reply's errors.
        changes: Whether it is a mutation.
        request: The request's id, where a trusted proxy gave one.
    """
    seconds = time.monotonic() - started
    said = request_of(traceparent, request)
    if changes or codes or seconds >= _SLOW_SECONDS or said.get("trace", "").endswith(_SAMPLED):
        log.info("operation", operation=name, seconds=round(seconds, 4), codes=list(codes), **said)
