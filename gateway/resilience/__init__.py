"""Resilience of calls to subgraphs: single flight, retry, circuit breaker, bulkhead (notes N17).

Each is a transport that wraps another; `guarded` puts them in order.
"""

from gateway.federation.engine import Transport
from gateway.resilience.bulkhead import OVERLOADED, Bulkhead
from gateway.resilience.circuit_breaker import CircuitBreaker
from gateway.resilience.retry import Retry
from gateway.resilience.settings import CallSettings
from gateway.resilience.single_flight import SingleFlight

__all__ = ["OVERLOADED", "Bulkhead", "CallSettings", "CircuitBreaker", "Retry", "SingleFlight", "guarded"]


def guarded(transport: Transport, settings: CallSettings) -> Transport:
    """The transport behind all four guards, the outermost first: single flight, retry, circuit breaker, bulkhead.

    A retry passes the circuit breaker again, and a call that only waits for its turn is no failure of the subgraph.
    """
    bulkhead = Bulkhead(transport, settings)
    return SingleFlight(Retry(CircuitBreaker(bulkhead, settings), settings))
