"""What became of requests, counted the same way in every process: by outcome and by code."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from typing import Any

from prometheus_client import Counter, Histogram

from kernel.refusals import INTERNAL

_LABELS = ("service", "route", "operation", "kind", "outcome")
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
HTTP_REQUESTS = Counter("guopei_http_requests_total", "Requests answered, by their worst code", [*_LABELS, "code"])
HTTP_SECONDS = Histogram("guopei_http_seconds", "Time to answer a request", _LABELS, buckets=_SECONDS)

OTHER = "other"
"""The operation of a request that is none of a trusted document; also a code beyond those that are counted apart."""
GRAPH = "/graphql"
SUBSCRIPTION = "subscription"
LEFT = "CLIENT_LEFT"
"""The code of a request whose client did not wait for the answer."""
UNCODED = "UNCODED"
"""The code of an error that has none."""
FAULTS = frozenset(
    {
        "BUSY",
        "DEADLINE_EXCEEDED",
        "INTERNAL",
        "OUTCOME_UNKNOWN",
        "SUBGRAPH_ERROR",
        "SUBGRAPH_MALFORMED_RESPONSE",
        "SUBGRAPH_OVERLOADED",
        "SUBGRAPH_UNREACHABLE",
        "SUBSCRIPTION_INTERRUPTED",
        "UNAVAILABLE",
        UNCODED,
    }
)
"""Codes by which the suite fails; any other code refuses what was asked."""
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_MOST_CODES = 300
_SERVER_ERROR, _CLIENT_ERROR = 500, 400
_known = set(FAULTS)


class Outcome(StrEnum):
    """What became of a request."""

    OK = "ok"
    REFUSED = "refused"
    ERROR = "error"


def codes_of(errors: Iterable[Any] | None) -> list[str]:
    """The codes of GraphQL errors, each once and in order.

    Args:
        errors: Errors as in a reply, of whatever form; None for none.
    """
    return sorted({_code_of(error) for error in errors}) if errors else []


def judged(codes: Iterable[str]) -> tuple[Outcome, str]:
    """What became of a request that met these codes, and the worst of them; an empty code where it met none."""
    codes = list(codes)
    if not codes:
        return Outcome.OK, ""
    fault = next((code for code in codes if code in FAULTS), None)
    return (Outcome.ERROR, fault) if fault else (Outcome.REFUSED, codes[0])


def judged_by_status(status: int, code: str | None = None) -> tuple[Outcome, str]:
    """What became of a request by the HTTP status of its reply.

    Args:
        status: The status.
        code: The refusal's code, where it is known.
    """
    if status < _CLIENT_ERROR:
        return Outcome.OK, ""
    outcome = Outcome.ERROR if status >= _SERVER_ERROR or code in FAULTS else Outcome.REFUSED
    return outcome, code or f"HTTP_{status}"


def count_request(
    service: str,
    outcome: tuple[Outcome, str],
    seconds: float | None,
    *,
    route: str = GRAPH,
    operation: str = OTHER,
    kind: str = "",
) -> None:
    """Count a request that has been answered.

    Args:
        service: The process's name.
        outcome: What became of it, and its worst code.
        seconds: How long that took; None for a stream, which lasts as long as its client wants.
        route: Its path, as a template.
        operation: The name of its operation in a trusted document, else `other`: anybody may invent names.
        kind: `query`, `mutation` or `subscription`; the method of what is no graph; empty where it is not known.
    """
    became, code = outcome
    counter, histogram = _series(service, route, operation, kind, str(became), bounded(code))
    counter.inc()
    if seconds is not None:
        histogram.observe(seconds)


@cache
def _series(*labels: str) -> tuple[Counter, Histogram]:
    """The counter and the histogram of these labels, which are bounded; finding them takes longer than counting."""
    return HTTP_REQUESTS.labels(*labels), HTTP_SECONDS.labels(*labels[:-1])


def codes_at_end(error: type[BaseException] | None, kind: str, codes: list[str]) -> list[str]:
    """The codes by which an operation ended.

    Args:
        error: The type of the exception that ended it, if any.
        kind: The operation's kind; the client of a subscription ends that whenever it wants.
        codes: Those of its answer.
    """
    if error is None or issubclass(error, GeneratorExit):
        return codes
    if issubclass(error, Exception):
        return [INTERNAL.code]
    return [] if kind == SUBSCRIPTION else [LEFT]


@contextmanager
def counting(service: str, kind: str) -> Iterator[list[str]]:
    """Count an operation by the codes that the block leaves in the list.

    Args:
        service: The process's name.
        kind: `query`, `mutation` or `subscription`.
    """
    began, codes = time.monotonic(), list[str]()
    ended: type[BaseException] | None = None
    try:
        yield codes
    except BaseException as error:
        ended = type(error)
        raise
    finally:
        seconds = None if kind == SUBSCRIPTION else time.monotonic() - began
        count_request(service, judged(codes_at_end(ended, kind, codes)), seconds, kind=kind)


def bounded(code: str) -> str:
    """A code as a label: of codes that no process here can know, the first few hundred, then `other`."""
    if not code or code in _known:
        return code
    if len(_known) >= _MOST_CODES or not _CODE.fullmatch(code):
        return OTHER
    _known.add(code)
    return code


def _code_of(error: Any) -> str:
    extensions = error.get("extensions") if isinstance(error, Mapping) else None
    code = extensions.get("code") if isinstance(extensions, Mapping) else None
    return code if isinstance(code, str) and code else UNCODED
