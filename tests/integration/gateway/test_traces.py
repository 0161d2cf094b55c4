"""A gateway process sends its spans to a collector, over the wire, and nothing of what a client wrote in them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from bench.gateway.peers import free_port
from contracts.graph_files import SUPERGRAPH
from gateway.protection.trusted_documents import digest
from tests.support.eventually import eventually
from tests.support.otlp import Collector, Span, collecting
from tests.unit.gateway.serving import Browser, Subgraph, json_reply, served

SECRET = "a-word-that-only-the-client-wrote"
QUERY = f'query Ask($n: Int) {{ schools(first: $n, search: "{SECRET}") {{ nodes {{ code }} }} }}'
REPLY = {"data": {"schools": None}, "errors": [{"message": SECRET, "extensions": {"code": "UNAVAILABLE"}}]}
THEIRS = "1" * 32


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
async def subgraph() -> AsyncIterator[tuple[Subgraph, str]]:
    """The subgraph `enrollment`, and its address."""
    behind = Subgraph(json_reply(REPLY))
    async with served(behind.app()) as browser:
        yield behind, browser.url.removeprefix("http://")


@pytest.fixture
async def browser(collector: Collector, subgraph: tuple[Subgraph, str]) -> AsyncIterator[Browser]:
    """A client of a gateway process of its own."""
    port, (_, place) = free_port(), subgraph
    urls = f'{{"enrollment": "http://{place}/graphql"}}'
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "standalone", str(SUPERGRAPH), "--port", str(port)),
        env=os.environ | collector.environment | {"SUBGRAPH_URLS": urls},
        stdout=asyncio.subprocess.DEVNULL,
    )
    async with aiohttp.ClientSession() as http:
        browser = Browser(f"http://127.0.0.1:{port}", http)

        async def is_ready() -> bool:
            try:
                return (await browser.send("GET", "/readyz")).status == 200
            except aiohttp.ClientConnectionError:
                return False

        await eventually(is_ready)
        yield browser
    process.terminate()
    assert await process.wait() in {0, -15}


async def test_a_request_is_one_trace_of_stages_and_fetches(
    browser: Browser, collector: Collector, subgraph: tuple[Subgraph, str]
) -> None:
    behind, place = subgraph
    headers = {"traceparent": f"00-{THEIRS}-{'2' * 16}-01"}
    answer = await browser.graphql(QUERY, headers=headers, variables={"n": 17})
    _, trace, root, _ = answer.headers["traceresponse"].split("-")

    def whole() -> dict[str, Span]:
        found = {name: span for (_, name), span in collector.of(trace).items()}
        return found if len(found) == 4 else {}

    spans = await eventually(whole)
    request = spans["query"]
    assert (request.id, request.parent, request.links) == (root, "", (THEIRS,))
    assert request.attributes == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Ask",
        "guopei.document.sha256": digest(QUERY),
        "guopei.document.trusted": False,
        "guopei.cost": request.attributes["guopei.cost"],
        "guopei.outcome": "error",
        "guopei.codes": ["UNAVAILABLE"],
    }
    assert {span.parent for name, span in spans.items() if name != "query"} == {root}
    assert spans["plan"].attributes == spans["parse and validate"].attributes == {"guopei.cached": False}
    fetch = spans["fetch enrollment"]
    assert fetch.attributes == {
        "guopei.subgraph": "enrollment",
        "graphql.operation.type": "query",
        "http.request.body.size": fetch.attributes["http.request.body.size"],
        "guopei.representations": 0,
        "server.address": place,
        "guopei.outcome": "error",
        "guopei.code": "UNAVAILABLE",
    }
    assert behind.seen[-1]["traceparent"] == f"00-{trace}-{fetch.id}-03"
    assert SECRET not in repr(collector.spans)
    assert THEIRS not in {span.trace for span in collector.spans}


async def test_what_is_refused_before_it_is_read_has_a_trace_too(browser: Browser, collector: Collector) -> None:
    answer = await browser.send("POST", "/graphql", json={"query": 1})
    _, trace, _, _ = answer.headers["traceresponse"].split("-")
    await eventually(lambda: bool(collector.of(trace)))
    (span,) = collector.of(trace).values()
    assert (span.name, span.attributes["guopei.codes"]) == ("request", ["BAD_REQUEST"])
