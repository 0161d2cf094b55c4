"""The database and the broker go away and come back."""

import asyncio

from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import Field


async def test_broker_stopped(field: Field, outcomes: list[Outcome]) -> None:
    """Without a broker everybody works on, and what happened is told when it is back."""
    seconds = 60 if FULL else 3
    async with drill(field, outcomes, f"RabbitMQ stopped for {seconds} s"):
        rabbitmq = field.suite.parts.rabbitmq
        await asyncio.to_thread(rabbitmq.stop)
        await lasting(seconds)
        await field.restart(rabbitmq)


async def test_database_killed(field: Field, outcomes: list[Outcome]) -> None:
    """A write that was acknowledged outlives the database's death: majority, journalled (facts 22)."""
    times = 5 if FULL else 1
    async with drill(field, outcomes, f"mongod killed and restarted, {times} times"):
        for _ in range(times):
            mongod = field.suite.parts.mongod
            mongod.child.kill()
            await lasting(2)
            await field.restart(mongod)
            await lasting(3)
