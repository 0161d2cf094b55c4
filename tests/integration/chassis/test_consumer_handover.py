"""Effects stay in order when another replica takes over a queue (ADR 4)."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.messaging.inbox import Consumer, Handler
from chassis.storage.mongo import Database, Session
from tests.support.eventually import eventually

EVENTS = 150


@dataclass(frozen=True)
class Counted:
    number: int


def event(number: int) -> Envelope:
    return Envelope(
        id=f"tests/course:c1/{number}/0",
        producer="tests",
        name="counted",
        subject="c1",
        version=number,
        at=datetime.now(UTC),
        province="44",
        data={"number": number},
    )


def consumer(database: Database, url: str) -> Consumer:
    async def effect(counted: Counted, _: Envelope, session: Session) -> None:
        await database["effects"].insert_one({"number": counted.number}, session=session)

    return Consumer(database, url, "tests.inbox", {"tests.counted": Handler(Counted, effect)})


async def numbers(database: Database) -> list[int]:
    return [row["number"] async for row in database["effects"].find(sort=[("_id", 1)])]


async def stop(tasks: Sequence["asyncio.Future[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_effects_keep_their_order_while_consumers_stop_and_start(
    database: Database, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.batch.MOST", 10)  # so that a consumer has many batches to be stopped in
    play = random.Random(3)  # noqa: S311 - reproducible, not secret
    async with await amqp.connect(amqp_url, "test") as connection:
        channel = await connection.channel()
        await amqp.declare_topology(channel)
        await amqp.declare_queue(channel, "tests.inbox", ["tests.#"])
        exchange = await channel.get_exchange(amqp.EVENTS)
        for number in range(EVENTS):
            await exchange.publish(amqp.to_message(event(number)), event(number).routing_key)
        running = [asyncio.ensure_future(consumer(database, amqp_url).run()) for _ in range(2)]
        try:
            while len(await numbers(database)) < EVENTS:
                seen = len(await numbers(database))

                async def moved(seen: int = seen) -> bool:
                    return len(await numbers(database)) >= min(seen + play.randint(1, 30), EVENTS)

                await eventually(moved)
                await stop([running.pop(0)])
                running.append(asyncio.ensure_future(consumer(database, amqp_url).run()))
        finally:
            await stop(running)
    assert await numbers(database) == list(range(EVENTS))
