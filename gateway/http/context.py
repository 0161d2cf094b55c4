"""What a client's request hands on to every fetch it causes."""

import math
import random
import re
import time
from dataclasses import dataclass, field

from chassis.principal import ANONYMOUS, Principal

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def new_traceparent() -> str:
    """The first span of a new, sampled trace (W3C Trace Context, section 3.2)."""
    return f"00-{random.getrandbits(128) | 1:032x}-{random.getrandbits(64) | 1:016x}-01"


def traceparent_of(given: str | None) -> str:
    """The client's trace, or a new one where it sent none or nonsense."""
    return given if given and _TRACEPARENT.fullmatch(given) else new_traceparent()


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The allow-list of what a subgraph learns of a request.

    Attributes:
        principal: Who asks.
        language: `Accept-Language`.
        idempotency_key: `Idempotency-Key`.
        traceparent: W3C Trace Context, begun here where the client sent none.
        deadline: `time.monotonic()` by which the client is answered (notes N17).
        expires: `time.time()` at which the caller's token ends.
        address: Where it comes from, for what is counted by address; no subgraph learns it.
    """

    principal: Principal = ANONYMOUS
    language: str = "zh-CN"
    idempotency_key: str | None = None
    traceparent: str = field(default_factory=new_traceparent)
    deadline: float = field(default_factory=lambda: time.monotonic() + 10.0)
    expires: float = math.inf
    address: str = ""
