"""What callers may spend (ADR 46): the bucket by any sequence of operations, and refusals through a served gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.principal import ANONYMOUS, Principal, Scope
from gateway.federation.engine import Engine, Request
from gateway.protection import spending
from gateway.protection.spending import LIMITED, Spending, SpendingSettings
from gateway.protection.trusted_documents import TrustedDocuments
from kernel.errors import Refusal
from tests.unit.federation.case import SHOP, Canned
from tests.unit.gateway.following import Gateway, gateway
from tests.unit.gateway.network import ALICE
from tests.unit.gateway.serving import Answer
from tests.unit.gateway.test_websocket import greeted, heard, subscribe

BOB = Principal("bob", Scope.BASE)
ANOTHER = "{ a: __typename }"
BEARER = {"Authorization": "Bearer t"}
QUERY = "{ __typename }"
FETCHED = "{ schools { nodes { code } } }"


@dataclass(slots=True)
class Clock:
    """A clock that stands still until a test moves it."""

    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def paid(spending: Spending, cost: float, principal: Principal = BOB, address: str = "") -> bool:
    try:
        spending.bill(principal, address)(cost)
    except Refusal:
        return False
    return True


def wait(spending: Spending, cost: float) -> int:
    with pytest.raises(Refusal) as caught:
        spending.bill(BOB, "")(cost)
    return int(caught.value.details["retryAfter"])


MOVES = st.lists(st.tuples(st.floats(0, 90), st.floats(0, 100)), max_size=60)


@given(MOVES, st.integers(1, 5), st.integers(60, 6_000))
def test_nobody_spends_more_than_a_minutes_worth_and_the_rate_times_the_time(
    moves: list[tuple[float, float]], replicas: int, per_minute: int
) -> None:
    clock = Clock()
    shop = Spending(SpendingSettings(per_minute), 50, clock)
    shop.share_with(replicas)
    begun, total = clock(), 0.0
    for seconds, cost in moves:
        clock.seconds += seconds
        total += cost if paid(shop, cost) else 0
        share = per_minute / replicas
        assert total <= max(share, 50) + share / 60 * (clock() - begun) + 1e-6


@given(MOVES, st.floats(1, 50))
def test_whoever_waits_as_long_as_told_is_served(moves: list[tuple[float, float]], cost: float) -> None:
    clock = Clock()
    shop = Spending(SpendingSettings(300), 51, clock)
    for seconds, spent in moves:
        clock.seconds += seconds
        paid(shop, spent)
    bill = shop.bill(BOB, "")
    try:
        bill(1)
        bill(cost)
    except Refusal as refusal:
        clock.seconds += refusal.details["retryAfter"]
        again = shop.bill(BOB, "")
        again(1)
        again(cost)


@given(MOVES)
def test_what_others_spend_takes_nothing_from_anybody(moves: list[tuple[float, float]]) -> None:
    clock = Clock()
    alone, beside = (Spending(SpendingSettings(600, 600), 50, clock) for _ in "12")
    for seconds, cost in moves:
        clock.seconds += seconds
        paid(beside, 1_000, ALICE.principal)
        paid(beside, cost, ANONYMOUS, "192.0.2.1")
        assert paid(alone, cost) == paid(beside, cost)


def test_accounts_are_counted_by_id_from_anywhere_and_the_public_by_address() -> None:
    shop = Spending(SpendingSettings(200, 100), 50, Clock())
    assert paid(shop, 200, BOB, "192.0.2.1")
    assert not paid(shop, 1, BOB, "192.0.2.2")
    assert paid(shop, 100, ANONYMOUS, "192.0.2.1")
    assert not paid(shop, 1, ANONYMOUS, "192.0.2.1")
    assert paid(shop, 100, ANONYMOUS, "192.0.2.2")


def test_a_refusal_tells_the_seconds_until_it_is_enough_and_counts_nothing() -> None:
    clock = Clock()
    shop = Spending(SpendingSettings(600), 50, clock)
    assert paid(shop, 600)
    assert [wait(shop, 100), wait(shop, 100), wait(shop, 1)] == [10, 10, 1]
    clock.seconds += 9.5
    assert wait(shop, 100) == 1
    clock.seconds += 1
    assert paid(shop, 100)


def test_replicas_share_the_rate_but_the_dearest_operation_stays_possible() -> None:
    clock = Clock()
    shop = Spending(SpendingSettings(600), 50, clock)
    shop.share_with(3)
    assert paid(shop, 200)
    assert wait(shop, 20) == 6
    shop.share_with(20)
    clock.seconds += 3_600
    assert paid(shop, 50)
    assert not paid(shop, 1)


def test_memory_is_bounded_and_a_flood_of_addresses_forgets_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spending, "MOST_CALLERS", 10)
    shop = Spending(SpendingSettings(100), 50, Clock())
    assert paid(shop, 100)
    for number in range(1_000):
        paid(shop, 1, ANONYMOUS, f"192.0.2.{number}")
    assert len(shop._addresses) == 10
    assert not paid(shop, 1)


@pytest.mark.parametrize(("principal", "address"), [(0, 1), (1, -1)])
def test_a_rate_of_nothing_is_no_setting(principal: int, address: int) -> None:
    with pytest.raises(ValueError, match="above zero"):
        SpendingSettings(principal, address)


@asynccontextmanager
async def poor(**options: Any) -> AsyncIterator[tuple[Gateway, Clock]]:
    """A gateway whose callers can pay for a little, on a clock that stands still."""
    clock = Clock()
    async with gateway(spending=Spending(SpendingSettings(600, 600), 600, clock), **options) as graph:
        yield graph, clock


async def broke(graph: Gateway, query: str = QUERY, headers: dict[str, str] | None = BEARER) -> Answer:
    """Spend nearly all on one long text, and the rest on a short one that is known, until it is refused."""
    await graph.browser.graphql(query + " " * 2_800, headers=headers)
    for _ in range(100):
        answer = await graph.browser.graphql(query, headers=headers)
        if answer.status != 200:
            return answer
    raise AssertionError("never refused")


@pytest.mark.parametrize(("headers", "caller"), [(BEARER, "principal"), ({}, "address")])
async def test_over_http_it_is_429_with_the_seconds_to_wait(headers: dict[str, str], caller: str) -> None:
    before = LIMITED.labels(caller)._value.get()
    async with poor() as (graph, clock):
        answer = await broke(graph, headers=headers)
        assert (answer.status, answer.code, "data" in answer.json) == (429, "RATE_LIMITED", False)
        (error,) = answer.json["errors"]
        seconds = error["extensions"]["retryAfter"]
        assert answer.headers["retry-after"] == str(seconds)
        assert error["extensions"]["unblock"] == "SELF"
        assert str(seconds) in error["message"]
        assert LIMITED.labels(caller)._value.get() == before + 1
        clock.seconds += seconds
        assert (await graph.browser.graphql(QUERY, headers=headers)).status == 200


async def test_nothing_is_fetched_for_what_is_refused() -> None:
    async with poor() as (graph, _):
        await broke(graph)
        assert (await graph.browser.graphql(FETCHED, headers=BEARER)).code == "RATE_LIMITED"
        async with graph.follow() as client:
            assert (await client.refused())["code"] == "RATE_LIMITED"
        assert not graph.source.asked


async def test_invalid_documents_cost_too() -> None:
    async with poor() as (graph, _):
        long = "{ nonsense }" + " " * 1_000
        codes = [(await graph.browser.graphql(long, headers=BEARER)).code for _ in range(3)]
        assert codes == ["GRAPHQL_VALIDATION_FAILED"] * 2 + ["RATE_LIMITED"]


async def test_a_long_text_that_is_read_anew_costs_more_than_one_that_is_known() -> None:
    async with poor() as (graph, _):
        known = [(await graph.browser.graphql(QUERY + " " * 2_000, headers=BEARER)).status for _ in range(10)]
        assert known == [200] * 10
        assert (await graph.browser.graphql(QUERY + " " * 2_001, headers=BEARER)).status == 429


async def test_each_operation_of_a_stream_and_of_a_socket_counts() -> None:
    async with poor() as (graph, clock):
        await broke(graph)
        async with graph.follow(query=QUERY) as client:
            refusal = await client.refused()
        assert (refusal["code"], refusal["retryAfter"]) == ("RATE_LIMITED", 1)
        async with greeted(graph) as socket:
            await socket.send_json(subscribe("a", QUERY))
            told = await heard(socket)
            assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
            clock.seconds += told["payload"][0]["extensions"]["retryAfter"]
            await socket.send_json(subscribe("a", QUERY))
            assert (await heard(socket))["type"] == "next"


@pytest.mark.parametrize(("counted", "status"), [(True, 429), (False, 200)])
async def test_trusted_documents_count_unless_the_setting_says_otherwise(counted: bool, status: int) -> None:
    async with poor(documents=TrustedDocuments({"a": QUERY}), trusted_spend=counted) as (graph, _):
        await broke(graph, ANOTHER)
        answer = await graph.browser.send("POST", "/graphql", json={"documentId": "a"}, headers=BEARER)
        assert answer.status == status


def conditional(number: int) -> str:
    return f"query q{number}($c: Boolean!) {{ __typename a: __typename @include(if: $c) }}" + " " * 500


async def charged(engine: Engine, text: str, **more: Any) -> float:
    """What an operation is charged, all its parts together."""
    paid: list[float] = []
    assert not (await engine.execute(Request(text, charge=paid.append, **more))).errors
    return sum(paid)


async def test_a_known_text_that_is_prepared_for_other_values_costs_what_reading_it_does() -> None:
    engine, text = Engine(SHOP, Canned([])), conditional(1)
    costs = [await charged(engine, text, variables={"c": value}) for value in (True, False, True, False)]
    assert costs[0] == costs[1] > 100 > costs[2] == costs[3]
    assert await charged(engine, text, variables={"c": True}, scopes=frozenset({"ministry"})) == costs[0]


async def test_a_known_text_whose_prepared_operation_was_let_go_costs_what_reading_it_does() -> None:
    engine = Engine(SHOP, Canned([]), documents=10, plans=2)
    costs = [await charged(engine, conditional(number % 3), variables={"c": True}) for number in range(9)]
    assert min(costs) == costs[0] > 100
