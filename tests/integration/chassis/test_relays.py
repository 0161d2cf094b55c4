"""Relays of one service: one works at a time, order survives a takeover, a refused event stops no other."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from chassis.messaging import amqp
from chassis.messaging.outbox import Relay
from chassis.storage.mongo import Database
from chassis.storage.repository import Repository
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.process import Child
from deploy.local.suite import ROOT
from tests.integration.chassis.courses import (
    QUEUE,
    Course,
    consumer,
    create,
    effects,
    named,
    rename,
    topology,
    waiting,
)
from tests.support.eventually import eventually
from tests.support.processes import running

LEASE_SECONDS = 0.9
WINDOW = 200
MANY = 600


@pytest.fixture
def other(parts: Parts, database: Database, amqp_url: str, tmp_path: Path) -> Iterator[Child]:
    """A relay in another process."""
    environment = {
        **os.environ,
        "MONGODB_URL": parts.mongodb_url(ADMIN),
        "MONGODB_DATABASE": database.name,
        "AMQP_URL": amqp_url,
        "LEASE_SECONDS": str(LEASE_SECONDS),
    }
    command = [str(ROOT / ".venv/bin/python"), "-m", "tests.integration.chassis.relay_process"]
    child = Child("relay", command, tmp_path / "relay.log", environment, ROOT)
    yield child
    if child.alive():
        child.send(signal.SIGCONT)
    child.stop()


async def listen(channel: AbstractChannel) -> Counter[str]:
    """Count every copy of every event that is published from now on."""
    copies: Counter[str] = Counter()
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind(amqp.EVENTS, "#")

    async def count(message: AbstractIncomingMessage) -> None:
        copies[str(message.message_id)] += 1

    await queue.consume(count, no_ack=True)
    return copies


async def write(courses: Repository[Course], current: dict[str, Course], times: int) -> None:
    """Rename all courses at the same time, several times."""
    for _ in range(times):
        renamed = await asyncio.gather(
            *(rename(courses, course, str(course.version)) for course in current.values()),
        )
        current.update({course.id: course for course in renamed})


async def holder(database: Database) -> str | None:
    lease = await database["leases"].find_one({"_id": "tests.relay"})
    return lease.get("holder") if lease else None


async def settled(database: Database, courses: Repository[Course], current: dict[str, Course]) -> None:
    """Wait until no event waits; then each must have taken effect once, in order."""

    async def quiet() -> bool:
        total = sum(course.version for course in current.values())
        return await waiting(courses) == 0 and await database["effects"].count_documents({}) >= total

    await eventually(quiet)
    for key, course in current.items():
        assert await effects(database, key) == [str(number) for number in range(course.version)]


async def test_one_relay_works_at_a_time_and_the_next_continues(
    database: Database, amqp_url: str, courses: Repository[Course]
) -> None:
    first, second = (Relay(database, ["courses"], amqp_url, "tests", LEASE_SECONDS) for _ in range(2))
    async with topology(amqp_url) as (channel, _):
        copies = await listen(channel)

        async def all_gone() -> bool:
            return await waiting(courses) == 0

        async with running(first.run):
            await eventually(lambda: holder(database))
            async with running(second.run):
                for number in range(20):
                    await create(courses, f"c{number}")
                await eventually(all_gone)
        await create(courses, "after")
        async with running(second.run):
            await eventually(all_gone)
        await eventually(lambda: len(copies) == 21)
        assert set(copies.values()) == {1}


async def test_a_relay_that_wakes_after_losing_its_lease_breaks_no_order(
    database: Database, amqp_url: str, courses: Repository[Course], other: Child
) -> None:
    current = {key: await create(courses, key) for key in "abcde"}
    ours = Relay(database, ["courses"], amqp_url, "tests", LEASE_SECONDS)
    async with topology(amqp_url) as (channel, _), running(consumer(database, amqp_url, []).run):
        copies = await listen(channel)
        first = await eventually(lambda: holder(database))
        writing = asyncio.ensure_future(write(courses, current, 40))
        await eventually(lambda: len(copies) > 20)
        other.send(signal.SIGSTOP)
        async with running(ours.run):

            async def taken_over() -> bool:
                return await holder(database) != first

            await eventually(taken_over)
            await writing
            await settled(database, courses, current)
            other.send(signal.SIGCONT)
            await write(courses, current, 10)
            await settled(database, courses, current)
        await write(courses, current, 10)  # the first relay works again
        await settled(database, courses, current)
        assert sum(copies.values()) - len(copies) <= WINDOW
        assert len(copies) == sum(course.version for course in current.values())


async def test_a_relay_killed_in_the_middle_of_a_window_loses_nothing(
    database: Database, amqp_url: str, courses: Repository[Course], other: Child
) -> None:
    async with topology(amqp_url) as (channel, _), running(consumer(database, amqp_url, []).run):
        copies = await listen(channel)
        current = {f"c{number}": await create(courses, f"c{number}") for number in range(150)}
        await eventually(lambda: copies)
        other.kill()
        async with running(Relay(database, ["courses"], amqp_url, "tests", LEASE_SECONDS).run):
            await settled(database, courses, current)
        assert len(copies) == 150
        assert sum(copies.values()) - len(copies) <= WINDOW


async def test_an_event_written_while_its_aggregate_is_in_flight_is_published_at_once(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._LOOK_AGAIN_SECONDS", 3_600)

    async def all_gone() -> bool:
        return await waiting(courses) == 0

    async with running(Relay(database, ["courses"], amqp_url, "tests").run):
        current = {"c": await create(courses, "c")}
        for _ in range(10):
            await write(courses, current, 5)
            await eventually(all_gone)


async def test_a_refused_event_stays_and_other_aggregates_go_on(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._REFUSED_SECONDS", 0.05)
    async with await amqp.connect(amqp_url, "test") as connection:
        channel = await connection.channel()
        await (await channel.get_queue(QUEUE)).delete(if_unused=False, if_empty=False)
        only = await channel.declare_queue("tests.only", durable=True, arguments={"x-queue-type": "quorum"})
        await only.bind(amqp.EVENTS, "tests.course-named.44")
        lost = Course("nowhere", 1, "returned")
        event = named(lost)
        object.__setattr__(event, "province", "45")
        await courses.insert(lost, [event])
        async with running(Relay(database, ["courses"], amqp_url, "tests").run):
            await create(courses, "somewhere")
            arrived = await eventually(lambda: only.get(fail=False))
            assert arrived
            assert arrived.message_id == "tests/course:somewhere/1/0"

            async def alone() -> bool:
                return await waiting(courses) == 1

            await eventually(alone)
            await only.bind(amqp.EVENTS, "tests.course-named.45")
            late = await eventually(lambda: only.get(fail=False))
            assert late
            assert late.message_id == "tests/course:nowhere/1/0"


async def test_a_full_queue_gets_every_event_once_it_has_room(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._REFUSED_SECONDS", 0.05)
    full: dict[str, Any] = {"x-queue-type": "quorum", "x-max-length": 5, "x-overflow": "reject-publish"}
    async with await amqp.connect(amqp_url, "test") as connection:
        channel = await connection.channel()
        await amqp.declare_topology(channel)
        queue = await channel.declare_queue("tests.full", durable=True, arguments=full)
        await queue.bind(amqp.EVENTS, "tests.#")
        created = await asyncio.gather(*(create(courses, f"c{number}") for number in range(MANY)))
        wanted = {course.id for course in created}
        got: set[str] = set()
        async with running(Relay(database, ["courses"], amqp_url, "tests").run):

            async def some_wait() -> bool:
                return 0 < await waiting(courses) < MANY

            await eventually(some_wait)

            async def all_came() -> bool:
                while message := await queue.get(fail=False):
                    got.add(str(message.headers["cloudEvents_subject"]))
                    await message.ack()
                return got == wanted and await waiting(courses) == 0

            await eventually(all_came)
