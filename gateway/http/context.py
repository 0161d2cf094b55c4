"""What every fetch that a client's request causes carries of it."""

import math
import random
import time
from dataclasses import dataclass, field

from chassis.principal import ANONYMOUS, Principal


def new_traceparent() -> str:
    """The first span of a new, sampled trace (W3C Trace Context, section 3.2)."""
    return f"00-{random.getrandbits(128) | 1:032x}-{random.getrandbits(64) | 1:016x}-01"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """All that a subgraph may learn of a request.

    Attributes:
        principal: Who asks.
        language: `Accept-Language`.
        idempotency_key: `Idempotency-Key`.
        traceparent: W3C Trace Context.
        deadline: When the client must be answered, in `time.monotonic()` seconds (notes N17).
        expires: When the caller's token expires, in `time.time()` seconds.
        address: The client's network address, for limits by address; not sent to subgraphs.
    """

    principal: Principal = ANONYMOUS
    language: str = "zh-CN"
    idempotency_key: str | None = None
    traceparent: str = field(default_factory=new_traceparent)
    deadline: float = field(default_factory=lambda: time.monotonic() + 10.0)
    expires: float = math.inf
    address: str = ""
