"""Metrics of the replicas that are known now: counted where requests are sent, read when somebody asks."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol
from weakref import WeakSet

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_MOST_REPLICAS = 50
"""Of each subgraph; more have no metrics of their own."""
_LABELS = ("subgraph", "replica")


class Watched(Protocol):
    """What is shown of a replica."""

    busy: int
    requests: int
    until: float

    @property
    def place(self) -> str:
        """IP address and port."""


class Group(Protocol):
    """The replicas of one subgraph."""

    subgraph: str

    @property
    def known(self) -> Sequence[Watched]:
        """Those that are known now."""


class ReplicaMetrics(Collector):
    """Requests, requests in flight and whether it is left alone, of each replica.

    Args:
        now: The clock that says until when a replica is left alone.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._groups: WeakSet[Group] = WeakSet()
        self._now = now

    def watch(self, group: Group) -> None:
        """Show the replicas of a subgraph for as long as they are used."""
        self._groups.add(group)

    def forget(self, group: Group) -> None:
        """Show them no longer."""
        self._groups.discard(group)

    def collect(self) -> Iterable[Metric]:
        """The metrics; a replica that is no longer known has none."""
        requests = CounterMetricFamily("guopei_gateway_replica_requests", "Requests to a replica", labels=_LABELS)
        in_flight = GaugeMetricFamily("guopei_gateway_replica_in_flight", "Requests under way", labels=_LABELS)
        ejected = GaugeMetricFamily("guopei_gateway_replica_ejected", "1 while a replica is left alone", labels=_LABELS)
        now = self._now()
        for group in self._groups:
            if group.subgraph:
                for replica in group.known[:_MOST_REPLICAS]:
                    labels = (group.subgraph, replica.place)
                    requests.add_metric(labels, replica.requests)
                    in_flight.add_metric(labels, replica.busy)
                    ejected.add_metric(labels, replica.until > now)
        return requests, in_flight, ejected

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are known when they are collected."""
        return ()


_METRICS = ReplicaMetrics()
REGISTRY.register(_METRICS)
watch, forget = _METRICS.watch, _METRICS.forget
