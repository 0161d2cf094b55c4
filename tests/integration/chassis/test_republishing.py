"""What the broker has lost is sent again, older events before newer ones, and takes effect once (ADR 66)."""

import asyncio
from datetime import UTC, datetime, timedelta

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from prometheus_client import REGISTRY
from typer.testing import CliRunner, Result

from chassis.messaging.generation import generation_of
from chassis.messaging.outbox import Relay
from chassis.messaging.republishing import event_commands
from chassis.messaging.sent import KEPT_DAYS, create_index
from chassis.storage.migration import Migrations
from chassis.storage.mongo import Database
from chassis.storage.repository import Repository
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from tests.integration.chassis.courses import QUEUE, Course, consumer, create, effects, rename, topology
from tests.support.eventually import eventually
from tests.support.processes import running

SERVICE = "tests"


async def run(database: Database, parts: Parts, amqp_url: str, *arguments: str) -> Result:
    """How an operator's command ends."""
    environment = {
        "MONGODB_URL": parts.mongodb_url(ADMIN),
        "MONGODB_DATABASE": database.name,
        "AMQP_URL": amqp_url,
    }
    return await asyncio.to_thread(
        CliRunner().invoke, event_commands(Migrations(SERVICE, ())), arguments, env=environment
    )


async def sent(database: Database) -> list[str]:
    return [row["_id"] async for row in database["sent"].find(sort=[("sent", 1)])]


async def lose(channel: AbstractChannel) -> None:
    """What a broker that was set up anew has forgotten."""
    for name in (QUEUE, generation_of(SERVICE)):
        await (await channel.get_queue(name)).purge()


def holds_back() -> bool:
    return REGISTRY.get_sample_value("guopei_broker_unknown", {"service": SERVICE}) == 1


def dropped() -> float:
    """How many copies the consumer has dropped."""
    return REGISTRY.get_sample_value("guopei_events_duplicate_total", {"queue": QUEUE}) or 0


async def test_what_is_sent_is_kept_in_its_order_and_expires(
    database: Database, amqp_url: str, courses: Repository[Course]
) -> None:
    async with topology(amqp_url), running(Relay(database, ["courses"], amqp_url, SERVICE).run):
        course = await create(courses, "c1")
        for name in "12345":
            course = await rename(courses, course, name)

        async def kept() -> bool:
            return await sent(database) == [f"tests/course:c1/{version}/0" for version in range(1, 7)]

        await eventually(kept)
    await create_index(database)
    (index,) = [row async for row in await database["sent"].list_indexes() if row["name"] == "sent_1"]
    assert index["expireAfterSeconds"] == KEPT_DAYS * 24 * 3600


async def test_events_are_sent_again_in_order_and_those_that_are_known_take_no_effect(
    database: Database, parts: Parts, amqp_url: str, courses: Repository[Course]
) -> None:
    begun = datetime.now(UTC)
    async with topology(amqp_url) as (channel, _):
        async with running(consumer(database, amqp_url, []).run, Relay(database, ["courses"], amqp_url, SERVICE).run):
            course = await create(courses, "c1")
            for name in "12":
                course = await rename(courses, course, name)
            await eventually(lambda: _kept(database, 3))
        copies: asyncio.Queue[str] = asyncio.Queue()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("training.events", "#")

        async def note(message: AbstractIncomingMessage) -> None:
            await copies.put(str(message.message_id))

        await queue.consume(note, no_ack=True)
        for types, number in (("tests.course-named", 3), ("tests.course-closed", 0)):
            since = (begun - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S%z")
            done = await run(database, parts, amqp_url, "republish", "--since", since, "--type", types)
            assert (done.exit_code, done.stdout) == (0, f"已重新发送 sent again: {number}\n")
        assert [await copies.get() for _ in range(3)] == await sent(database)
        before = dropped()
        async with running(consumer(database, amqp_url, []).run):
            await eventually(lambda: dropped() == before + 3)
    assert await effects(database) == ["0", "1", "2"]


async def test_a_relay_whose_broker_lost_its_data_sends_nothing_before_older_events_are_sent_again(
    database: Database, parts: Parts, amqp_url: str, courses: Repository[Course]
) -> None:
    begun = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
    async with topology(amqp_url) as (channel, _):
        async with running(Relay(database, ["courses"], amqp_url, SERVICE).run):
            course = await rename(courses, await create(courses, "c1"), "1")
            await eventually(lambda: _kept(database, 2))
        await lose(channel)
        async with running(Relay(database, ["courses"], amqp_url, SERVICE).run):
            await eventually(holds_back)
            await rename(courses, course, "2")
            soon = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S%z")
            assert (await run(database, parts, amqp_url, "republish", "--since", soon)).exit_code == 2
            done = await run(database, parts, amqp_url, "republish", "--since", begun)
            assert done.exit_code == 0, done.output
            await eventually(lambda: _kept(database, 3))
        assert not holds_back()
        async with running(consumer(database, amqp_url, []).run):
            await eventually(lambda: _took_effect(database, ["0", "1", "2"]))


async def test_an_instant_since_which_nothing_was_sent_lets_no_relay_go_on(
    database: Database, parts: Parts, amqp_url: str, courses: Repository[Course]
) -> None:
    async with topology(amqp_url):
        async with running(Relay(database, ["courses"], amqp_url, SERVICE).run):
            await create(courses, "c1")
            await eventually(lambda: _kept(database, 1))
        placed = await database["broker"].find_one()
        await database["sent"].update_one({}, {"$set": {"sent": datetime.now(UTC) - timedelta(days=2)}})
        since = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S%z")
        done = await run(database, parts, amqp_url, "republish", "--since", since)
        assert (done.exit_code, done.stdout) == (0, "已重新发送 sent again: 0\n")
    assert await database["broker"].find_one() == placed


async def test_to_go_on_keeps_the_mark_that_the_broker_holds(
    database: Database, parts: Parts, amqp_url: str, courses: Repository[Course]
) -> None:
    """Also where the database has another one, as after it was restored from a copy."""
    marks = database["broker"]
    async with topology(amqp_url) as (channel, _):
        async with running(Relay(database, ["courses"], amqp_url, SERVICE).run):
            course = await create(courses, "c1")
            await eventually(lambda: _kept(database, 1))
        placed = await marks.find_one()
        assert placed
        assert (await run(database, parts, amqp_url, "go-on")).exit_code == 0
        assert await marks.find_one() == placed
        await marks.update_one({}, {"$set": {"mark": "0" * 32}})
        async with running(Relay(database, ["courses"], amqp_url, SERVICE).run):
            await eventually(holds_back)
            assert (await run(database, parts, amqp_url, "go-on")).exit_code == 0
            await rename(courses, course, "1")
            await eventually(lambda: _kept(database, 2))
        assert await marks.find_one() == placed
        held = await (await channel.get_queue(generation_of(SERVICE))).get()
        assert held.body.decode() == placed["mark"]
        await held.nack(requeue=True)


async def test_an_operator_may_let_the_relay_go_on_without_sending_anything_again(
    database: Database, parts: Parts, amqp_url: str, courses: Repository[Course]
) -> None:
    async with topology(amqp_url) as (channel, _):
        async with running(Relay(database, ["courses"], amqp_url, SERVICE).run):
            course = await create(courses, "c1")
            await eventually(lambda: _kept(database, 1))
        await lose(channel)
        async with running(Relay(database, ["courses"], amqp_url, SERVICE).run):
            await eventually(holds_back)
            await rename(courses, course, "1")
            assert (await run(database, parts, amqp_url, "go-on")).exit_code == 0
            await eventually(lambda: _kept(database, 2))
        async with running(consumer(database, amqp_url, []).run):
            await eventually(lambda: _took_effect(database, ["1"]))


async def test_a_queue_that_has_gone_ends_the_command_with_where_to_go_on(
    database: Database, parts: Parts, amqp_url: str, courses: Repository[Course]
) -> None:
    begun = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S%z")
    async with topology(amqp_url) as (channel, _):
        async with running(Relay(database, ["courses"], amqp_url, SERVICE).run):
            await create(courses, "c1")
            await eventually(lambda: _kept(database, 1))
        await channel.queue_delete(QUEUE)
        done = await run(database, parts, amqp_url, "republish", "--since", begun)
    assert done.exit_code == 1
    assert "sent again: 0" in done.output
    assert "--since 20" in done.output


async def _kept(database: Database, number: int) -> bool:
    return await database["sent"].count_documents({}) == number


async def _took_effect(database: Database, names: list[str]) -> bool:
    return await effects(database) == names
