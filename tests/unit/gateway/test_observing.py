"""Every request is counted once, by what became of it; who may is told how it was answered (ADR 50)."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.principal import Principal, Scope, Verified
from chassis.runtime import outcomes
from chassis.runtime.outcomes import FAULTS, bounded
from gateway.protection.trusted_documents import TrustedDocuments, manifest
from tests.unit.gateway.following import Gateway, gateway
from tests.unit.gateway.serving import json_reply
from tests.unit.gateway.test_websocket import greeted, heard, subscribe

NAMED = "query Schools($n: Int) { schools(first: $n) { nodes { code } } }"
REPLY = {"data": {"schools": {"nodes": [{"code": "1"}]}}}
HEADERS = {"Authorization": "Bearer t"}
EXPLAIN = HEADERS | {"Guopei-Explain": "1"}
Labels = dict[str, str]


@contextmanager
def counted(name: str, **labels: str) -> Iterator[list[Labels]]:
    """The labels of the samples of a metric that grew in the block, once for each whole that they grew by."""
    before = _samples(name, labels)
    grown: list[Labels] = []
    yield grown
    for found, value in _samples(name, labels).items():
        grown += [dict(found)] * round(value - before.get(found, 0))


def _samples(name: str, labels: Labels) -> dict[frozenset[tuple[str, str]], float]:
    return {
        frozenset((each, value) for each, value in sample.labels.items() if each not in labels): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    }


def requests(kind: str, outcome: str, code: str, operation: str = "other") -> Labels:
    return {"operation": operation, "kind": kind, "outcome": outcome, "code": code}


def failing(code: str, data: Any = None) -> Any:
    """A subgraph's reply with one error."""
    error = {"message": "m", "path": ["schools"], "extensions": {"code": code}}
    return json_reply({"data": data or {"schools": None}, "errors": [error]})


async def ask(graph: Gateway, query: str = NAMED, **more: Any) -> Any:
    return await graph.browser.graphql(query, headers=HEADERS, **more)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("INTERNAL", "error"), ("UNAVAILABLE", "error"), ("CLASS_FULL", "refused"), ("VALIDATION_FAILED", "refused")],
)
async def test_failed_requests_move_a_counter_by_outcome_and_code_at_the_gateway_and_at_the_fetch(
    code: str, outcome: str
) -> None:
    async with gateway() as graph:
        graph.source.reply = failing(code)
        with (
            counted("guopei_http_requests_total", service="gateway", route="/graphql") as seen,
            counted("guopei_gateway_fetches_total") as fetched,
            counted("guopei_gateway_fetch_seconds_count") as timed,
        ):
            for _ in range(12):
                await ask(graph)
    assert seen == [requests("query", outcome, code)] * 12
    assert fetched == [{"subgraph": "enrollment", "outcome": outcome, "code": code}] * 12
    assert timed == [{"subgraph": "enrollment", "outcome": outcome}] * 12


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"json": {"query": "{"}}, "GRAPHQL_PARSE_FAILED"),
        ({"json": {"query": "{ nothing }"}}, "GRAPHQL_VALIDATION_FAILED"),
        ({"json": {}}, "BAD_REQUEST"),
        ({"json": []}, "BATCHING_NOT_OFFERED"),
        ({"data": "x"}, "UNSUPPORTED_MEDIA_TYPE"),
        ({"json": {"documentId": "none"}}, "PERSISTED_QUERY_NOT_FOUND"),
    ],
)
async def test_a_request_that_is_never_executed_is_counted_as_refused(sent: dict[str, Any], code: str) -> None:
    async with gateway() as graph:
        with (
            counted("guopei_http_requests_total", service="gateway", route="/graphql") as seen,
            counted("guopei_http_seconds_count", service="gateway", route="/graphql") as timed,
        ):
            await graph.browser.send("POST", "/graphql", headers=HEADERS, **sent)
    assert seen == [requests("", "refused", code)]
    assert len(timed) == 1


async def test_a_reply_that_is_no_graphql_is_an_error_of_the_fetch() -> None:
    async with gateway() as graph:
        with counted("guopei_gateway_fetches_total") as fetched:
            for text in ("<h1>", '{"data":', "[]", '{"errors"}', '{"data":7}', '{"data":null}', '{"errors":[]}'):
                graph.source.reply = json_reply(None)
                graph.source.reply.body = text.encode()
                graph.source.reply.headers["content-length"] = str(len(text))
                await ask(graph)
    malformed = {"subgraph": "enrollment", "outcome": "error", "code": "SUBGRAPH_MALFORMED_RESPONSE"}
    assert fetched == [malformed] * 7


async def test_an_operation_is_named_for_trusted_documents_only() -> None:
    documents = TrustedDocuments(manifest([NAMED]))
    async with gateway(documents=documents) as graph:
        graph.source.reply = json_reply(REPLY)
        with counted("guopei_http_requests_total", service="gateway", route="/graphql") as seen:
            await ask(graph)
            await ask(graph, NAMED.replace("Schools", "Invented"))
            await ask(graph, NAMED + " ")
    assert sorted(each["operation"] for each in seen) == ["Schools", "other", "other"]


async def test_sockets_and_streams_are_counted_alike() -> None:
    async with gateway() as graph:
        graph.source.reply = failing("INTERNAL")
        with counted("guopei_http_requests_total", service="gateway", route="/graphql") as seen:
            async with greeted(graph) as socket:
                await socket.send_json(subscribe("q", NAMED))
                assert (await heard(socket))["type"] == "next"
                assert (await heard(socket))["type"] == "complete"
                await socket.send_json(subscribe("r", "{ nothing }"))
                assert (await heard(socket))["type"] == "error"
            async with graph.follow(query=NAMED) as follower:
                assert [(await follower.next())[0], (await follower.next())[0]] == ["next", "complete"]
    failed = requests("query", "error", "INTERNAL")
    refused = requests("", "refused", "GRAPHQL_VALIDATION_FAILED")
    assert sorted(seen, key=itemgetter("code")) == [refused, failed, failed]


async def test_other_endpoints_are_counted_by_route_method_outcome_and_code() -> None:
    async with gateway() as graph:
        with counted("guopei_http_requests_total", service="gateway") as seen:
            assert (await graph.browser.send("GET", "/nowhere/17")).status == 404
            assert (await graph.browser.send("GET", "/livez")).status == 200
    assert seen == [{"route": "", "operation": "other", "kind": "", "outcome": "refused", "code": "NOT_FOUND"}]


async def test_plans_and_documents_that_were_there_already_are_hits() -> None:
    async with gateway() as graph:
        graph.source.reply = json_reply(REPLY)
        with (
            counted("guopei_cache_hits_total") as hits,
            counted("guopei_cache_misses_total") as misses,
            counted("guopei_plan_seconds_count") as planned,
        ):
            await ask(graph)
            await ask(graph)
    assert {each["cache"] for each in hits} == {each["cache"] for each in misses} == {"documents", "plans"}
    assert (len(hits), len(misses), len(planned)) == (2, 2, 1)


def test_codes_that_anybody_invents_are_one_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "_known", set(FAULTS))
    assert all(bounded(code) == code for code in FAULTS)
    assert {bounded(f"INVENTED_{number}") for number in range(1_000)} >= {"other"}
    assert len({bounded(f"INVENTED_{number}") for number in range(10_000)}) <= 301
    assert bounded("not a code\n") == "other"
    assert bounded("") == ""


def caller(scope: Scope) -> Any:
    """Authenticates everybody as a holder of a role."""
    return lambda _: Verified(Principal("a1", scope, school="s1", province="44"), math.inf)


@pytest.mark.parametrize("scope", list(Scope))
async def test_only_the_ministry_is_told_how_a_query_was_answered(scope: Scope) -> None:
    async with gateway(caller(scope)) as graph:
        graph.source.reply = json_reply(REPLY)
        answer = (await graph.browser.graphql("{ me { __typename } __typename }", headers=EXPLAIN)).json
    assert ("extensions" in answer) is (scope is Scope.MINISTRY)


async def test_the_public_is_not_told_and_in_development_everybody_is() -> None:
    async with gateway() as graph:
        answer = await graph.browser.graphql("{ __typename }", headers={"Guopei-Explain": "1"})
        assert answer.json == {"data": {"__typename": "Query"}}
    async with gateway(development=True) as graph:
        answer = await graph.browser.graphql("{ __typename }", headers={"Guopei-Explain": "1"})
        assert answer.json["extensions"]["explain"]["fetches"] == []


async def test_an_explanation_has_plan_cost_times_and_fetches_and_comes_on_request_only() -> None:
    async with gateway(caller(Scope.MINISTRY)) as graph:
        graph.source.reply = json_reply(REPLY)
        assert "extensions" not in (await ask(graph)).json
        asked = await graph.browser.graphql(NAMED, headers=EXPLAIN, variables={"n": 1})
        graph.source.reply = failing("INTERNAL")
        mutation = 'mutation { closeSchool(code: "1", reason: "r") { code } }'
        changed = await graph.browser.graphql(mutation, headers=EXPLAIN)
        invalid = await graph.browser.graphql("{ nothing }", headers=EXPLAIN)
    told = asked.json["extensions"]["explain"]
    assert asked.json["data"] == REPLY["data"]
    assert told["plan"].startswith("QueryPlan {\n  Fetch(enrollment) {\n    schools(first: $n)")
    assert told["document"]["cached"]
    assert told["cost"] > 0
    (fetch,) = told["fetches"]
    assert (fetch["subgraph"], fetch["kind"], fetch["code"]) == ("enrollment", "query", None)
    assert 0 <= fetch["startedAfter"] <= told["milliseconds"]
    assert fetch["replyBytes"] > 0
    assert changed.json["extensions"]["explain"]["plan"].startswith("QueryPlan {"), changed.text
    assert invalid.json["extensions"]["explain"]["plan"] is None
