"""Fetches: what a subgraph learns of a request, and what a client learns of a subgraph that fails (notes N17)."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from contracts.graph_files import SUPERGRAPH
from deploy.processes import SUBGRAPHS
from gateway.app import build_standalone
from gateway.federation.engine import Call, Engine, TransportError
from gateway.federation.errors import UNKNOWN_OUTCOME, UNREACHABLE
from gateway.http import transport as transport_module
from gateway.http.context import RequestContext
from gateway.http.graphql import GraphQLEndpoint
from gateway.http.operations import Operations
from gateway.http.transport import HttpTransport
from gateway.protection import Limits
from gateway.resilience import OVERLOADED
from gateway.settings import StandaloneSettings
from kernel.errors import Refusal
from tests.support.fixtures import supergraph
from tests.unit.gateway.serving import Answer, Subgraph, json_reply, served
from tests.unit.gateway.speaking import REFUSED, Server, listening

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
BASE = Principal("a1", Scope.BASE, organization="o1", bases=("b1",), name="韩工")
BODY = b'{"query":"{ __typename }"}'
DATA = {"data": {"rounds": [{"year": 2024}]}}


@asynccontextmanager
async def calling(subgraph: Subgraph) -> AsyncIterator[HttpTransport]:
    """A transport to that subgraph, which goes by two names."""
    async with served(subgraph.app()) as browser:
        address = f"{browser.url}/graphql"
        transport = HttpTransport({"catalog": address, "enrollment": address}, TokenMinter(KEYS))
        await transport.open()
        yield transport
        await transport.close()


async def ask(subgraph: Subgraph, query: str, **headers: str) -> Answer:
    """The answer of a whole gateway in front of that subgraph."""
    async with served(subgraph.app()) as behind:
        settings = StandaloneSettings(subgraph_urls={"catalog": f"{behind.url}/graphql"})
        async with served(build_standalone(SUPERGRAPH, settings)) as browser:
            return await browser.graphql(query, headers=headers)


async def test_each_subgraph_gets_a_token_of_its_own_and_no_other_takes_it() -> None:
    subgraph = Subgraph(json_reply(DATA))
    async with calling(subgraph) as transport:
        for name in ("catalog", "catalog", "enrollment"):
            await transport.send(Call(name, "query", BODY), RequestContext(BASE))
    first, again, other = [seen["authorization"].removeprefix("Bearer ") for seen in subgraph.seen]
    assert first == again != other
    assert TokenVerifier(KEYS, "catalog").verify(first) == BASE
    with pytest.raises(Refusal):
        TokenVerifier(KEYS, "enrollment").verify(first)


@pytest.mark.parametrize(("kind", "code"), [("query", UNREACHABLE), ("mutation", UNKNOWN_OUTCOME)])
async def test_of_a_mutation_that_came_too_late_it_is_not_said_that_it_failed(
    kind: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "_MUTATION_SECONDS", 0.0)
    told = asyncio.Event()
    told.set()
    async with calling(Subgraph(json_reply(DATA), told)) as transport:
        await transport.send(Call("catalog", kind, BODY), RequestContext(BASE))
        told.clear()
        with pytest.raises(TransportError) as late:
            await transport.send(Call("catalog", kind, BODY), RequestContext(BASE, deadline=time.monotonic() + 0.1))
        told.set()
    assert late.value.code == code


@pytest.mark.parametrize(("kind", "code"), [("query", UNREACHABLE), ("mutation", UNKNOWN_OUTCOME)])
async def test_of_a_mutation_whose_connection_broke_it_is_not_said_that_it_failed(kind: str, code: str) -> None:
    server = Server(lambda *_: None)
    async with listening(server) as port:
        transport = HttpTransport({"catalog": f"http://127.0.0.1:{port}/graphql"}, None)
        with pytest.raises(TransportError) as broken:
            await transport.send(Call("catalog", kind, BODY), RequestContext(BASE))
        await transport.close()
    assert (broken.value.code, len(server.requests)) == (code, 1)


@pytest.mark.parametrize("answer", [REFUSED, None], ids=["refused", "no connection"])
async def test_of_a_mutation_that_nobody_began_it_is_said_that_it_failed(answer: bytes | None) -> None:
    server = Server(lambda *_: answer)
    async with listening(server) as port:
        place = port if answer else 1
        transport = HttpTransport({"catalog": f"http://127.0.0.1:{place}/graphql"}, None)
        with pytest.raises(TransportError) as failed:
            await transport.send(Call("catalog", "mutation", BODY), RequestContext(BASE))
        await transport.close()
    assert failed.value.code == UNREACHABLE


async def test_a_subgraph_learns_the_allow_list_and_nothing_else() -> None:
    subgraph = Subgraph(json_reply(DATA))
    given = {"Accept-Language": "en", "Idempotency-Key": "k1"}
    await ask(subgraph, "{ rounds { year } }", **given, Cookie="a=b", Authorization="Bearer x", **{"X-Secret": "s"})
    (seen,) = subgraph.seen
    assert {name: seen[name.lower()] for name in given} == given
    assert not {"cookie", "authorization", "x-secret", "x-forwarded-for"} & seen.keys()


async def test_a_subgraph_learns_how_long_it_is_waited_for_and_which_trace_it_belongs_to() -> None:
    subgraph = Subgraph(json_reply(DATA))
    theirs = f"00-{'1' * 32}-{'2' * 16}-01"
    answers = [
        await ask(subgraph, "{ rounds { year } }", **given)
        for given in ({}, {"traceparent": "00-nonsense"}, {"traceparent": "00-" + "0" * 600}, {"traceparent": theirs})
    ]
    traces = [seen["traceparent"] for seen in subgraph.seen]
    assert len({*traces, theirs}) == 5  # a client's trace is never continued (ADR 50)
    assert [answer.headers["traceresponse"] for answer in answers] == traces
    assert all(re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", trace) for trace in traces)
    assert all(5_000 < int(seen["x-remaining-ms"]) <= 10_000 for seen in subgraph.seen)


async def test_no_room_for_anything_is_503_and_room_for_a_part_is_an_answer() -> None:
    class Full:
        async def send(self, call: Call, context: object) -> bytes:
            del context
            raise TransportError(call.subgraph, OVERLOADED)

    endpoint = GraphQLEndpoint(Operations(Engine(supergraph(), Full()), None), Limits())

    async def graphql(request: HttpRequest) -> Response:
        return await endpoint(request)

    async with served(Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])) as browser:
        answer = await browser.graphql("{ rounds { year } }")
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, OVERLOADED, "1")
        assert answer.json["errors"][0]["message"] == "所需服务繁忙，请稍后再试"
        assert (await browser.graphql("{ rounds { year } __typename }")).status == 200


async def test_an_answer_whose_databases_are_away_is_503_with_the_longest_of_their_times() -> None:
    """A client, a proxy or a balancer knows by the status that it may come again; a part of an answer is an answer."""

    class Away:
        reply = b'{"data":null,"errors":[{"message":"","extensions":{"code":"UNAVAILABLE","retryAfter":2}}]}'

        async def send(self, call: Call, context: object) -> bytes:
            del call, context
            return self.reply

    endpoint = GraphQLEndpoint(Operations(Engine(supergraph(), Away()), None), Limits())

    async def graphql(request: HttpRequest) -> Response:
        return await endpoint(request)

    async with served(Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])) as browser:
        answer = await browser.graphql("{ rounds { year } }")
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "UNAVAILABLE", "2")
        assert answer.json["errors"][0]["extensions"]["retryAfter"] == 2
        assert (await browser.graphql("{ rounds { year } __typename }")).status == 200


async def test_no_cookie_of_a_subgraph_is_kept() -> None:
    subgraph = Subgraph(json_reply(DATA, headers={"Set-Cookie": "session=1; Path=/"}))
    async with calling(subgraph) as transport:
        for _ in range(2):
            await transport.send(Call("catalog", "query", BODY), RequestContext(BASE))
    assert all("cookie" not in seen for seen in subgraph.seen)


@pytest.mark.parametrize(
    "reply",
    [
        Response("<h1>It works</h1>"),
        Response(status_code=500),
        json_reply([1]),
        json_reply({"message": "10.0.0.7 is sad"}, 502),
        Response(status_code=307, headers={"Location": "/graphql?again"}),
    ],
)
async def test_a_subgraph_that_speaks_no_graphql_nulls_its_fields_and_stays_unnamed(
    reply: Response,
) -> None:
    subgraph = Subgraph(reply)
    answer = await ask(subgraph, "{ rounds { year } __typename }")
    assert (answer.status, answer.code) == (200, "SUBGRAPH_MALFORMED_RESPONSE")
    assert answer.json["data"] == {"rounds": None, "__typename": "Query"}
    assert answer.json["errors"][0]["message"] == "所需服务的应答有误"
    assert not [word for word in ("127.0.0.1", "10.0.0.7", "Traceback", "orjson") if word in answer.text]
    assert len(subgraph.seen) == 1


async def test_a_subgraph_that_is_not_there_is_named_without_its_address() -> None:
    settings = StandaloneSettings(subgraph_urls={"catalog": "http://127.0.0.1:1/graphql"})
    async with served(build_standalone(SUPERGRAPH, settings)) as browser:
        answer = await browser.graphql("{ rounds { year } }", headers={"Accept-Language": "en"})
    assert answer.code == "SUBGRAPH_UNREACHABLE"
    assert "127.0.0.1" not in answer.text


async def test_a_fetch_ends_with_the_deadline_of_its_request() -> None:
    told = asyncio.Event()
    async with calling(Subgraph(json_reply(DATA), told)) as transport:
        started = time.monotonic()
        with pytest.raises(TransportError):
            await transport.send(Call("catalog", "query", BODY), RequestContext(deadline=started + 0.1))
        assert time.monotonic() - started < 5
        told.set()


async def test_a_longer_reply_than_any_page_is_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "_MOST_BYTES", 10)
    async with calling(Subgraph(json_reply(DATA))) as transport:
        with pytest.raises(TransportError):
            await transport.send(Call("catalog", "query", BODY), RequestContext())


async def test_it_follows_subgraphs_that_come_move_and_go() -> None:
    """ADR 47: who is gone still answers operations under way, on connections of their own."""
    first, second = Subgraph(json_reply(DATA)), Subgraph(json_reply(DATA))
    async with served(first.app()) as one, served(second.app()) as other:
        urls = {"Catalog": f"{one.url}/graphql", "enrollment": f"{one.url}/graphql"}
        transport = HttpTransport(urls, None)
        await transport.open()
        kept = transport.replicas["catalog"]
        await transport.follow(urls | {"enrollment": f"{other.url}/graphql", "assessment": f"{other.url}/graphql"})
        assert transport.replicas["catalog"] is kept, "its connections are kept"
        for name in SUBGRAPHS:
            await transport.send(Call(name, "query", BODY), RequestContext(BASE))
        assert (len(first.seen), len(second.seen)) == (1, 2)
        await transport.follow({"enrollment": f"{other.url}/graphql"})
        assert not kept.known[0].idle
        await transport.send(Call("catalog", "query", BODY), RequestContext(BASE))
        assert len(first.seen) == 2
        with pytest.raises(ValueError, match="not an HTTP address"):
            await transport.follow({"enrollment": "nowhere", "more": f"{other.url}/graphql"})
        assert "more" not in transport.replicas
        await transport.close()


@pytest.mark.parametrize(
    ("extensions", "status", "code"),
    [
        ({"code": "UNAVAILABLE", "retryAfter": "soon"}, 503, "UNAVAILABLE"),
        ({"code": "UNAVAILABLE", "retryAfter": -5}, 503, "UNAVAILABLE"),
        ({"code": "UNAVAILABLE", "retryAfter": True}, 503, "UNAVAILABLE"),
        ({"code": "UNAVAILABLE", "retryAfter": [2]}, 503, "UNAVAILABLE"),
        ({"code": ["UNAVAILABLE"]}, 200, "SUBGRAPH_ERROR"),
        ({"code": {"a": 1}}, 200, "SUBGRAPH_ERROR"),
        ({"code": None}, 200, "SUBGRAPH_ERROR"),
        ({"code": "UNAUTHORIZED_FIELD_OR_TYPE", "roles": 1}, 200, "UNAUTHORIZED_FIELD_OR_TYPE"),
        ({"code": "UNAUTHORIZED_FIELD_OR_TYPE", "roles": [{}]}, 200, "UNAUTHORIZED_FIELD_OR_TYPE"),
        ({"code": "NOT_FOUND", "service": [1], "field": {}}, 200, "NOT_FOUND"),
    ],
)
async def test_no_extensions_of_a_subgraphs_error_cost_the_answer(
    extensions: dict[str, object], status: int, code: str
) -> None:
    class Foreign:
        async def send(self, call: Call, context: object) -> bytes:
            del call, context
            return orjson.dumps({"data": None, "errors": [{"message": "no", "extensions": extensions}]})

    endpoint = GraphQLEndpoint(Operations(Engine(supergraph(), Foreign()), None), Limits())

    async def graphql(request: HttpRequest) -> Response:
        return await endpoint(request)

    async with served(Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])) as browser:
        answer = await browser.graphql("{ rounds { year } }")
    assert (answer.status, answer.code, answer.headers.get("retry-after")) == (
        status,
        code,
        "1" if status == 503 else None,
    )
    assert "retryAfter" not in answer.json["errors"][0]["extensions"]
