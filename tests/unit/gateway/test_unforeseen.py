"""An exception that nobody foresaw is answered once, with `INTERNAL`, by every transport, and logged with its trace."""

from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.serving.sse import EVENT_STREAM, Parser
from gateway.federation import engine, prepare
from gateway.federation.executor import run
from gateway.federation.request import Response
from gateway.http import operations
from gateway.http.subgraph_streams import HttpStreams
from gateway.http.transport import HttpTransport
from kernel.refusals import INTERNAL
from tests.support.eventually import eventually
from tests.unit.gateway.following import FOLLOW, Follower, Gateway, gateway
from tests.unit.gateway.serving import json_reply
from tests.unit.gateway.test_websocket import event, greeted, heard, subscribe

HEADERS = {"Authorization": "Bearer t"}
QUERY = "query($n: Int) { schools(first: $n) { nodes { code } } }"
REPLY = {"data": {"schools": {"nodes": [{"code": "1"}]}}}
TOLD: dict[str, Any] = {"errors": [{"message": "系统内部错误", "extensions": INTERNAL().extensions()}]}


class Planted(Exception):  # noqa: N818 - no name of ours
    """What is planted."""


def broken(*_: Any, **__: Any) -> Any:
    raise Planted


def breaking(*_: Any, **__: Any) -> Callable[..., Any]:
    return broken


BEFORE_EXECUTION = {
    "parse and validate": (engine, "read_document", broken),
    "coerce variables": (engine, "get_variable_values", broken),
    "cost": (prepare, "compile_cost", broken),
    "authorise": (prepare, "Grants", broken),
    "plan": (prepare, "make_plan", broken),
    "compile the projection": (prepare, "compile_projection", broken),
}
IN_EXECUTION = {
    "execute": (run.Run, "execute", broken),
    "join": (run, "merge", broken),
    "projection": (prepare, "compile_projection", breaking),
}
EVERY = BEFORE_EXECUTION | IN_EXECUTION
"""What each stage calls, and what is called in its place."""


@pytest.fixture(params=list(EVERY))
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The stage at which an exception is planted."""
    monkeypatch.setattr(*EVERY[request.param])
    return str(request.param)


def told(stage: str) -> dict[str, Any]:
    """What a client is told: no data at all where execution had not begun."""
    return TOLD if stage in BEFORE_EXECUTION else TOLD | {"data": None}


def logged(logs: list[Any], trace: str | None = None) -> None:
    """The one exception is in the log, with the request's trace, which a reply over HTTP names."""
    (entry,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert isinstance(entry["exc_info"], Planted)
    assert entry["traceparent"]
    assert entry["traceparent"] == (trace or entry["traceparent"])


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_http_answers_500(stage: str, method: str) -> None:
    async with gateway() as graph:
        graph.source.reply = json_reply(REPLY)
        sent: dict[str, Any] = {"json": {"query": QUERY}} if method == "POST" else {"params": {"query": QUERY}}
        with capture_logs() as logs:
            answer = await graph.browser.send(method, "/graphql", headers=HEADERS, **sent)
        assert (answer.status, answer.json) == (500, told(stage))
        logged(logs, answer.headers["traceresponse"])


async def test_a_stream_of_events_ends_with_the_answer(stage: str) -> None:
    async with gateway() as graph:
        graph.source.reply = json_reply(REPLY)
        with capture_logs() as logs:
            assert await _events(graph, QUERY) == [("next", told(stage)), ("complete", None)]
        logged(logs)


async def test_a_query_over_a_socket_is_answered_and_its_id_is_free_again(stage: str) -> None:
    async with gateway() as graph, greeted(graph) as socket:
        graph.source.reply = json_reply(REPLY)
        for _ in range(2):
            with capture_logs() as logs:
                await socket.send_json(subscribe("q", QUERY))
                if stage in BEFORE_EXECUTION:
                    assert await heard(socket) == {"type": "error", "id": "q", "payload": TOLD["errors"]}
                else:
                    assert await heard(socket) == {"type": "next", "id": "q", "payload": told(stage)}
                    assert await heard(socket) == {"type": "complete", "id": "q"}
            logged(logs)


@pytest.mark.parametrize("stage", list(BEFORE_EXECUTION))
async def test_a_subscription_over_a_socket_is_answered_and_its_id_is_free_again(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateway() as graph, greeted(graph) as socket:
        with monkeypatch.context() as planted:
            planted.setattr(*BEFORE_EXECUTION[stage])
            await socket.send_json(subscribe("s"))
            assert await heard(socket) == {"type": "error", "id": "s", "payload": TOLD["errors"]}
        await socket.send_json(subscribe("s"))
        await eventually(lambda: graph.source.opened == 1)
        graph.source.tell(1)
        assert await heard(socket) == event("s", 1)


async def test_an_event_is_answered_alone_and_the_next_one_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway() as graph, greeted(graph) as socket:
        await socket.send_json(subscribe("s"))
        await eventually(lambda: graph.source.opened == 1)
        with monkeypatch.context() as planted:
            planted.setattr(run, "merge", broken)
            graph.source.tell(1)
            assert await heard(socket) == {"type": "next", "id": "s", "payload": TOLD | {"data": None}}
        graph.source.tell(2)
        assert await heard(socket) == event("s", 2)


async def test_a_source_that_breaks_ends_the_subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpStreams, "stream", broken)
    async with gateway() as graph, greeted(graph) as socket:
        for _ in range(2):
            await socket.send_json(subscribe("s"))
            assert await heard(socket) == {"type": "next", "id": "s", "payload": TOLD | {"data": None}}
            assert await heard(socket) == {"type": "complete", "id": "s"}
        assert await _events(graph, FOLLOW) == [("next", TOLD | {"data": None}), ("complete", None)]


async def test_a_fetch_that_breaks_costs_what_it_was_to_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpTransport, "send", broken)
    async with gateway() as graph:
        answer = await graph.browser.graphql(QUERY, headers=HEADERS)
        assert (answer.status, answer.code, answer.json["data"]) == (200, "INTERNAL", {"schools": None})


async def test_errors_that_cannot_be_worded_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "in_language", broken)
    async with gateway() as graph, greeted(graph) as socket:
        answer = await graph.browser.graphql("{ nothing }", headers=HEADERS)
        assert (answer.status, answer.json) == (500, TOLD)
        assert await _events(graph, "{ nothing }") == [("next", TOLD), ("complete", None)]
        await socket.send_json(subscribe("q", "{ nothing }"))
        assert await heard(socket) == {"type": "error", "id": "q", "payload": TOLD["errors"]}


async def test_an_answer_that_cannot_be_written_frees_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway() as graph, greeted(graph) as socket:
        with monkeypatch.context() as planted:
            planted.setattr(Response, "json", broken)
            await socket.send_json(subscribe("q", "{ __typename }"))
            assert await heard(socket) == {"type": "error", "id": "q", "payload": TOLD["errors"]}
        await socket.send_json(subscribe("q", "{ __typename }"))
        assert await heard(socket) == {"type": "next", "id": "q", "payload": {"data": {"__typename": "Query"}}}


async def _events(graph: Gateway, query: str) -> list[tuple[str, Any]]:
    headers = HEADERS | {"Accept": EVENT_STREAM}
    async with graph.browser.http.post(f"{graph.browser.url}/graphql", json={"query": query}, headers=headers) as reply:
        follower = Follower(reply, Parser(1_000_000))
        return [await follower.next(), await follower.next()]
