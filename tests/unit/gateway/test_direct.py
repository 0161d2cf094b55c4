"""ADR 58: the short way to the graph answers as the long one would."""

import gzip
from typing import Any

import pytest

from gateway.federation.engine import Engine
from gateway.http.graphql import GraphQLEndpoint, graphql_routes
from gateway.http.lifespan import Lifespan, application
from gateway.http.operations import Operations
from gateway.http.transport import HttpTransport
from gateway.protection import Limits
from tests.support.fixtures import supergraph
from tests.unit.gateway.serving import Browser, Subgraph, json_reply, served

PROVINCES = "{ provinces { code name } }"
ORIGIN = "https://front.example"


def answer(rows: int) -> Any:
    return {"data": {"provinces": [{"code": "44", "name": "广东省"}] * rows}}


@pytest.mark.parametrize(("rows", "coding"), [(1, None), (100, "gzip")])
async def test_a_large_answer_is_compressed_and_a_small_one_is_not(rows: int, coding: str | None) -> None:
    async with served(Subgraph(json_reply(answer(rows))).app()) as behind:
        transport = HttpTransport({"catalog": f"{behind.url}/graphql"}, None)
        endpoint = GraphQLEndpoint(Operations(Engine(supergraph(), transport), None), Limits(), get_queries=True)
        async with served(application(graphql_routes(endpoint), Lifespan((transport,)), [ORIGIN])) as browser:
            headers = {"Accept-Encoding": "gzip", "Origin": ORIGIN}
            for method, more in (("POST", {"json": {"query": PROVINCES}}), ("GET", {"params": {"query": PROVINCES}})):
                assert await _coding_of(browser, method, headers, more) == coding
            assert (await browser.send("PUT", "/graphql")).code == "METHOD_NOT_ALLOWED"
            preflight = await browser.send(
                "OPTIONS", "/graphql", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
            )
            assert preflight.headers["access-control-allow-origin"] == ORIGIN


async def _coding_of(browser: Browser, method: str, headers: dict[str, str], more: dict[str, Any]) -> str | None:
    async with browser.http.request(
        method, f"{browser.url}/graphql", headers=headers, auto_decompress=False, **more
    ) as reply:
        raw, coding = await reply.read(), reply.headers.get("Content-Encoding")
        plain = gzip.decompress(raw) if coding else raw
        assert plain.startswith(b'{"data":{"provinces":[')
        assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
        return coding


@pytest.mark.parametrize(("by_get", "methods"), [(True, {"GET", "HEAD", "POST"}), (False, {"POST"})])
async def test_get_is_a_method_of_the_graph_only_where_queries_may_come_by_it(by_get: bool, methods: set[str]) -> None:
    async with served(Subgraph(json_reply(answer(1))).app()) as behind:
        transport = HttpTransport({"catalog": f"{behind.url}/graphql"}, None)
        endpoint = GraphQLEndpoint(Operations(Engine(supergraph(), transport), None), Limits(), get_queries=by_get)
        async with served(application(graphql_routes(endpoint), Lifespan((transport,)), [])) as browser:
            for method in ("PUT", "OPTIONS", *({"GET"} - methods)):
                refused = await browser.send(method, "/graphql")
                assert (refused.status, refused.code) == (405, "METHOD_NOT_ALLOWED")
                assert set(refused.headers["allow"].split(", ")) == methods
