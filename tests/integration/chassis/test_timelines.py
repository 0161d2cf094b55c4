"""A database restored from an older copy: its new events take effect, those of the lost time do not (ADR 69)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from typer.testing import CliRunner, Result

from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.messaging.deadletters import in_hand
from chassis.messaging.inbox import Consumer, Handler
from chassis.messaging.outbox import Relay
from chassis.messaging.timelines import timeline_commands
from chassis.storage import timeline
from chassis.storage.lease import Lease
from chassis.storage.migration import Migrations
from chassis.storage.mongo import Database, Session
from chassis.storage.repository import Repository
from deploy.broker.definitions import ADMIN, INTERNAL_QUEUES
from deploy.local.parts import Parts
from tests.integration.chassis.courses import (
    KEY,
    QUEUE,
    Course,
    consumer,
    create,
    effects,
    event,
    message,
    rename,
    repository,
    topology,
)
from tests.support.eventually import eventually
from tests.support.processes import running

SERVICE = "tests"
URGENT = ("--reason", "盘损坏", "--as", "李工")


async def new_timeline(database: Database, parts: Parts, at: datetime, *more: str) -> Result:
    environment = {"MONGODB_URL": parts.mongodb_url(ADMIN), "MONGODB_DATABASE": database.name}
    arguments = ["new", "--at", at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f%z"), *more]
    return await asyncio.to_thread(
        CliRunner().invoke, timeline_commands(Migrations(SERVICE, ())), arguments, env=environment
    )


async def copied(database: Database, *collections: str) -> dict[str, list[dict[str, Any]]]:
    return {name: await database[name].find().to_list() for name in collections}


async def restored(database: Database, copy: dict[str, list[dict[str, Any]]]) -> None:
    for name, rows in copy.items():
        await database[name].delete_many({})
        if rows:
            await database[name].insert_many(rows)


async def took_effect(database: Database, names: Sequence[str]) -> bool:
    return await effects(database) == names


async def test_what_is_written_after_a_restore_takes_effect_and_says_where_it_belongs(
    database: Database, parts: Parts, amqp_url: str, courses: Repository[Course]
) -> None:
    await timeline.create_index(database)
    async with topology(amqp_url):
        async with running(consumer(database, amqp_url, []).run, Relay(database, ["courses"], amqp_url, SERVICE).run):
            course = await create(courses, "c1")
            await eventually(lambda: took_effect(database, ["0"]))
            older, at = await copied(database, "courses"), datetime.now(UTC)
            await rename(courses, course, "undone")
            await eventually(lambda: took_effect(database, ["0", "undone"]))
        await restored(database, older)
        done = await new_timeline(database, parts, at, *URGENT)
        assert done.exit_code == 0, done.output
        async with running(consumer(database, amqp_url, []).run, Relay(database, ["courses"], amqp_url, SERVICE).run):
            await rename(repository(database), course, "anew")
            await eventually(lambda: took_effect(database, ["0", "undone", "anew"]))
            told = await eventually(lambda: database["sent"].find_one({"event.name": "timeline-begun"}))
    number = int(done.stdout.rsplit(" ", 1)[1])
    assert told["event"]["actor"]["name"] == "李工"
    assert (told["event"]["data"]["reason"], told["event"]["data"]["number"]) == ("盘损坏", number)
    ids = await database["sent"].distinct("_id")
    assert {"tests/course:c1/2/0", f"tests/course:c1/2/0~{number}"} <= set(ids)


async def test_events_of_the_lost_time_become_dead_letters_and_those_of_before_are_good(
    database: Database, amqp_url: str
) -> None:
    now = datetime.now(UTC)
    point = now - timedelta(hours=1)
    written = {"before": point - timedelta(seconds=1), "lost": point + timedelta(seconds=1)}
    anew = replace(event("anew", 3), id="tests/course:c1/1/3~7", timeline=7, restored=point)
    async with topology(amqp_url) as (_, exchange):

        async def publish(envelope: Envelope) -> None:
            await exchange.publish(amqp.to_message(envelope), KEY)

        lost_before = lost()
        async with running(consumer(database, amqp_url, []).run):
            await publish(anew)
            for index, (name, at) in enumerate(written.items()):
                await publish(replace(event(name, index), at=at))
            await eventually(lambda: took_effect(database, ["anew", "before"]))
            await eventually(lambda: lost() == lost_before + 1)
        async with running(consumer(database, amqp_url, []).run):  # a consumer that starts later knows it too
            await publish(replace(event("lost, too", 4), at=now))
            await eventually(lambda: lost() == lost_before + 2)
        async with in_hand(amqp_url) as (_, letters):
            assert [(letter.id, letter.queue, letter.reason) for letter in letters] == [
                (f"tests/course:c1/1/{index}", QUEUE, "rejected") for index in (1, 4)
            ]
            for letter in letters:
                await letter.message.ack()
    assert await effects(database) == ["anew", "before"]


async def test_a_service_gives_up_an_event_of_the_lost_time_with_no_more_than_its_rights(
    database: Database, parts: Parts
) -> None:
    """A service may not write to the dead letters (ADR 68): its consumer goes on, and the broker moves the event."""
    point = datetime.now(UTC) - timedelta(hours=1)
    told = replace(event("told", 0), producer="enrollment", name="accepted")
    anew = replace(told, id="enrollment/enrollment:e1/1/0~7", timeline=7, restored=point)
    lost_ = replace(told, id="enrollment/enrollment:e1/2/0")
    before = replace(told, id="enrollment/enrollment:e1/1/0", at=point)
    seen: list[str] = []

    async def effect(_: Any, envelope: Envelope, __: Session) -> None:
        seen.append(envelope.id)

    user, queue = "catalog", "catalog.inbox"
    assert queue in INTERNAL_QUEUES
    heard = Consumer(database, parts.rabbitmq.url(user), queue, {"#": Handler(None, effect)})
    async with await amqp.connect(parts.rabbitmq.url("enrollment"), "test") as connection, running(heard.run):
        exchange = await (await connection.channel(on_return_raises=True)).get_exchange(amqp.EVENTS, ensure=False)
        for envelope in (anew, lost_, before):
            await exchange.publish(amqp.to_message(envelope), envelope.routing_key, mandatory=True)
        await eventually(lambda: seen == [anew.id, before.id])
        assert await eventually(lambda: _given_up(parts, queue)) == [lost_.id]


@pytest.mark.parametrize(
    "broken", [{"time": 7}, {"type": 7}, {"time": "2026-12-01T08:00:00"}, {"aggregateversion": [1]}, {"actor": 7}]
)
async def test_what_cannot_be_read_becomes_a_dead_letter_where_a_restore_is_known(
    database: Database, amqp_url: str, broken: dict[str, Any]
) -> None:
    point = datetime.now(UTC) - timedelta(hours=1)
    anew = replace(event("anew", 0), id="tests/course:c1/1/0~7", timeline=7, restored=point)
    good = replace(anew, id="tests/course:c1/1/2~7", data={"name": "good"})
    malformed = message("malformed", 1)
    malformed.headers |= {f"cloudEvents_{name}": value for name, value in broken.items()}
    async with topology(amqp_url) as (_, exchange), running(consumer(database, amqp_url, []).run):
        for sent in (amqp.to_message(anew), malformed, amqp.to_message(good)):
            await exchange.publish(sent, KEY)
        await eventually(lambda: took_effect(database, ["anew", "good"]))
        async with in_hand(amqp_url) as (_, letters):
            assert [letter.id for letter in letters] == ["tests/course:c1/1/1"]
            await letters[0].message.ack()


async def _given_up(parts: Parts, queue: str) -> list[str]:
    """The ids of the letters that a queue of the suite's own virtual host gave up, which are taken away."""
    async with in_hand(parts.rabbitmq.url(ADMIN)) as (_, letters):
        given_up = [letter for letter in letters if letter.queue == queue]
        for letter in given_up:
            await letter.message.ack()
    return [letter.id for letter in given_up]


async def test_no_timeline_begins_beside_a_process_of_the_service_nor_in_the_future_nor_without_a_reason(
    database: Database, parts: Parts
) -> None:
    now, taken = datetime.now(UTC), asyncio.Event()

    async def hold(_: int) -> None:
        taken.set()
        await asyncio.Event().wait()

    lease = Lease(database, "tests.relay")
    async with running(lambda: lease.hold(hold)):
        await taken.wait()
        refused = await new_timeline(database, parts, now, *URGENT)
        assert (refused.exit_code, "tests.relay" in refused.output) == (1, True)
    assert (await new_timeline(database, parts, now + timedelta(hours=1), *URGENT)).exit_code == 2
    assert (await new_timeline(database, parts, now, "--reason", " ", "--as", "李工")).exit_code == 1
    assert await database["meta"].count_documents({}) == 0


def test_a_later_timeline_comes_after_every_version_of_an_earlier_one() -> None:
    first = event("0", 0)
    later = replace(first, version=1, timeline=1_764_550_000)
    assert first.order == first.version
    assert replace(first, version=2**31).order < later.order < replace(later, version=2).order < 2**63


def lost() -> float:
    return REGISTRY.get_sample_value("guopei_events_lost_time_total", {"queue": QUEUE}) or 0
