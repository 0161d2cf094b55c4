"""Messages that come twice, late, garbled, or to a queue that is full."""

import random
from typing import Any

import aio_pika
from aio_pika import DeliveryMode, Message

from chassis.events import unseal
from chassis.messaging.amqp import DEAD, EVENTS, connect, to_message
from deploy.broker.definitions import ADMIN
from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import RELAY, Field
from tests.faults.test_processes import metric
from tests.support.eventually import eventually

_QUEUE = "assessment.inbox"
_POLICY = "/api/policies/%2F/drill"


async def publish(field: Field, *messages: tuple[Message, str]) -> None:
    """Put messages on the exchange of all events, each confirmed."""
    async with await connect(field.suite.parts.amqp_url(ADMIN), "drill") as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange(EVENTS, ensure=False)
        for message, key in messages:
            await exchange.publish(message, key)


async def test_duplicate_and_reordered(field: Field, outcomes: list[Outcome]) -> None:
    """The whole past comes once more, shuffled, while new things happen: it changes nothing."""
    times = 5 if FULL else 1
    async with drill(field, outcomes, f"every event so far again, shuffled, {times} times"):
        for turn in range(times):
            rows = await field.mongo["enrollment"]["feed"].find({"province": "00"}).to_list()
            random.Random(turn).shuffle(rows)  # noqa: S311 - it must come out the same again
            envelopes = [unseal(row["event"]) for row in rows]
            await publish(field, *((to_message(one), one.routing_key) for one in envelopes))


async def test_poison(field: Field, outcomes: list[Outcome]) -> None:
    """What is no event becomes a dead letter of each queue, and what follows it is taken."""
    async with drill(field, outcomes, "poison messages"):
        letters = await field.depth(DEAD)
        bare = Message(b"{", delivery_mode=DeliveryMode.PERSISTENT)
        garbled = Message(b"\xff", headers={"cloudEvents_type": "a.b"}, delivery_mode=DeliveryMode.PERSISTENT)
        key = "catalog.project-published.44"
        await publish(field, (bare, key), (garbled, key))

        async def given_up() -> Any:
            return await field.depth(DEAD) >= letters + 8  # two messages in each of four queues

        await eventually(given_up)
    assert await field.depth(DEAD) == letters + 8
    async with await aio_pika.connect(field.suite.parts.amqp_url(ADMIN)) as connection:
        grave = await (await connection.channel()).get_queue(DEAD)
        await grave.purge()


async def test_queue_full(field: Field, outcomes: list[Outcome]) -> None:
    """A publish that a full queue refuses is not taken for sent, and comes when there is room again."""
    name = "guopei_events_refused_total"
    async with drill(field, outcomes, "a queue full (reject-publish)"):
        before = await metric(field, RELAY, name, "nacked")
        field.kill("assessment")
        full = {"pattern": f"^{_QUEUE}$", "apply-to": "queues", "definition": {"max-length": 3}}
        field.manage("PUT", _POLICY, full)

        async def refused() -> bool:
            return await metric(field, RELAY, name, "nacked") > before

        try:
            await eventually(refused)
            await lasting(20 if FULL else 2)
        finally:
            field.manage("DELETE", _POLICY)
            await field.launch("assessment")
