"""Metrics and spans of the driver's commands, by name, collection and outcome, and its pools (ADR 50, ADR 73).

PyMongo's own listeners cost tens of microseconds a command, a tenth of a small read, for they get an object for each
step and leave the driver's short way (notes N99). Every command goes through one coroutine of the driver, which is
measured here instead; an import fails where the driver no longer has it.
"""

import inspect
import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakValueDictionary

from opentelemetry.trace import INVALID_SPAN
from prometheus_client import Counter, Gauge, Histogram
from pymongo import AsyncMongoClient
from pymongo.asynchronous import command_runner
from pymongo.errors import PyMongoError

from chassis.runtime.telemetry import command_span, fail_span

_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
SECONDS = Histogram("guopei_mongo_seconds", "Time of a command", ["command", "collection", "outcome"], buckets=_SECONDS)
ERRORS = Counter("guopei_mongo_errors_total", "Commands that failed", ["command", "code"])
IN_USE = Gauge("guopei_mongo_pool_in_use", "Connections that somebody uses")
WAITING = Gauge("guopei_mongo_pool_waiting", "Operations that wait for a connection")

OTHER = "other"
"""The collection, or the error, beyond those that are shown apart."""
_MOST_COLLECTIONS = 100
_NAME = re.compile(r"[a-z][a-z_.]{0,39}")
_CODE = re.compile(r"[A-Z][A-Za-z]{0,63}")
_CANCELLED = "cancelled"
_RUNNER = "_run_command"
_known: set[str] = set()
_clients: WeakValueDictionary[int, AsyncMongoClient[Any]] = WeakValueDictionary()
"""By their identity: PyMongo calls two clients of the same servers equal."""


def measure() -> None:
    """Measure every command of this process's clients; of the driver's own, which has no client, none.

    Raises:
        RuntimeError: The driver runs its commands in another way than this module knows.
    """
    run: Any = getattr(command_runner, _RUNNER, None)
    if run is not None and hasattr(run, "__wrapped__"):
        return
    if run is None or list(inspect.signature(run).parameters)[:3] != ["conn", "cmd", "dbname"]:
        raise RuntimeError("PyMongo runs commands in another way now: see whether notes N99 still holds")

    async def measured(conn: Any, cmd: Mapping[str, Any], dbname: str, *more: Any, **options: Any) -> Any:
        if options.get("client") is None:
            return await run(conn, cmd, dbname, *more, **options)
        name = next(iter(cmd))
        named = cmd.get("collection" if name == "getMore" else name)
        collection = _shown(named) if isinstance(named, str) else ""
        span = command_span(name, collection, dbname)
        began, code = time.perf_counter(), _CANCELLED
        try:
            result = await run(conn, cmd, dbname, *more, **options)
            code = ""
        except Exception as error:
            code = _code_of(error)
            ERRORS.labels(name, code).inc()
            raise
        finally:
            _series(name, collection, "failed" if code else "ok")(time.perf_counter() - began)
            if span is not INVALID_SPAN:
                if code:
                    fail_span(span, code)
                span.end()
        return result

    measured.__wrapped__ = run  # type: ignore[attr-defined]
    setattr(command_runner, _RUNNER, measured)


def watch(client: AsyncMongoClient[Any]) -> None:
    """Show the pools of a client for as long as it lives."""
    _clients[id(client)] = client


def _code_of(error: Exception) -> str:
    """The server's name of an error, else the driver's."""
    details = getattr(error, "details", None)
    code = details.get("codeName") if isinstance(details, Mapping) else None
    code = code or (type(error).__name__ if isinstance(error, PyMongoError | OSError) else "")
    return code if _CODE.fullmatch(code) else OTHER


@lru_cache(2_000)
def _shown(collection: str) -> str:
    """How a collection is called here; one that is one too many, or that only a tool could name, is `other`."""
    if collection and collection not in _known:
        if len(_known) >= _MOST_COLLECTIONS or not _NAME.fullmatch(collection):
            return OTHER
        _known.add(collection)
    return collection


@lru_cache(2_000)
def _series(command: str, collection: str, outcome: str) -> Callable[[float], None]:
    """What counts a command."""
    return SECONDS.labels(command, collection, outcome).observe


def _pools() -> list[Any]:
    """The pools of all clients, one for each member that a client knows; PyMongo tells of them by listeners only."""
    return [server.pool for client in tuple(_clients.values()) for server in tuple(client._topology._servers.values())]  # noqa: SLF001


IN_USE.set_function(lambda: sum(pool.active_sockets for pool in _pools()))
WAITING.set_function(lambda: sum(max(pool.operation_count - pool.active_sockets, 0) for pool in _pools()))
