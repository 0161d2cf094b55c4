"""What stands between a plan's fetches and the network: sharing, retrying, breaking, queueing (notes N17).

Each concern is a page and wraps a transport in another; `guarded` puts them in order.
"""

from gateway.calls.breaking import Breaking
from gateway.calls.queueing import OVERLOADED, Queueing
from gateway.calls.retrying import Retrying
from gateway.calls.settings import CallSettings
from gateway.calls.sharing import Sharing
from gateway.federation.engine import Transport

__all__ = ["OVERLOADED", "Breaking", "CallSettings", "Queueing", "Retrying", "Sharing", "guarded"]


def guarded(transport: Transport, settings: CallSettings) -> Transport:
    """The transport, guarded.

    An identical query shares the answer of one under way; what fails is tried again within a budget; a subgraph that
    keeps failing is left alone for a while; and no subgraph gets more at a time than it bears.
    """
    queueing = Queueing(transport, settings)
    return Sharing(Retrying(Breaking(queueing, settings), settings))
