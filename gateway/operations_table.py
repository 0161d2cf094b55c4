"""The operations of front ends by what they cost: read from the metrics of running gateways, for `operations`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from prometheus_client.parser import text_string_to_metric_families

from chassis.runtime.outcomes import GRAPH

_BUCKETS = "guopei_http_seconds_bucket"
_SUM = "guopei_http_seconds_sum"
_REQUESTS = "guopei_http_requests_total"


@dataclass(slots=True)
class Row:
    """One operation of one kind, over all gateways.

    Attributes:
        operation: Its name in a trusted document, or `other`.
        kind: `query`, `mutation` or `subscription`; empty for what was refused before it was read.
        count: Requests answered.
        seconds: The time that all of them took together.
        codes: How many were refused or failed, by their worst code.
        buckets: Requests that took at most so many seconds, cumulative as in Prometheus.
    """

    operation: str
    kind: str
    count: float = 0.0
    seconds: float = 0.0
    codes: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    buckets: dict[float, float] = field(default_factory=lambda: defaultdict(float))

    def quantile(self, share: float) -> float | None:
        """The seconds within which a share of the requests was answered, by interpolation in the bucket; None for none.

        Of what took longer than the last bound, it is that bound.

        Args:
            share: From 0 to 1, such as 0.99.
        """
        bounds = sorted(self.buckets)
        if not bounds or not self.buckets[bounds[-1]]:
            return None
        rank = share * self.buckets[bounds[-1]]
        below, lower = 0.0, 0.0
        for bound in bounds:
            within = self.buckets[bound]
            if within >= rank and within > below:
                return lower if bound == inf else lower + (bound - lower) * (rank - below) / (within - below)
            below, lower = within, bound
        return lower


def rows_of(texts: Iterable[str]) -> list[Row]:
    """The operations, the dearest first: those that took the most time together.

    Args:
        texts: What `/metrics` of each gateway answered.
    """
    rows: dict[tuple[str, str], Row] = {}
    samples = (sample for text in texts for family in text_string_to_metric_families(text) for sample in family.samples)
    for sample in samples:
        labels = sample.labels
        if sample.name not in {_BUCKETS, _SUM, _REQUESTS} or labels.get("route") != GRAPH:
            continue
        key = labels["operation"], labels["kind"]
        row = rows.setdefault(key, Row(*key))
        if sample.name == _BUCKETS:
            row.buckets[float(labels["le"])] += sample.value
        elif sample.name == _SUM:
            row.seconds += sample.value
        else:
            row.count += sample.value
            if labels["code"]:
                row.codes[labels["code"]] += sample.value
    return sorted(rows.values(), key=lambda row: (-row.seconds, row.operation, row.kind))


def table_of(rows: Iterable[Row]) -> str:
    """The operations as aligned text: counts, milliseconds, and what refused or failed them."""
    cells = [("operation", "kind", "count", "total s", "p50 ms", "p99 ms", "codes")]
    cells += [
        (
            row.operation,
            row.kind or "-",
            f"{row.count:.0f}",
            f"{row.seconds:.1f}",
            _milliseconds(row.quantile(0.5)),
            _milliseconds(row.quantile(0.99)),
            " ".join(f"{code}={count:.0f}" for code, count in sorted(row.codes.items(), key=lambda it: -it[1])),
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.0f}"
