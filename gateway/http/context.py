"""What a client's request hands on to every fetch it causes."""

import math
import time
from dataclasses import dataclass, field

from chassis.principal import ANONYMOUS, Principal


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The allow-list of what a subgraph learns of a request.

    Attributes:
        principal: Who asks.
        language: `Accept-Language`.
        idempotency_key: `Idempotency-Key`.
        traceparent: W3C Trace Context.
        deadline: `time.monotonic()` by which the client is answered (facts 17).
        expires: `time.time()` at which the caller's token ends.
    """

    principal: Principal = ANONYMOUS
    language: str = "zh-CN"
    idempotency_key: str | None = None
    traceparent: str | None = None
    deadline: float = field(default_factory=lambda: time.monotonic() + 10.0)
    expires: float = math.inf
