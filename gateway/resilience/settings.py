"""Settings of the calls to subgraphs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Limits of the calls to each subgraph, per gateway process.

    Attributes:
        concurrent: The most concurrent calls.
        queue: The most calls that may wait for a free place; further calls are refused at once.
        retry_share: The retries that one call earns: 0.1 allows one retry for ten calls.
        retry_burst: The most retries that can be saved up.
        breaker_calls: How many of the latest calls a breaker looks at.
        breaker_least: The fewest calls, among those, on which a breaker can open.
        breaker_share: The share of failures, from 0 to 1, that opens a breaker.
        breaker_seconds: How long a breaker stays open before one call probes the subgraph.
        idle_seconds: A connection idle for so long is not used again; less than subgraphs, and what is in between, keep
            one open.
    """

    concurrent: int = 100
    queue: int = 200
    retry_share: float = 0.1
    retry_burst: float = 10.0
    breaker_calls: int = 50
    breaker_least: int = 20
    breaker_share: float = 0.5
    breaker_seconds: float = 2.0
    idle_seconds: float = 30.0
