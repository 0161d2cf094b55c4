"""One id leads from a request to all that it causes; only a trusted proxy may choose it (ADR 73)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chassis.events import Envelope, unseal
from chassis.messaging.amqp import to_message
from tests.unit.gateway.following import gateway
from tests.unit.gateway.serving import json_reply
from tests.unit.gateway.test_observing import HEADERS, NAMED, REPLY

GIVEN = "01J9ZQ4N-5Y8KQ2-front-7"
EVENT = Envelope(
    id="catalog/project:1/1/0",
    producer="catalog",
    name="project-drafted",
    subject="1",
    version=1,
    at=datetime(2024, 5, 1, tzinfo=UTC),
    province="44",
    data={},
)


async def answered(given: str, proxies: str | None) -> tuple[str, str | None, str]:
    """The id that the reply names, the one that the subgraph was told, and the trace."""
    async with gateway(proxies=proxies) as graph:
        graph.source.reply = json_reply(REPLY)
        answer = await graph.browser.graphql(NAMED, headers=HEADERS | {"X-Request-Id": given})
    (seen,) = graph.source.seen
    return answer.headers["x-request-id"], seen.get("x-request-id"), seen["traceparent"].split("-")[1]


async def test_a_trusted_proxys_id_is_answered_and_passed_on() -> None:
    assert (await answered(GIVEN, "127.0.0.1"))[:2] == (GIVEN, GIVEN)


@pytest.mark.parametrize("given", ["short", "x" * 65, "with blank 0123456789", "${jndi:0123456789}"])
async def test_what_is_no_id_is_not_taken(given: str) -> None:
    named, told, trace = await answered(given, "127.0.0.1")
    assert (named, told) == (trace, None)


@pytest.mark.parametrize("proxies", [None, "10.0.0.0/8"])
async def test_anybody_elses_id_is_not_taken(proxies: str | None) -> None:
    named, told, trace = await answered(GIVEN, proxies)
    assert (named, told) == (trace, None)


async def test_a_refused_request_is_named_too() -> None:
    async with gateway(proxies="127.0.0.1") as graph:
        answer = await graph.browser.send("POST", "/graphql", json=[], headers={"X-Request-Id": GIVEN})
    assert answer.headers["x-request-id"] == GIVEN


def test_an_event_carries_the_id_and_stores_it_only_where_it_was_given() -> None:
    event = replace(EVENT, request=GIVEN)
    assert unseal(event.document()) == event
    assert to_message(event).headers["cloudEvents_requestid"] == GIVEN
    assert "request" not in EVENT.document()
    assert "cloudEvents_requestid" not in to_message(EVENT).headers


def test_a_stored_event_may_have_fields_of_a_later_release() -> None:
    assert unseal(EVENT.document() | {"later": 1}) == EVENT
