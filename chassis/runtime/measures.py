"""What a process measures of itself: its loop, the collector, its driver, leases, timers, keys and build (ADR 73).

Labels are closed sets: no metric has an id, a login name or anybody's words as a label.
"""

import gc
import os
import platform
import time
from collections.abc import Callable, Iterable, Sized
from typing import Literal

from prometheus_client import Counter, Gauge, Histogram

_PAUSES = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_FULL = 2  # the collector's oldest generation, whose collections are the long ones (notes N61)
LOOP_LAG = Histogram("guopei_loop_lag_seconds", "How late the event loop runs what is due", buckets=_PAUSES)
GC_PAUSE = Histogram("guopei_gc_pause_seconds", "Pauses of the collector's full runs", buckets=_PAUSES)
CANARY_AGE = Gauge("guopei_driver_canary_age_seconds", "Since the database's driver last answered")
CLOCK_SKEW = Gauge("guopei_clock_skew_seconds", "By how much this clock is ahead of the database's")
IN_FLIGHT = Gauge("guopei_http_in_flight", "Requests under way, streams among them")
CONNECTIONS = Gauge("guopei_http_connections", "Open connections of clients")
KEY_KNOWN = Gauge("guopei_key_known", "1 for each public key that internal tokens are checked with", ["kid"])
BUILD = Gauge("guopei_build_info", "1; what runs here", ["service", "version", "python"])
LEASE_HELD = Gauge("guopei_lease_held", "1 while this process holds the lease", ["lease"])
LEASE_CHANGES = Counter("guopei_lease_changes_total", "How often this process has taken or lost the lease", ["lease"])
TIMER_SUCCESS = Gauge(
    "guopei_timer_last_success_seconds", "When an act of a timer last ended well, since the epoch", ["timer", "act"]
)
_since = [0.0]


def say_build(service: str) -> None:
    """Show what runs here, and measure the collector's pauses from now on.

    Args:
        service: The process's name.
    """
    BUILD.labels(service, os.environ.get("GUOPEI_VERSION", "development"), platform.python_version()).set(1)
    if _collected not in gc.callbacks:
        gc.callbacks.append(_collected)


def _collected(phase: Literal["start", "stop"], info: dict[str, int]) -> None:
    if info["generation"] != _FULL:
        return
    if phase == "start":
        _since[0] = time.perf_counter()
    else:
        GC_PAUSE.observe(time.perf_counter() - _since[0])


def say_keys(kids: Iterable[str | None]) -> None:
    """Show the keys that this process checks internal tokens with, so that a rotation can wait for all of them."""
    KEY_KNOWN.clear()
    for kid in kids:
        KEY_KNOWN.labels(kid or "").set(1)


def watch_server(tasks: Sized, connections: Sized) -> None:
    """Show how many requests and connections a server has, counted when somebody asks.

    Args:
        tasks: The server's running requests.
        connections: Its open connections.
    """
    IN_FLIGHT.set_function(tasks.__len__)
    CONNECTIONS.set_function(connections.__len__)


def watch_driver(age: Callable[[], float]) -> None:
    """Show how long the database's driver has not answered.

    Args:
        age: Seconds since its last answer.
    """
    CANARY_AGE.set_function(age)


class Holding:
    """Shows that a lease is held for as long as the block lasts.

    Args:
        lease: The lease's name.
    """

    def __init__(self, lease: str) -> None:
        self._held, self._changes = LEASE_HELD.labels(lease), LEASE_CHANGES.labels(lease)

    def __enter__(self) -> None:
        self._changes.inc()
        self._held.set(1)

    def __exit__(self, *_: object) -> None:
        self._held.set(0)
        self._changes.inc()
