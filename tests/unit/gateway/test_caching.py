"""ADR 48: what caches may keep, and what they must not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.federation.engine import Engine
from gateway.http.graphql import GraphQLEndpoint, graphql_routes
from gateway.http.lifespan import Lifespan, application
from gateway.http.operations import Operations
from gateway.http.transport import HttpTransport
from gateway.protection import Limits
from tests.support.fixtures import supergraph
from tests.unit.gateway.following import holder
from tests.unit.gateway.serving import Browser, Subgraph, json_reply, served

PROVINCES = "{ provinces { code name } }"
DATA = {"data": {"provinces": [{"code": "44", "name": "广东省"}]}}
FAILED = {"data": {"provinces": None}, "errors": [{"message": "x", "path": ["provinces"]}]}


@asynccontextmanager
async def gateway(answer: Any = DATA) -> AsyncIterator[Browser]:
    """A gateway with logins, in front of a catalog that answers so."""
    async with served(Subgraph(json_reply(answer)).app()) as behind:
        transport = HttpTransport({"catalog": f"{behind.url}/graphql"}, None)
        operations = Operations(Engine(supergraph(), transport), holder())
        routes = graphql_routes(GraphQLEndpoint(operations, Limits(), get_queries=True))
        async with served(application(routes, Lifespan((transport,)))) as browser:
            yield browser


async def test_the_publics_answer_may_be_kept_and_a_repeat_is_answered_with_304() -> None:
    async with gateway() as browser:
        first = await browser.send("GET", "/graphql", params={"query": PROVINCES})
        assert (first.status, first.json) == (200, DATA)
        assert first.headers["cache-control"] == "public, max-age=3600"
        assert first.headers["vary"] == "Accept-Language, Authorization, Accept, Accept-Encoding"
        tag = first.headers["etag"]
        for known in (tag, f'"x", W/{tag}'):
            again = await browser.send("GET", "/graphql", params={"query": PROVINCES}, headers={"If-None-Match": known})
            assert (again.status, again.text, again.headers["etag"]) == (304, "", tag)
            assert again.headers["cache-control"] == "public, max-age=3600"
        other = await browser.send("GET", "/graphql", params={"query": PROVINCES}, headers={"If-None-Match": '"x"'})
        assert (other.status, other.json) == (200, DATA)


async def test_a_post_says_for_how_long_and_has_no_tag() -> None:
    async with gateway() as browser:
        answer = await browser.graphql(PROVINCES)
        assert answer.headers["cache-control"] == "public, max-age=3600"
        assert "etag" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_answer_of_who_is_signed_in_is_never_kept(method: str) -> None:
    """Nor is that of who sends another scheme's credentials, or none that is valid."""
    async with gateway() as browser:
        sent: dict[str, Any] = {"params": {"query": PROVINCES}} if method == "GET" else {"json": {"query": PROVINCES}}
        for authorization in ("Bearer t", "Bearer wrong", "Basic eDp5", ""):
            answer = await browser.send(method, "/graphql", headers={"Authorization": authorization}, **sent)
            assert answer.headers["cache-control"] == "no-store", authorization
            assert "etag" not in answer.headers


async def test_errors_are_never_kept() -> None:
    async with gateway(FAILED) as browser:
        for query in (PROVINCES, "{ nothing }", "{ provinces { code } me { id } }"):
            answer = await browser.send("GET", "/graphql", params={"query": query})
            assert answer.json["errors"]
            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers
