"""A database that is not there is a coded refusal in every door of a subgraph and of the gateway (ADR 43)."""

import asyncio
import gc
import socket
import warnings
from asyncio.selector_events import BaseSelectorEventLoop
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import strawberry
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.graph import SubgraphSchema
from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from chassis.serving.asgi import Running, internal, subgraph_app
from chassis.storage.mongo import connect
from gateway.http.responses import guarded
from kernel.language import Language
from kernel.refusals import BUSY, RETRY_AFTER_SECONDS
from tests.unit.gateway.serving import served

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
VERIFIER = TokenVerifier(KEYS, "absent")
HEADERS = {
    "Authorization": f"Bearer {TokenMinter(KEYS).mint(Principal('a1', Scope.BASE), 'absent', 3_600)}",
    "Accept-Language": "en",
}
ABSENT = 1
NOBODY = f"mongodb://127.0.0.1:{ABSENT}/?serverSelectionTimeoutMS=50"


@pytest.fixture(autouse=True, params=["refused", "silent"])
def absence(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody listens, or nobody answers; then the client is closed while it connects, as may happen under load.

    pymongo 4.20 leaves the socket of a connection that is cancelled to the collector, which is called here.
    """
    connects = BaseSelectorEventLoop.sock_connect

    async def silent(loop: BaseSelectorEventLoop, sock: socket.socket, address: Any) -> None:
        if address[1] == ABSENT:
            await asyncio.Event().wait()
        await connects(loop, sock, address)

    if request.param == "silent":
        monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", silent)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
        yield
        gc.collect()


async def _look() -> int:
    async with connect(NOBODY) as client:
        return await client["x"]["y"].count_documents({})


@strawberry.type
class Query:
    @strawberry.field
    async def look(self) -> int:
        return await _look()


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self) -> int:
        return await _look()


@asynccontextmanager
async def _start() -> AsyncIterator[Running]:
    yield Running(None)


async def _plain(_: Request) -> Response:
    return Response(str(await _look()))


async def _internal(_: Request, __: Principal, ___: Language) -> Response:
    return Response(str(await _look()))


async def _busy(_: Request, __: Principal, ___: Language) -> Response:
    raise BUSY(retryAfter=RETRY_AFTER_SECONDS)


def _subgraph() -> Starlette:
    app = subgraph_app("absent", SubgraphSchema(query=Query, mutation=Mutation), VERIFIER, _start)
    app.router.routes += [
        Route("/plain", _plain),
        Route("/internal", internal(VERIFIER, _internal)),
        Route("/busy", internal(VERIFIER, _busy)),
    ]
    return app


async def test_a_resolver_without_a_database_refuses_and_says_when_to_come_again() -> None:
    async with served(_subgraph()) as browser:
        for query in ("query { look }", "mutation { change }"):
            answer = await browser.graphql(query, headers=HEADERS)
            assert answer.code == "UNAVAILABLE"
            assert answer.json["errors"][0]["extensions"]["retryAfter"] == 2


async def test_an_endpoint_that_is_not_graph_is_503_with_the_same_code() -> None:
    async with served(_subgraph()) as browser:
        for path in ("/plain", "/internal"):
            answer = await browser.send("GET", path, headers=HEADERS)
            assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "UNAVAILABLE", "2")


async def test_what_is_busy_is_503_and_says_when_to_come_again() -> None:
    async with served(_subgraph()) as browser:
        answer = await browser.send("GET", "/busy", headers=HEADERS)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "BUSY", str(RETRY_AFTER_SECONDS))


async def test_an_endpoint_of_the_gateway_is_503_with_the_same_code() -> None:
    async with served(Starlette(routes=[Route("/auth/x", guarded(_plain))])) as browser:
        answer = await browser.send("GET", "/auth/x")
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "UNAVAILABLE", "2")
