"""Limits of concurrent subscriptions: each holds a connection here and one at its subgraph."""

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
    """The most concurrent streams; a WebSocket counts as one, and each of its operations as another.

    Attributes:
        principal: Per principal, or per address for callers that are not signed in.
        process: In this gateway process.
    """

    principal: int = 20
    process: int = 5_000


class StreamLimits:
    """Counts the streams of this process.

    Args:
        settings: The limits.
    """

    def __init__(self, settings: StreamLimitSettings) -> None:
        self._settings = settings
        self._open: Counter[tuple[Principal, str]] = Counter()

    @contextmanager
    def hold(self, principal: Principal, address: str = "") -> Iterator[None]:
        """Count one stream while the block lasts.

        Args:
            principal: Who opens it.
            address: The client's network address, by which callers that are not signed in are counted.

        Raises:
            Refusal: `TOO_MANY_SUBSCRIPTIONS` with `limit`; `OVERLOADED` if the process has reached its limit.
        """
        limits, holder = self._settings, (principal, address if principal.scope is Scope.PUBLIC else "")
        if self._open[holder] >= limits.principal:
            raise TOO_MANY_SUBSCRIPTIONS(limit=limits.principal)
        if self._open.total() >= limits.process:
            raise OVERLOADED()
        self._open[holder] += 1
        STREAMS.inc()
        try:
            yield
        finally:
            STREAMS.dec()
            self._open[holder] -= 1
            if not self._open[holder]:
                del self._open[holder]
