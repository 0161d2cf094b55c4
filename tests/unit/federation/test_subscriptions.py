"""Subscriptions: each event is the answer to the plan's first fetch, and fields of other subgraphs join it."""

from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest

from gateway.federation.engine import Call, Engine, Request, TransportError
from gateway.federation.supergraph import load_supergraph
from tests.unit.federation.case import SUPERGRAPHS, Ask, Canned

GRAPH = load_supergraph((SUPERGRAPHS / "subscriptions.graphql").read_text(encoding="utf-8"))
JOINED = "subscription($of: ID) { enrolled(school: $of) { number school { name } } }"
NAMES = "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on School { name } } }"


class Source:
    """A subgraph that sends these events, and an exception where it breaks off."""

    def __init__(self, *events: dict[str, Any] | Exception) -> None:
        self.events = events
        self.opened: list[Any] = []
        self.closed = False

    async def stream(self, call: Call, context: Any) -> AsyncGenerator[bytes, None]:
        self.opened.append((call.subgraph, call.kind, orjson.loads(call.body), context))
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield orjson.dumps(event)
        finally:
            self.closed = True


def enrolled(number: int, school: str) -> dict[str, Any]:
    return {"data": {"enrolled": {"number": number, "school": {"__typename": "School", "id": school}}}}


def asked(school: str, answer: dict[str, Any] | Exception) -> Ask:
    return Ask("schools", NAMES, answer, {"representations": [{"__typename": "School", "id": school}]})


async def follow(engine: Engine, query: str = JOINED, **more: Any) -> list[dict[str, Any]]:
    return [response.json() async for response in engine.stream(Request(query, **more))]


async def test_each_event_is_joined_with_fields_of_other_subgraphs() -> None:
    source = Source(enrolled(1, "a"), enrolled(2, "b"))
    canned = Canned([asked(key, {"data": {"_entities": [{"name": f"{key}校"}]}}) for key in "ab"])
    answers = await follow(Engine(GRAPH, canned, streams=source), variables={"of": "x"})
    assert not canned.unexpected, canned.unexpected
    expected = [{"number": 1, "school": {"name": "a校"}}, {"number": 2, "school": {"name": "b校"}}]
    assert answers == [{"data": {"enrolled": one}} for one in expected]
    ((subgraph, kind, body, _),) = source.opened
    assert (subgraph, kind, body["variables"]) == ("events", "subscription", {"of": "x"})
    assert body["query"].startswith("subscription")
    assert source.closed


async def test_an_event_that_cannot_be_joined_comes_with_an_error_and_the_next_one_whole() -> None:
    source = Source(enrolled(1, "a"), enrolled(2, "b"))
    canned = Canned([asked("a", TransportError("schools")), asked("b", {"data": {"_entities": [{"name": "乙校"}]}})])
    first, second = await follow(Engine(GRAPH, canned, streams=source))
    assert first["data"] == {"enrolled": {"number": 1, "school": {"name": None}}}
    assert [error["path"] for error in first["errors"]] == [["enrolled", "school", "name"]]
    assert second == {"data": {"enrolled": {"number": 2, "school": {"name": "乙校"}}}}


async def test_errors_of_an_event_are_passed_on() -> None:
    source = Source({"data": None, "errors": [{"message": "停", "extensions": {"code": "FORBIDDEN"}}]})
    (answer,) = await follow(Engine(GRAPH, Canned([]), streams=source))
    assert answer["data"] == {"enrolled": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("events", "code"), [([], "SUBGRAPH_UNREACHABLE"), ([enrolled(1, "a")], "SUBSCRIPTION_INTERRUPTED")]
)
async def test_a_stream_that_breaks_off_says_so_at_its_end(events: list[dict[str, Any]], code: str) -> None:
    source = Source(*events, TransportError("events"))
    *joined, last = await follow(Engine(GRAPH, Canned([]), streams=source), "subscription { enrolled { number } }")
    assert joined == [{"data": {"enrolled": {"number": 1}}} for _ in events]
    assert (last["data"], last["errors"][0]["extensions"]["code"]) == (None, code)


async def test_each_event_gets_a_context_of_its_own_and_the_stream_the_clients() -> None:
    seen: list[Any] = []

    class Schools(Canned):
        async def send(self, call: Call, context: Any) -> bytes:
            seen.append(context)
            return await super().send(call, context)

    source = Source(enrolled(1, "a"), enrolled(2, "a"))
    engine = Engine(GRAPH, Schools([]), streams=source)
    fresh = iter("12")
    request = Request(JOINED, context="0")
    assert len([one async for one in engine.stream(request, lambda _: next(fresh))]) == 2
    assert (source.opened[0][3], seen) == ("0", ["1", "2"])


async def test_who_leaves_ends_the_stream_at_the_subgraph() -> None:
    source = Source(*(enrolled(number, "a") for number in range(9)))
    responses = Engine(GRAPH, Canned([]), streams=source).stream(Request("subscription { enrolled { number } }"))
    assert (await anext(responses)).data == {"enrolled": {"number": 0}}
    await responses.aclose()
    assert source.closed


async def test_a_stream_answers_other_operations_once() -> None:
    engine = Engine(GRAPH, Canned([]), streams=Source())
    assert await follow(engine, "{ __typename }") == [{"data": {"__typename": "Query"}}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { enrolled { number } again: enrolled { number } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_what_is_wrong_with_a_subscription_is_told_and_nothing_opened(query: str, code: str) -> None:
    source = Source()
    (answer,) = await follow(Engine(GRAPH, Canned([]), streams=source), query)
    assert "data" not in answer
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}
    assert not source.opened


async def test_a_subscription_is_not_answered_but_by_a_stream() -> None:
    source = Source(enrolled(1, "a"))
    for engine in (Engine(GRAPH, Canned([]), streams=source), Engine(GRAPH, Canned([]))):
        answer = (await engine.execute(Request(JOINED))).json()
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["OPERATION_NOT_OFFERED"]
    (answer,) = await follow(Engine(GRAPH, Canned([])))
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["OPERATION_NOT_OFFERED"]
    assert not source.opened
