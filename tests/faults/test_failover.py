"""The database's primary dies, stands still or steps down, and nobody has to lend a hand (notes N47, N86; ADR 43)."""

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.demo import documents as d
from deploy.local.mongod import Member, Mongod
from deploy.local.suite import GATEWAY
from deploy.seed.graph_client import Refused
from deploy.seed.world import BASES, YEAR
from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import RELAY, TEACHING, WORKER, Field, opened
from tests.faults.load import Ledger
from tests.faults.test_processes import metric
from tests.support.eventually import eventually

BOUND_SECONDS = 15.0
"""Held by `make faults`, which runs alone; beside other tests on a busy machine only a deadline is."""
_DEADLINE_SECONDS = 120.0
_PUBLISHED, _CONSUMED = "guopei_events_published_total", "guopei_events_consumed_total"
_WORKING = (
    (RELAY, _PUBLISHED, "enrollment"),
    ("catalog", _PUBLISHED, "catalog"),
    (WORKER, _CONSUMED, "enrollment.feed"),
    (GATEWAY, _CONSUMED, "gateway.teachers"),
    ("assessment", _CONSUMED, "assessment.audit"),
)
"""What goes on beside requests while the load does: process, counter, label."""


@pytest.fixture
async def of_three(home: Path) -> AsyncIterator[Field]:
    """A suite whose database has three members."""
    async with opened(Field(home / "failover", members=3)) as running:
        yield running


@asynccontextmanager
async def killed(mongod: Mongod) -> AsyncIterator[None]:
    """Without the member that was the primary."""
    primary = await _primary(mongod)
    primary.child.kill()
    yield
    primary.start()  # in this thread, for a child ends with the thread that starts it


@asynccontextmanager
async def standing_still(mongod: Mongod) -> AsyncIterator[None]:
    """The member that was the primary keeps its connections, and does not answer on them."""
    primary = await _primary(mongod)
    primary.child.send(signal.SIGSTOP)
    try:
        yield
        await lasting(10 if FULL else 1)
    finally:
        primary.child.send(signal.SIGCONT)


@asynccontextmanager
async def stepping_down(mongod: Mongod) -> AsyncIterator[None]:
    """Another member is the primary, while the former one answers as before."""
    await asyncio.to_thread(mongod.step_down)
    yield


async def _primary(mongod: Mongod) -> Member:
    return await eventually(lambda: asyncio.to_thread(mongod.primary), deadline=30)


_FAULTS: tuple[Callable[[Mongod], Any], ...] = (killed, standing_still, stepping_down)


@dataclass
class Serving:
    """Whether all processes serve, by what they do and not by what they say of themselves."""

    field: Field
    ledger: Ledger

    async def counters(self) -> list[float]:
        """How much each of `_WORKING` has done, and how many acts of the load were acknowledged."""
        found = [await metric(self.field, process, name, label) for process, name, label in _WORKING]
        return [*found, float(len(self.ledger.promises))]

    async def answers(self) -> bool:
        """Whether a login, and a query at each subgraph, are answered."""
        seeded = self.field.seeded
        base, key = seeded.base_clients[TEACHING], seeded.base_ids[BASES[TEACHING].name]
        scope, login, _ = seeded.logins[0]
        try:
            await self.field.provisioner.sign_in(login, scope)
            await base.ask(d.QUOTA, id=key, year=YEAR)
            await base.ask(d.SEATS, id=self.ledger.projects[0])
        except (Refused, aiohttp.ClientError, TimeoutError):
            return False
        return True


async def test_failover(of_three: Field, outcomes: list[Outcome]) -> None:
    """Every process works again, unaided and in full within 15 s; nothing acknowledged is lost, nothing `INTERNAL`."""
    field, mongod = of_three, of_three.suite.parts.mongod
    rounds = 10 if FULL else 2
    longest = 0.0
    before = {name: child.pid for name, child in field.suite.children.items()}
    async with drill(
        field, outcomes, f"the primary of three killed, stopped or stepped down, {rounds} times"
    ) as ledger:
        serving = Serving(field, ledger)
        for fault in itertools.islice(itertools.cycle(_FAULTS), rounds):
            async with fault(mongod):
                began = time.monotonic()
                done = await serving.counters()

                async def again(done: list[float] = done) -> bool:
                    now = await serving.counters()
                    return all(new > old for new, old in zip(now, done, strict=True)) and await serving.answers()

                await eventually(again, deadline=_DEADLINE_SECONDS, every=0.2)
                longest = max(longest, time.monotonic() - began)
            await eventually(lambda: asyncio.to_thread(mongod.is_whole), deadline=60)
    assert ledger.defects == []
    assert not FULL or longest < BOUND_SECONDS, f"served again after {longest:.1f} s"
    assert {name: child.pid for name, child in field.suite.children.items()} == before
    assert field.suite.dead() == []
