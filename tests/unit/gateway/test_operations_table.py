"""Operators see which operations of front ends cost most, and what fails them."""

import pytest

from gateway.operations_table import Row, rows_of
from gateway.protection.trusted_documents import TrustedDocuments, manifest
from tests.support.processes import command
from tests.unit.gateway.following import gateway
from tests.unit.gateway.serving import json_reply, measured
from tests.unit.gateway.test_observing import HEADERS, NAMED, REPLY, failing

TABLED = NAMED.replace("Schools", "Tabled")


def sample(name: str, value: float, operation: str = "A", **labels: str) -> str:
    all_labels = {"service": "gateway", "route": "/graphql", "operation": operation, "kind": "query", **labels}
    text = ",".join(f'{key}="{label}"' for key, label in all_labels.items())
    return f"{name}{{{text}}} {value}\n"


def test_replicas_are_added_and_the_dearest_comes_first() -> None:
    first = sample("guopei_http_seconds_sum", 1.5) + sample("guopei_http_seconds_sum", 2, "B")
    second = sample("guopei_http_seconds_sum", 1) + sample("guopei_http_seconds_sum", 9, "C", route="/exports")
    assert [(row.operation, row.seconds) for row in rows_of([first, second])] == [("A", 2.5), ("B", 2.0)]


def test_quantiles_lie_within_their_bucket() -> None:
    row = Row("A", "query", buckets={0.1: 50, 0.2: 98, 1.0: 99, float("inf"): 100})
    assert row.quantile(0.5) == pytest.approx(0.1)
    assert row.quantile(0.74) == pytest.approx(0.15)
    assert row.quantile(0.985) == pytest.approx(0.6)
    assert row.quantile(1) == 1.0  # nothing is known beyond the last bound
    assert Row("A", "query").quantile(0.5) is None


async def test_the_command_prints_count_times_and_codes_of_a_running_gateway() -> None:
    async with gateway(documents=TrustedDocuments(manifest([TABLED]))) as graph:
        graph.source.reply = json_reply(REPLY)
        await graph.browser.graphql(TABLED, headers=HEADERS)
        graph.source.reply = failing("INTERNAL")
        for _ in range(2):
            await graph.browser.graphql(TABLED, headers=HEADERS)
        async with measured() as url:
            done = await command("gateway", "operations", url)
    (line,) = [line.split() for line in done.out.splitlines() if line.startswith("Tabled")]
    assert (line[:3], line[-1]) == (["Tabled", "query", "3"], "INTERNAL=2")


async def test_a_gateway_that_does_not_answer_is_bad_usage() -> None:
    for url in ("http://127.0.0.1:9", "file:///etc/passwd"):
        done = await command("gateway", "operations", url)
        assert (done.code, url in done.error.replace("\n", "")) == (2, True), done
