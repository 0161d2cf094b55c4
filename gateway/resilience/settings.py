"""How calls to subgraphs are guarded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Settings of the calls to each subgraph; every gateway process counts for itself.

    Attributes:
        concurrent: Calls under way at a time.
        queue: Calls that may wait for one of those; the next is refused at once.
        retry_share: Retries by calls: of what succeeds or fails, this share may be tried again.
        retry_burst: Retries that may come at once after quiet times.
        breaker_calls: The latest calls by which a subgraph is judged.
        breaker_least: Of those, how many there must be before it is judged at all.
        breaker_share: The share of failures that opens the breaker.
        breaker_seconds: How long an open breaker waits before it lets one call through to try.
    """

    concurrent: int = 100
    queue: int = 200
    retry_share: float = 0.1
    retry_burst: float = 10.0
    breaker_calls: int = 50
    breaker_least: int = 20
    breaker_share: float = 0.5
    breaker_seconds: float = 2.0
