"""What stands between a plan's fetches and the network: sharing, retrying, breaking, queueing (notes N17).

Each concern is a page and wraps a transport in another; `guarded` puts them in order.
"""

from gateway.federation.engine import Transport
from gateway.resilience.bulkhead import OVERLOADED, Bulkhead
from gateway.resilience.circuit_breaker import CircuitBreaker
from gateway.resilience.retry import Retry
from gateway.resilience.settings import CallSettings
from gateway.resilience.single_flight import SingleFlight

__all__ = ["OVERLOADED", "Bulkhead", "CallSettings", "CircuitBreaker", "Retry", "SingleFlight", "guarded"]


def guarded(transport: Transport, settings: CallSettings) -> Transport:
    """The transport, guarded.

    An identical query shares the answer of one under way; what fails is tried again within a budget; a subgraph that
    keeps failing is left alone for a while; and no subgraph gets more at a time than it bears.
    """
    bulkhead = Bulkhead(transport, settings)
    return SingleFlight(Retry(CircuitBreaker(bulkhead, settings), settings))
