"""A gateway with READ_ONLY: whatever would change something is refused before it is sent on, reading goes on."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from chassis.principal import Principal, Scope
from chassis.serving.read_only import RETRY_SECONDS
from gateway.http.lifespan import Lifespan, application
from tests.support.eventually import eventually
from tests.unit.gateway.following import FOLLOW, gateway, holder
from tests.unit.gateway.serving import Subgraph, json_reply, served
from tests.unit.gateway.test_websocket import greeted, heard, subscribe

CHANGE = 'mutation { acceptOffer(id: "e-1") { id } }'
BEARER = {"Authorization": "Bearer t"}


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh-CN", "系统维护中，目前只能查看，未作任何更改，请稍后再试"), ("en", "Under maintenance")],
)
async def test_a_mutation_is_503_with_the_time_to_come_again_and_no_subgraph_hears_of_it(
    language: str, words: str
) -> None:
    async with gateway(read_only=True) as graph:
        answer = await graph.browser.graphql(CHANGE, headers=BEARER | {"Accept-Language": language})
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "READ_ONLY", str(RETRY_SECONDS))
        assert answer.json["errors"][0]["message"].startswith(words)
        assert graph.source.asked == []


async def test_queries_and_subscriptions_go_on() -> None:
    async with gateway(read_only=True) as graph:
        answer = await graph.browser.graphql("{ __typename }", headers=BEARER)
        assert (answer.status, answer.json) == (200, {"data": {"__typename": "Query"}})
        async with greeted(graph) as socket:
            await socket.send_json(subscribe("a", FOLLOW))
            await eventually(lambda: graph.source.opened == 1)
            graph.source.tell(7)
            assert (await heard(socket))["payload"] == {"data": {"enrollmentEvents": {"sequence": 7}}}


async def test_a_mutation_by_a_stream_of_events_or_by_a_socket_is_refused_too() -> None:
    async with gateway(read_only=True) as graph:
        async with graph.follow(query=CHANGE) as client:
            assert (await client.refused())["code"] == "READ_ONLY"
        async with greeted(graph) as socket:
            await socket.send_json(subscribe("a", CHANGE))
            told = await heard(socket)
            assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "READ_ONLY")
        assert graph.source.asked == []


async def test_where_one_service_alone_is_for_reading_only_its_refusal_is_503_too() -> None:
    refusal = {"message": "x", "path": ["acceptOffer"], "extensions": {"code": "READ_ONLY", "retryAfter": 60}}
    behind = Subgraph(json_reply({"data": None, "errors": [refusal]}))
    school = holder(who=Principal("a1", Scope.SCHOOL))
    async with gateway(school, subgraph=behind.app()) as graph:
        answer = await graph.browser.graphql(CHANGE, headers=BEARER)
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "READ_ONLY", "60")
    assert len(behind.seen) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/rosters", 503),
        ("POST", "/auth/accounts", 503),
        ("POST", "/auth/password", 503),
        ("POST", "/ballots", 503),
        ("GET", "/rosters", 200),
        ("POST", "/auth/login", 200),
        ("POST", "/auth/refresh", 200),
        ("POST", "/certificates/check", 200),
        ("DELETE", "/auth/sessions", 200),
        ("DELETE", "/auth/sessions/s1", 200),
        ("DELETE", "/auth/accounts/a1", 503),
    ],
)
async def test_endpoints_beside_the_graph_are_refused_by_their_method_but_whoever_reads_may_sign_in(
    method: str, path: str, status: int
) -> None:
    async def here(_: object) -> PlainTextResponse:
        return PlainTextResponse("here")

    routes = [Route(path, here, methods=["GET", "POST", "DELETE"])]
    async with served(application(routes, Lifespan(read_only=True))) as browser:
        answer = await browser.send(method, path)
        assert answer.status == status
        if status == 503:
            assert (answer.code, answer.headers["retry-after"]) == ("READ_ONLY", str(RETRY_SECONDS))
    async with served(application(routes, Lifespan())) as browser:
        assert (await browser.send(method, path)).text == "here"


async def test_it_is_ready_and_says_that_it_is_for_reading_only() -> None:
    for read_only, said in ((True, "read-only"), (False, "")):
        async with served(application([], Lifespan(read_only=read_only))) as browser:
            answer = await browser.send("GET", "/readyz")
            assert (answer.status, answer.text) == (200, said)
