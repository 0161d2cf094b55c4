"""A subgraph that keeps failing is left alone, then tried with one call (notes N17)."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.federation.engine import Call, TransportError
from gateway.resilience import OVERLOADED, CircuitBreaker
from gateway.resilience.circuit_breaker import Breaker, State
from tests.support.eventually import eventually
from tests.unit.gateway.network import ALICE, QUERY, SETTINGS, Gate, Network, answered, refused


class BreakerMachine(RuleBasedStateMachine):
    """Whatever calls do, an open breaker lets nothing through before its time, and then one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(SETTINGS)
        self.now = 0.0
        self.probing = False

    @rule(passed=st.floats(0, 2))
    def wait(self, passed: float) -> None:
        self.now += passed

    @rule(succeeded=st.booleans())
    def call(self, succeeded: bool) -> None:
        before = self.breaker.state
        if not self.breaker.admits(self.now):
            assert before is not State.CLOSED
            return
        if before is State.OPEN:
            assert not self.breaker.admits(self.now)  # the probe is alone
        probe = self.breaker.probing
        assert probe == (before is State.OPEN)
        self.breaker.tell(self.now, succeeded=succeeded, probe=probe)
        if before is State.OPEN:
            assert self.breaker.state is (State.CLOSED if succeeded else State.OPEN)

    @rule(succeeded=st.sampled_from([True, False, None]))
    def hear_late(self, succeeded: bool | None) -> None:
        """A call from before the breaker opened ends now."""
        before = self.breaker.state
        self.breaker.tell(self.now, succeeded=succeeded, probe=False)
        assert self.breaker.state is before or before is State.CLOSED

    @invariant()
    def rests(self) -> None:
        assert self.breaker.state is not State.TRYING


TestBreakerMachine = BreakerMachine.TestCase


async def test_a_subgraph_that_keeps_failing_is_left_alone_then_tried_with_one_call() -> None:
    now = [0.0]
    behave: list[Callable[[Call], Awaitable[bytes]]] = [refused]

    async def behaving(call: Call) -> bytes:
        return await behave[0](call)

    network = Network(behaving)
    breaking = CircuitBreaker(network, SETTINGS, lambda: now[0])
    for _ in range(20):
        with pytest.raises(TransportError):
            await breaking.send(QUERY, ALICE)
    assert len(network.sent) == SETTINGS.breaker_least
    now[0] = 2.0
    behave[0] = answered
    assert await breaking.send(QUERY, ALICE) == b"{}"
    assert await breaking.send(QUERY, ALICE) == b"{}"


async def test_a_late_answer_from_before_the_breaker_opened_is_not_taken_for_the_probes() -> None:
    now, gate = [0.0], Gate()
    behave: list[Callable[[Call], Awaitable[bytes]]] = [gate]

    async def behaving(call: Call) -> bytes:
        return await behave[0](call)

    network = Network(behaving)
    breaking = CircuitBreaker(network, SETTINGS, lambda: now[0])
    late = asyncio.ensure_future(breaking.send(QUERY, ALICE))
    await eventually(lambda: network.sent)
    behave[0] = refused
    for _ in range(SETTINGS.breaker_least):
        with pytest.raises(TransportError):
            await breaking.send(QUERY, ALICE)
    now[0] = 2.0
    probing = Gate()
    behave[0] = probing
    probe = asyncio.ensure_future(breaking.send(QUERY, ALICE))
    await eventually(lambda: len(network.sent) == SETTINGS.breaker_least + 2)
    gate.open.set()
    assert await late == QUERY.body
    with pytest.raises(TransportError):  # the probe has told nothing yet
        await breaking.send(QUERY, ALICE)
    probing.open.set()
    assert await probe == QUERY.body
    assert await breaking.send(QUERY, ALICE) == QUERY.body


async def test_a_few_failures_among_many_successes_open_nothing() -> None:
    turn = [0]

    async def sometimes(call: Call) -> bytes:
        turn[0] += 1
        return await (refused if turn[0] % 3 == 0 else answered)(call)

    network = Network(sometimes)
    breaking = CircuitBreaker(network, SETTINGS)
    await asyncio.gather(*(breaking.send(QUERY, ALICE) for _ in range(60)), return_exceptions=True)
    assert len(network.sent) == 60


async def test_who_goes_away_and_a_full_queue_tell_nothing_about_the_subgraph() -> None:
    async def full(call: Call) -> bytes:
        raise TransportError(call.subgraph, OVERLOADED)

    breaker = CircuitBreaker(Network(full), SETTINGS)
    for _ in range(20):
        with pytest.raises(TransportError) as failed:
            await breaker.send(QUERY, ALICE)
        assert failed.value.code == OVERLOADED
