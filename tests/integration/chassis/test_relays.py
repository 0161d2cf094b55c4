"""Relays of one service: one works at a time, order survives a takeover, a refused event stops no other."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from prometheus_client import REGISTRY

from chassis.events import seal
from chassis.messaging import amqp
from chassis.messaging.outbox import Relay
from chassis.runtime.telemetry import OLDEST_SECONDS, PENDING
from chassis.storage.lease import Lease
from chassis.storage.mongo import Database
from chassis.storage.repository import Repository
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.process import Child
from deploy.local.suite import ROOT
from tests.integration.chassis.courses import (
    KEY,
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
FOR_EVER = 3_600.0
SERVICE = {"service": "tests"}


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent is removed at once, for tests that wait for it to be gone."""
    monkeypatch.setattr("chassis.messaging.outbox._REST_SECONDS", 0.0)
    monkeypatch.setattr("chassis.messaging.outbox._REMOVE_SECONDS", 0.02)


@pytest.fixture
def long_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent stays in its document until the turn ends."""
    monkeypatch.setattr("chassis.messaging.outbox._REST_SECONDS", FOR_EVER)


@pytest.fixture
def other(
    parts: Parts, database: Database, amqp_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Child]:
    """A relay in another process; a parameter says for how many seconds what it has sent rests, 2 by default."""
    environment = {
        **os.environ,
        "MONGODB_URL": parts.mongodb_url(ADMIN),
        "MONGODB_DATABASE": database.name,
        "AMQP_URL": amqp_url,
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "REST_SECONDS": str(getattr(request, "param", 2.0)),
    }
    command = [sys.executable, "-m", "tests.integration.chassis.relay_process"]
    child = Child("relay", command, tmp_path / "relay.log", environment, ROOT)
    yield child
    if child.alive():
        child.send(signal.SIGCONT)
    child.stop()


async def listen(channel: AbstractChannel, binding: str = "#") -> Counter[str]:
    """Count every copy of every event that is published from now on."""
    copies: Counter[str] = Counter()
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind(amqp.EVENTS, binding)

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


async def removals(database: Database) -> list[str]:
    """The aggregates from which events were removed since the profiler was switched on, one entry an update."""
    updates = database["system.profile"].find({"op": "update", "ns": f"{database.name}.courses"})
    return [row["command"]["q"]["_id"] async for row in updates if "$pull" in row["command"]["u"]]


def gauge(name: str) -> float:
    value = REGISTRY.get_sample_value(name, SERVICE)
    assert value is not None
    return value


def pending() -> float:
    return gauge("guopei_outbox_pending")


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


@pytest.mark.usefixtures("no_rest")
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


@pytest.mark.parametrize("other", [FOR_EVER], indirect=True)
async def test_what_a_killed_relay_had_sent_comes_again_and_takes_no_second_effect(
    database: Database, amqp_url: str, courses: Repository[Course], other: Child
) -> None:
    async with topology(amqp_url) as (channel, _), running(consumer(database, amqp_url, []).run):
        copies = await listen(channel)
        current = {key: await create(courses, key) for key in "abcde"}
        await eventually(lambda: len(copies) == len(current))
        other.kill()
        assert await waiting(courses) == len(current)
        async with running(Relay(database, ["courses"], amqp_url, "tests", LEASE_SECONDS).run):
            await settled(database, courses, current)
        await eventually(lambda: set(copies.values()) == {2})


@pytest.mark.usefixtures("long_rest")
async def test_no_removal_meets_the_commands_on_an_aggregate_whose_events_are_being_published(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each new event is published at once, alone and in order, though those before it are still in the document."""
    monkeypatch.setattr("chassis.messaging.outbox._LOOK_AGAIN_SECONDS", FOR_EVER)
    await database.command("profile", 2)
    current: dict[str, Course] = {}
    async with topology(amqp_url) as (channel, _), running(consumer(database, amqp_url, []).run):
        copies = await listen(channel)
        async with running(Relay(database, ["courses"], amqp_url, "tests").run):
            current["c"] = await create(courses, "c")
            for times in (1, 1, 5, 20):
                await write(courses, current, times)
                await eventually(lambda: len(copies) == current["c"].version)
            assert await removals(database) == []
            stored = await courses.collection.find_one({"_id": "c"})
            assert stored
            assert len(stored["events"]) == current["c"].version
        await settled(database, courses, current)
        assert set(copies.values()) == {1}
    assert await removals(database) == ["c"]  # the turn has ended


async def test_what_has_rested_is_removed_by_one_update_an_aggregate(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._REST_SECONDS", 0.1)
    current = {key: await create(courses, key) for key in "ab"}
    await write(courses, current, 5)
    await database.command("profile", 2)

    async def all_gone() -> bool:
        return await waiting(courses) == 0

    async with running(Relay(database, ["courses"], amqp_url, "tests").run):
        await eventually(all_gone)
    assert sorted(await removals(database)) == ["a", "b"]


@pytest.mark.usefixtures("long_rest")
async def test_where_much_is_sent_it_is_removed_without_a_rest(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 10
    monkeypatch.setattr("chassis.messaging.outbox._MOST_SENT", most)
    for number in range(3 * most):
        await create(courses, f"c{number}")

    async def few_left() -> bool:
        return await waiting(courses) < most

    async with running(Relay(database, ["courses"], amqp_url, "tests").run):
        await eventually(few_left)


@pytest.mark.usefixtures("no_rest")
async def test_more_aggregates_than_a_relay_notes_at_a_time_are_all_published_once(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._MOST_GROWN", 10)
    current = {f"c{number}": await create(courses, f"c{number}") for number in range(45)}
    async with topology(amqp_url) as (channel, _), running(consumer(database, amqp_url, []).run):
        copies = await listen(channel)
        async with running(Relay(database, ["courses"], amqp_url, "tests").run):
            await eventually(lambda: copies)
            await write(courses, current, 3)
            await settled(database, courses, current)
        assert set(copies.values()) == {1}


@pytest.mark.usefixtures("no_rest")
async def test_an_event_that_the_change_stream_does_not_name_is_found_by_a_look_at_all(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._LOOK_AGAIN_SECONDS", 0.1)
    await create(courses, "c")
    async with topology(amqp_url) as (channel, _):
        copies = await listen(channel)
        async with running(Relay(database, ["courses"], amqp_url, "tests").run):
            await eventually(lambda: len(copies) == 1)
            sealed = seal([named(Course("c", 2, "1"))], producer="tests", kind="course", subject="c", version=2)
            await courses.collection.update_one({"_id": "c"}, {"$push": {"events": sealed[0]}})  # no new version
            await eventually(lambda: copies["tests/course:c/2/0"])


async def test_an_event_of_between_the_first_look_and_the_change_stream_is_found_at_once(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._LOOK_AGAIN_SECONDS", FOR_EVER)
    relay = Relay(database, ["courses"], amqp_url, "tests")
    outbox, has_looked = relay._outboxes["courses"], asyncio.Event()
    find, listen_to_changes = outbox._collection.find, relay._listen

    async def slow_look(*arguments: Any, **options: Any) -> AsyncIterator[Any]:
        monkeypatch.setattr(outbox._collection, "find", find)
        async for row in find(*arguments, **options):
            yield row
        await create(courses, "between")
        has_looked.set()
        await eventually(outbox._wake.is_set)  # by the change stream, which has begun

    async def late_stream() -> None:
        await has_looked.wait()
        await listen_to_changes()

    monkeypatch.setattr(outbox, "measure", lambda **_: asyncio.Event().wait())  # it has a find of its own
    monkeypatch.setattr(outbox._collection, "find", slow_look)
    monkeypatch.setattr(relay, "_listen", late_stream)
    async with topology(amqp_url) as (channel, _):
        copies = await listen(channel)
        async with running(relay.run):
            await eventually(lambda: len(copies) == 1)


@pytest.mark.usefixtures("long_rest")
async def test_the_leaders_gauges_count_what_waits_and_not_what_is_sent(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._MEASURE_SECONDS", 0.02)
    OLDEST_SECONDS.labels("tests").set(-1)
    async with topology(amqp_url) as (channel, _):
        copies = await listen(channel, KEY)
        async with running(Relay(database, ["courses"], amqp_url, "tests").run):
            for key in "abc":
                await create(courses, key)
            await eventually(lambda: len(copies) == 3)
            PENDING.labels("tests").set(-1)
            await eventually(lambda: pending() == 0)
            await eventually(lambda: gauge("guopei_outbox_oldest_seconds") == 0)
            assert await waiting(courses) == 3
            old = Course("nowhere", 1, "returned")
            event = named(old)
            object.__setattr__(event, "province", "45")
            await (await channel.get_queue(QUEUE)).unbind(amqp.EVENTS, "tests.#")
            await courses.insert(old, [event])
            await eventually(lambda: pending() == 1)
            await eventually(lambda: gauge("guopei_outbox_oldest_seconds") > 0)


async def test_a_relay_without_the_lease_counts_only_what_a_leader_would_have_removed_by_now(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._MEASURE_SECONDS", 0.02)

    async def keep(_: int) -> None:
        await asyncio.Event().wait()

    async with running(lambda: Lease(database, "tests.relay").hold(keep)):
        await eventually(lambda: holder(database))
        await create(courses, "c")
        PENDING.labels("tests").set(-1)
        async with running(Relay(database, ["courses"], amqp_url, "tests").run):
            await eventually(lambda: pending() == 0)
            minute_ago = datetime.now(UTC) - timedelta(minutes=1)
            await courses.collection.update_one({"_id": "c"}, {"$set": {"events.0.at": minute_ago}})
            await eventually(lambda: pending() == 1)
            await eventually(lambda: gauge("guopei_outbox_oldest_seconds") >= 60)


@pytest.mark.usefixtures("no_rest")
async def test_an_event_written_while_its_aggregate_is_in_flight_is_published_at_once(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._LOOK_AGAIN_SECONDS", FOR_EVER)
    monkeypatch.setattr("chassis.messaging.outbox._GATHER_SECONDS", 0.0)  # or it has landed by the next window

    async def all_gone() -> bool:
        return await waiting(courses) == 0

    async with running(Relay(database, ["courses"], amqp_url, "tests").run):
        current = {"c": await create(courses, "c")}
        for _ in range(10):
            await write(courses, current, 5)
            await eventually(all_gone)


@pytest.mark.usefixtures("no_rest")
async def test_a_refused_event_stays_and_other_aggregates_go_on(
    database: Database, amqp_url: str, courses: Repository[Course], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.outbox._REFUSED_SECONDS", 0.05)
    async with await amqp.connect(amqp_url, "test") as connection:
        channel = await connection.channel()
        await (await channel.get_queue(QUEUE)).delete(if_unused=False, if_empty=False)
        only = await channel.declare_queue("tests.only", durable=True, arguments={"x-queue-type": "quorum"})
        await only.bind(amqp.EVENTS, KEY)
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


@pytest.mark.usefixtures("no_rest")
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
