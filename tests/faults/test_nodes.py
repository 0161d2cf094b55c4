"""A node of the broker's three dies or stands still, and everybody goes on at another (ADR 43, ADR 68; notes N94)."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import pytest

from chassis.messaging.amqp import connect
from deploy.broker.definitions import ADMIN
from deploy.broker.management import Management
from deploy.broker.members import queues_with_too_few
from deploy.local.rabbitmq import Node, RabbitMQ
from deploy.processes import PRODUCERS
from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import Field, opened
from tests.faults.test_failover import Serving
from tests.support.eventually import eventually

BOUND_SECONDS = 60.0
"""A node that is killed is left at once; one that stands still when its heartbeats are missed, 33 s."""
_DEADLINE_SECONDS = 180.0


@pytest.fixture
async def of_three(home: Path) -> AsyncIterator[Field]:
    """A suite whose broker has three nodes."""
    async with opened(Field(home / "nodes", nodes=3)) as running:
        yield running


@asynccontextmanager
async def killed(field: Field, node: Node) -> AsyncIterator[None]:
    """Without a node, until it is started again."""
    node.child.kill()
    yield
    await field.restart(field.suite.parts.rabbitmq)


@asynccontextmanager
async def standing_still(field: Field, node: Node) -> AsyncIterator[None]:
    """A node keeps its connections, and does not answer on them."""
    node.child.send(signal.SIGSTOP)
    try:
        yield
    finally:
        node.child.send(signal.SIGCONT)
    await eventually(lambda: asyncio.to_thread(field.suite.parts.rabbitmq.is_whole), deadline=_DEADLINE_SECONDS)


_FAULTS: tuple[Callable[[Field, Node], Any], ...] = (killed, standing_still)


def _busiest(rabbitmq: RabbitMQ) -> Node | None:
    """The node with the most connections of our processes; None while the broker knows of none."""
    rows = Management(rabbitmq.management_url).call("GET", "/api/connections")
    names = Counter(row["node"] for row in rows if row.get("user") in PRODUCERS)
    return next((node for node in rabbitmq.nodes for name, _ in names.most_common(1) if node.name == name), None)


@pytest.mark.skipif(not FULL, reason="takes three nodes and a suite of their own: make faults")
async def test_a_node_that_dies_or_stands_still_is_left_for_another(of_three: Field, outcomes: list[Outcome]) -> None:
    """Nothing is lost, twice or out of order; no process is restarted, and all work again within a minute."""
    field, rabbitmq = of_three, of_three.suite.parts.rabbitmq
    assert queues_with_too_few(Management(rabbitmq.management_url)) == {}
    before = {name: child.pid for name, child in field.suite.children.items()}
    async with drill(field, outcomes, "a node of three killed, then one stopped", bound=120) as ledger:
        serving = Serving(field, ledger)
        for fault in _FAULTS:
            node = await eventually(lambda: asyncio.to_thread(_busiest, rabbitmq), deadline=30)
            async with fault(field, node):
                began = time.monotonic()
                done = await serving.counters()

                async def again(done: list[float] = done) -> bool:
                    now = await serving.counters()
                    return all(new > old for new, old in zip(now, done, strict=True)) and await serving.answers()

                await eventually(again, deadline=_DEADLINE_SECONDS, every=0.2)
                seconds = time.monotonic() - began
                print(f"{fault.__name__}: {seconds:.1f} s")  # noqa: T201 - for `pytest -s`
                assert seconds < BOUND_SECONDS
                await lasting(5)
    assert ledger.defects == []
    assert {name: child.pid for name, child in field.suite.children.items()} == before
    assert field.suite.dead() == []
    await _grown(rabbitmq)


async def _grown(rabbitmq: RabbitMQ) -> None:
    """A queue from the time of one node is found, and given a member on each node."""
    broker = Management(rabbitmq.management_url)
    async with await connect(rabbitmq.url(ADMIN), "drill") as connection:
        channel = await connection.channel()
        alone: dict[str, Any] = {"x-queue-type": "quorum", "x-quorum-initial-group-size": 1}
        queue: aio_pika.abc.AbstractQueue = await channel.declare_queue("alone", durable=True, arguments=alone)
        assert list(queues_with_too_few(broker)) == [queue.name]
        for node in rabbitmq.nodes:
            await asyncio.to_thread(node.grow)
        await eventually(lambda: not queues_with_too_few(broker), deadline=30)
        await queue.delete(if_unused=False, if_empty=False)
