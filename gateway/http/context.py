"""What every fetch that a client's request causes carries of it."""

import math
import random
import re
import time
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from chassis.context import REQUEST_ID
from chassis.principal import ANONYMOUS, Principal
from chassis.runtime.telemetry import trace_of
from chassis.serving.connections import BY_PROXY

_HEADER = REQUEST_ID.encode("ascii")
_REQUEST = re.compile(rb"[A-Za-z0-9-]{16,64}")


def new_traceparent() -> str:
    """The first span of a new, sampled trace (W3C Trace Context, section 3.2)."""
    return f"00-{random.getrandbits(128) | 1:032x}-{random.getrandbits(64) | 1:016x}-01"


def given_request(connection: HTTPConnection) -> str | None:
    """The id that a trusted proxy has given to a request; anybody else may choose none."""
    if BY_PROXY not in connection.scope:
        return None
    for name, value in connection.scope["headers"]:
        if name == _HEADER:
            return value.decode("ascii") if _REQUEST.fullmatch(value) else None
    return None


def request_header(traceparent: str, request: str | None) -> tuple[bytes, bytes]:
    """The header of a reply by which its request is found in all logs."""
    return _HEADER, (request or trace_of(traceparent) or "").encode("ascii")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """All that a subgraph may learn of a request.

    Attributes:
        principal: Who asks.
        language: `Accept-Language`.
        idempotency_key: `Idempotency-Key`.
        traceparent: W3C Trace Context.
        request: The request's id, where a trusted proxy gave one; else the trace's id is the request's (ADR 73).
        deadline: When the client must be answered, in `time.monotonic()` seconds (notes N17).
        expires: When the caller's token expires, in `time.time()` seconds.
        address: The client's network address, for limits by address; not sent to subgraphs.
    """

    principal: Principal = ANONYMOUS
    language: str = "zh-CN"
    idempotency_key: str | None = None
    traceparent: str = field(default_factory=new_traceparent)
    request: str | None = None
    deadline: float = field(default_factory=lambda: time.monotonic() + 10.0)
    expires: float = math.inf
    address: str = ""
