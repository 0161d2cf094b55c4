"""How many subscriptions there may be at a time: each holds a connection and a place in its subgraph."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Gauge

from chassis.principal import Principal, Scope
from gateway.refusals import OVERLOADED, TOO_MANY_SUBSCRIPTIONS

STREAMS = Gauge("guopei_gateway_streams", "Streams of answers that clients follow")


@dataclass(frozen=True, slots=True)
class StreamLimitSettings:
    """The most streams at a time; a WebSocket takes a seat, and so does each of its operations.

    Attributes:
        principal: Of one principal, or of one address that has not signed in; front ends share one stream between
            their views.
        process: Of this gateway process.
    """

    principal: int = 20
    process: int = 5_000


class StreamLimits:
    """The streams of this process.

    Args:
        settings: How many there may be.
    """

    def __init__(self, settings: StreamLimitSettings) -> None:
        self._settings = settings
        self._taken: Counter[tuple[Principal, str]] = Counter()

    @contextmanager
    def hold(self, principal: Principal, address: str = "") -> Iterator[None]:
        """Hold a seat; all who are not signed in are one principal, so these are told apart by their address.

        Raises:
            Refusal: `TOO_MANY_SUBSCRIPTIONS`, with `limit`; `OVERLOADED` where the process has no more.
        """
        most, whose = self._settings, (principal, address if principal.scope is Scope.PUBLIC else "")
        if self._taken[whose] >= most.principal:
            raise TOO_MANY_SUBSCRIPTIONS(limit=most.principal)
        if self._taken.total() >= most.process:
            raise OVERLOADED()
        self._taken[whose] += 1
        STREAMS.inc()
        try:
            yield
        finally:
            STREAMS.dec()
            self._taken[whose] -= 1
            if not self._taken[whose]:
                del self._taken[whose]
