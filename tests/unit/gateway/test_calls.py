"""Calls to subgraphs: shared, retried, broken off and queued, each within its bounds (notes N17)."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.principal import Principal, Scope
from gateway.federation.engine import Call, TransportError
from gateway.federation.errors import UNREACHABLE
from gateway.http.context import RequestContext
from gateway.resilience import OVERLOADED, Bulkhead, CallSettings, Retry, SingleFlight, guarded
from gateway.resilience.retry import Budget
from tests.support.eventually import eventually
from tests.unit.gateway.network import ALICE, MUTATION, QUERY, SETTINGS, Gate, Network, answered, refused, within

# sharing


async def test_identical_queries_under_way_are_sent_once_and_later_ones_again() -> None:
    gate = Gate()
    network = Network(gate)
    sharing = SingleFlight(network)
    waiting = [asyncio.ensure_future(sharing.send(QUERY, within(10))) for _ in range(5)]
    await eventually(lambda: len(network.sent) == 1)
    gate.open.set()
    assert await asyncio.gather(*waiting) == [QUERY.body] * 5
    await sharing.send(QUERY, within(10))
    assert len(network.sent) == 2


@pytest.mark.parametrize(
    ("call", "context"),
    [
        (replace(QUERY, body=b"{}"), ALICE),
        (replace(QUERY, subgraph="enrollment"), ALICE),
        (QUERY, replace(ALICE, principal=Principal("bob", Scope.BASE))),
        (QUERY, replace(ALICE, principal=Principal("alice", Scope.BASE, bases=("b1",)))),
        (QUERY, replace(ALICE, language="en")),
    ],
)
async def test_what_differs_in_anything_a_subgraph_learns_is_not_shared(call: Call, context: RequestContext) -> None:
    gate = Gate()
    network = Network(gate)
    sharing = SingleFlight(network)
    waiting = [asyncio.ensure_future(sharing.send(*one)) for one in ((QUERY, ALICE), (call, context))]
    await eventually(lambda: len(network.sent) == 2)
    gate.open.set()
    await asyncio.gather(*waiting)


async def test_who_has_changed_something_reads_no_answer_from_before() -> None:
    gate = Gate()
    network = Network(gate)
    sharing = SingleFlight(network)
    before = asyncio.ensure_future(sharing.send(QUERY, within(10)))
    changing = asyncio.ensure_future(sharing.send(MUTATION, within(10)))
    await eventually(lambda: len(network.sent) == 2)
    changing.cancel()  # however it ends
    await asyncio.gather(changing, return_exceptions=True)
    after = asyncio.ensure_future(sharing.send(QUERY, within(10)))
    await eventually(lambda: len(network.sent) == 3)
    gate.open.set()
    assert await before == await after == QUERY.body


async def test_mutations_are_never_shared() -> None:
    gate = Gate()
    network = Network(gate)
    sharing = SingleFlight(network)
    waiting = [asyncio.ensure_future(sharing.send(MUTATION, ALICE)) for _ in range(3)]
    await eventually(lambda: len(network.sent) == 3)
    gate.open.set()
    await asyncio.gather(*waiting)


async def test_who_goes_away_takes_no_answer_from_the_others() -> None:
    gate = Gate()
    network = Network(gate)
    sharing = SingleFlight(network)
    leader, *others = [asyncio.ensure_future(sharing.send(QUERY, within(10))) for _ in range(4)]
    await eventually(lambda: len(network.sent) == 1)
    others.pop().cancel()
    leader.cancel()
    await eventually(lambda: len(network.sent) == 2)  # one of the others leads now
    gate.open.set()
    assert await asyncio.gather(*others) == [QUERY.body] * 2


async def test_a_failure_is_shared_and_each_keeps_its_own_deadline() -> None:
    gate = Gate()
    network = Network(gate)
    sharing = SingleFlight(network)
    leader = asyncio.ensure_future(sharing.send(QUERY, within(10)))
    await eventually(lambda: network.sent)
    with pytest.raises(TransportError):
        await sharing.send(QUERY, within(0.02))
    gate.open.set()
    assert await leader == QUERY.body
    failing = SingleFlight(Network(refused))
    results = await asyncio.gather(*(failing.send(QUERY, ALICE) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(one, TransportError) for one in results)


# retrying


async def test_a_failed_query_is_sent_once_more() -> None:
    network = Network(refused)
    with pytest.raises(TransportError):
        await Retry(network, SETTINGS).send(QUERY, within(10))
    assert len(network.sent) == 2


AWAY = b'{"data":null,"errors":[{"message":"","extensions":{"code":"UNAVAILABLE","retryAfter":2}}]}'


@pytest.mark.parametrize(
    ("reply", "call", "times"),
    [
        (AWAY, QUERY, 2),
        (AWAY, MUTATION, 1),
        (AWAY.replace(b"null", b'{"a":1}'), QUERY, 1),
        (AWAY.replace(b"UNAVAILABLE", b"NOT_FOUND"), QUERY, 1),
        (b'"UNAVAILABLE"', QUERY, 1),
        (AWAY.replace(b"null", b"[1]"), QUERY, 1),
        (AWAY.replace(b'"UNAVAILABLE"', b'["UNAVAILABLE"]'), QUERY, 1),
    ],
)
async def test_a_query_whose_database_is_away_is_sent_once_more(reply: bytes, call: Call, times: int) -> None:
    async def answer(_: Call) -> bytes:
        return reply

    network = Network(answer)
    assert await Retry(network, SETTINGS).send(call, within(10)) == reply
    assert len(network.sent) == times


@pytest.mark.parametrize(
    ("call", "context", "code"),
    [(MUTATION, ALICE, UNREACHABLE), (QUERY, replace(ALICE, deadline=0.0), UNREACHABLE), (QUERY, ALICE, OVERLOADED)],
)
async def test_a_mutation_a_late_call_and_an_overload_are_not_tried_again(
    call: Call, context: RequestContext, code: str
) -> None:
    async def fail(call: Call) -> bytes:
        raise TransportError(call.subgraph, code)

    network = Network(fail)
    with pytest.raises(TransportError):
        await Retry(network, SETTINGS).send(call, context)
    assert len(network.sent) == 1


@given(st.lists(st.booleans(), max_size=200))
def test_retries_never_exceed_their_share_and_the_burst(failures: list[bool]) -> None:
    budget = Budget(SETTINGS)
    retries = 0
    for count, failed in enumerate(failures, start=1):
        budget.earn()
        retries += failed and budget.spend()
        assert retries <= SETTINGS.retry_burst + count * SETTINGS.retry_share + 1e-6


# queueing


async def test_so_many_go_at_a_time_a_few_wait_and_the_next_is_refused_at_once() -> None:
    gate = Gate()
    network = Network(gate)
    bulkhead = Bulkhead(network, SETTINGS)
    going = [asyncio.ensure_future(bulkhead.send(QUERY, within(10))) for _ in range(4)]
    await eventually(lambda: len(network.sent) == 2)
    with pytest.raises(TransportError) as failed:
        await bulkhead.send(QUERY, within(10))
    assert failed.value.code == OVERLOADED
    other = asyncio.ensure_future(bulkhead.send(replace(QUERY, subgraph="enrollment"), within(10)))
    await eventually(lambda: len(network.sent) == 3)  # each subgraph has a queue of its own
    gate.open.set()
    assert await asyncio.gather(*going, other) == [QUERY.body] * 5
    assert network.most == 3


async def test_a_turn_that_does_not_come_in_time_is_given_up_and_so_is_its_place() -> None:
    gate = Gate()
    network = Network(gate)
    bulkhead = Bulkhead(network, replace(SETTINGS, concurrent=1, queue=1))
    going = asyncio.ensure_future(bulkhead.send(QUERY, within(10)))
    await eventually(lambda: network.sent)
    for _ in range(3):
        with pytest.raises(TransportError) as failed:
            await bulkhead.send(QUERY, within(0.01))
        assert failed.value.code == OVERLOADED
    gate.open.set()
    assert await going == QUERY.body
    assert await bulkhead.send(QUERY, within(10)) == QUERY.body


async def test_all_guards_together_answer_a_thousand_calls() -> None:
    network = Network(answered)
    transport = guarded(network, CallSettings(concurrent=5, queue=1000))
    calls = [replace(QUERY, body=str(number % 500).encode()) for number in range(1000)]
    assert await asyncio.gather(*(transport.send(call, within(30)) for call in calls)) == [b"{}"] * 1000
    assert network.most <= 5
