"""What callers may spend: a rate of cost for each account, and for each address that is not signed in (ADR 46).

A token bucket a caller, kept as what is spent and not yet made good. It holds what a minute makes good, so a caller
never spends more than one minute's worth and the rate times the time.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache
from prometheus_client import Counter

from chassis.principal import Principal, Scope
from gateway.refusals import RATE_LIMITED

LIMITED = Counter("guopei_gateway_rate_limited", "Operations refused because the caller had spent too much", ["caller"])
MOST_CALLERS = 20_000
"""Accounts remembered, and as many addresses; who spent least recently is forgotten, and begins anew."""
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class SpendingSettings:
    """What callers may spend a minute, at all replicas together, in units of cost (`gateway.federation.cost`).

    An operation counts 1, its cost, and what a text costs that is read anew.

    Attributes:
        principal: An account that is signed in.
        address: All callers together that are not signed in and share a network address, as a school's do.
        trusted: Whether operations of trusted documents count too.
    """

    principal: int = 300_000
    address: int = 600_000
    trusted: bool = True

    def __post_init__(self) -> None:
        if min(self.principal, self.address) <= 0:
            raise ValueError("what callers may spend a minute must be above zero")


@dataclass(slots=True)
class _Spent:
    """What a caller has spent and not yet made good, at a time."""

    cost: float
    at: float


class Spending:
    """Counts what each caller spends at this process, which has its share of the replicas' rate.

    Args:
        settings: The rates.
        dearest: The most that one operation may count; it is possible however many replicas there are.
        now: The time in seconds, of a clock that never goes back.
    """

    def __init__(self, settings: SpendingSettings, dearest: float, now: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._dearest = dearest
        self._now = now
        self._replicas = 1
        self._accounts: LRUCache[str, _Spent] = LRUCache(MOST_CALLERS)
        self._addresses: LRUCache[str, _Spent] = LRUCache(MOST_CALLERS)

    def share_with(self, replicas: int) -> None:
        """Take from now on the share of one of so many processes, at least one."""
        self._replicas = max(1, replicas)

    def bill(self, principal: Principal, address: str) -> "Bill":
        """A bill for one operation.

        Args:
            principal: Who asks.
            address: The client's network address, which pays for callers that are not signed in.
        """
        if principal.scope is Scope.PUBLIC:
            return Bill(self, "address", self._addresses, address, self._settings.address)
        return Bill(self, "principal", self._accounts, principal.subject, self._settings.principal)

    def spend(self, bill: "Bill", cost: float) -> None:
        """Count a part of an operation's cost, unless the caller has spent too much.

        Raises:
            Refusal: `RATE_LIMITED` with `retryAfter`, the seconds until the whole operation can be paid; nothing more
                is counted.
        """
        now, rate = self._now(), bill.per_minute / self._replicas / _MINUTE
        most = max(rate * _MINUTE, self._dearest)
        before = bill.callers.get(bill.caller)
        spent = max(0.0, before.cost - (now - before.at) * rate) if before else 0.0
        if spent + cost > most:
            LIMITED.labels(bill.kind).inc()
            raise RATE_LIMITED(retryAfter=max(1, math.ceil((spent + bill.paid + cost - most) / rate)))
        bill.callers[bill.caller] = _Spent(spent + cost, now)


@dataclass(slots=True)
class Bill:
    """What one operation costs its caller; calling it counts a part.

    Attributes:
        spending: Where it is counted.
        kind: `principal` or `address`.
        callers: What the callers of that kind have spent.
        caller: Id of the account, or the address.
        per_minute: What the caller may spend a minute, at all replicas together.
        paid: What this operation has cost so far.
    """

    spending: Spending
    kind: str
    callers: LRUCache[str, _Spent]
    caller: str
    per_minute: int
    paid: float = 0.0

    def __call__(self, cost: float) -> None:
        """Count a part of the cost.

        Raises:
            Refusal: `RATE_LIMITED` with `retryAfter` in seconds.
        """
        self.spending.spend(self, cost)
        self.paid += cost
