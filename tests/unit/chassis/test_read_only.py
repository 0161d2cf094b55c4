"""A service with READ_ONLY: no mutation's resolver runs, and its queries, consumers and timers go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import strawberry
from joserfc.jwk import ECKey, KeySet
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.graph import SubgraphSchema
from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from chassis.runtime.tasks import Tasks
from chassis.serving.asgi import Running, internal, subgraph_app
from chassis.serving.read_only import RETRY_SECONDS
from kernel.language import Language
from tests.unit.gateway.serving import Browser, served

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
VERIFIER = TokenVerifier(KEYS, "demo")
HEADERS = {
    "Authorization": f"Bearer {TokenMinter(KEYS).mint(Principal('a1', Scope.BASE), 'demo', 3_600)}",
    "Accept-Language": "zh-CN",
}
CHANGED: list[str] = []
CONSUMING = asyncio.Event()


@strawberry.type
class Query:
    @strawberry.field
    def look(self) -> int:
        return 1


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> int:
        CHANGED.append("graph")
        return 1


async def _consume() -> None:
    CONSUMING.set()
    await asyncio.Event().wait()


@asynccontextmanager
async def _start() -> AsyncIterator[Running]:
    yield Running(None, Tasks(worker=(_consume,)))


async def _endpoint(request: Request, _: Principal, __: Language) -> Response:
    if request.method == "POST" and request.url.path == "/files":
        CHANGED.append("file")
    return Response("here")


def _app(*, read_only: bool) -> Starlette:
    schema = SubgraphSchema(query=Query, mutation=Mutation)
    app = subgraph_app("demo", schema, VERIFIER, _start, read_only=read_only, reads=["/check"])
    methods = ["GET", "POST"]
    app.router.routes += [Route(path, internal(VERIFIER, _endpoint), methods=methods) for path in ("/files", "/check")]
    return app


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    CHANGED.clear()
    CONSUMING.clear()
    async with served(_app(read_only=True)) as browser:
        yield browser


@pytest.mark.parametrize("query", ["mutation { change }", "# a remark\nmutation { change }"])
async def test_a_mutation_is_refused_in_the_callers_language_before_its_resolver_runs(
    browser: Browser, query: str
) -> None:
    """The gateway's own operations begin with their kind; what does not is refused rather than executed."""
    for headers in (HEADERS, HEADERS | {"Accept": "text/event-stream"}):
        answer = await browser.graphql(query, headers=headers)
        assert "READ_ONLY" in answer.text
        assert "系统维护中" in answer.text
    extensions = (await browser.graphql(query, headers=HEADERS)).json["errors"][0]["extensions"]
    assert extensions["retryAfter"] == RETRY_SECONDS
    assert CHANGED == []


async def test_queries_and_background_tasks_go_on(browser: Browser) -> None:
    assert (await browser.graphql("query { look }", headers=HEADERS)).json == {"data": {"look": 1}}
    assert CONSUMING.is_set()


async def test_a_post_beside_the_graph_is_503_unless_it_is_known_to_change_nothing(browser: Browser) -> None:
    refused = await browser.send("POST", "/files", headers=HEADERS)
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "READ_ONLY", str(RETRY_SECONDS))
    assert CHANGED == []
    for method, path in (("GET", "/files"), ("POST", "/check")):
        assert (await browser.send(method, path, headers=HEADERS)).text == "here"


async def test_it_is_ready_and_says_so_in_its_probe_and_its_metrics(browser: Browser) -> None:
    ready = await browser.send("GET", "/readyz")
    assert (ready.status, ready.text) == (200, "read-only")
    assert REGISTRY.get_sample_value("guopei_read_only") == 1


async def test_without_the_setting_everything_is_done() -> None:
    CHANGED.clear()
    async with served(_app(read_only=False)) as browser:
        assert (await browser.graphql("mutation { change }", headers=HEADERS)).json == {"data": {"change": 1}}
        assert (await browser.send("POST", "/files", headers=HEADERS)).text == "here"
        assert (await browser.send("GET", "/readyz")).text == ""
    assert CHANGED == ["graph", "file"]
