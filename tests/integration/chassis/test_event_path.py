"""The event path on real parts: nothing lost, effect once, dead letters kept (facts 19–24)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue

from chassis import amqp
from chassis.context import Act, acting
from chassis.errors import Refusal
from chassis.events import Envelope
from chassis.inbox import Consumer, Handler
from chassis.mongo import Database, Repository, Session
from chassis.outbox import Relay
from chassis.principal import Principal, Scope
from tests.eventually import eventually


@dataclass(frozen=True)
class Course:
    id: str
    version: int
    name: str


@dataclass(frozen=True, kw_only=True)
class CourseNamed:
    course: str
    name: str
    province: str


@dataclass(frozen=True)
class Named:
    """A consumer's own model: fewer fields than the event has."""

    name: str


@asynccontextmanager
async def running(*tasks: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    started = [asyncio.ensure_future(task()) for task in tasks]
    try:
        yield
    finally:
        for task in started:
            task.cancel()
        await asyncio.gather(*started, return_exceptions=True)


@pytest.fixture
async def courses(database: Database) -> Repository[Course]:
    repository = Repository(database, "courses", Course, producer="tests", noun="course")
    await repository.prepare()
    return repository


def named(course: Course) -> CourseNamed:
    return CourseNamed(course=course.id, name=course.name, province="44")


def consumer(database: Database, url: str, seen: list[str], fail_on: str | None = None) -> Consumer:
    async def effect(event: Named, envelope: Envelope, session: Session) -> None:
        if event.name == fail_on:
            raise ValueError("poison")
        await database["effects"].insert_one({"name": event.name}, session=session)
        seen.append(envelope.id)

    handlers = {"tests.course-named": Handler(Named, effect)}
    return Consumer(database, url, "tests.inbox", ["tests.#"], handlers)


async def effects(database: Database) -> list[str]:
    return [row["name"] async for row in database["effects"].find(sort=[("_id", 1)])]


async def waiting(courses: Repository[Course]) -> int:
    return await courses.collection.count_documents({"events.at": {"$exists": True}})


async def test_an_event_travels_from_its_write_to_its_effect_in_order(
    database: Database, amqp_url: str, courses: Repository[Course]
) -> None:
    seen: list[str] = []
    relay = Relay(database, ["courses"], amqp_url, "tests")
    async with running(relay.run, consumer(database, amqp_url, seen).run):
        course = Course("c1", 1, "0")
        await courses.insert(course, [named(course)])
        for number in range(1, 20):
            course = replace(course, name=str(number))
            course = await courses.save(course, [named(course)])

        async def all_there() -> bool:
            return len(await effects(database)) == 20

        await eventually(all_there)

        async def all_gone() -> bool:
            return await waiting(courses) == 0

        await eventually(all_gone)
    assert await effects(database) == [str(number) for number in range(20)]
    assert seen[0] == "tests/course:c1/1/0"
    assert (await courses.get("c1")).version == 20


async def test_an_event_written_while_the_relay_is_down_is_published_when_it_is_back(
    database: Database, amqp_url: str, courses: Repository[Course]
) -> None:
    course = Course("c1", 1, "kept")
    await courses.insert(course, [named(course)])
    async with running(consumer(database, amqp_url, []).run, Relay(database, ["courses"], amqp_url, "tests").run):

        async def there() -> bool:
            return await effects(database) == ["kept"]

        await eventually(there)


async def test_a_publish_that_reaches_no_queue_is_not_taken_for_sent(
    database: Database, amqp_url: str, courses: Repository[Course]
) -> None:
    seen: list[str] = []
    course = Course("c1", 1, "returned")
    await courses.insert(course, [named(course)])
    async with running(Relay(database, ["courses"], amqp_url, "tests").run):
        connection = await amqp.connect(amqp_url, "observer")
        async with connection:
            channel = await connection.channel()

            async def declared() -> bool:
                return bool(await channel.get_exchange(amqp.EVENTS))

            await eventually(declared)
            assert await waiting(courses) == 1
        async with running(consumer(database, amqp_url, seen).run):
            await eventually(lambda: seen)


async def test_a_duplicate_delivery_has_no_second_effect(database: Database, amqp_url: str) -> None:
    seen: list[str] = []
    async with running(consumer(database, amqp_url, seen).run):
        connection = await amqp.connect(amqp_url, "publisher")
        async with connection:
            exchange = await queue_is_there(connection)
            for name, index in [("a", 0), ("a", 0), ("b", 1)]:
                await exchange.publish(message(name, index), "tests.course-named.44")
        await eventually(lambda: len(seen) == 2)
    assert await effects(database) == ["a", "b"]


async def test_a_poison_message_becomes_a_dead_letter_and_stops_nobody(
    database: Database, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.inbox.PAUSES_SECONDS", (0.01,) * 5)
    seen: list[str] = []
    async with running(consumer(database, amqp_url, seen, fail_on="poison").run):
        connection = await amqp.connect(amqp_url, "publisher")
        async with connection:
            exchange = await queue_is_there(connection)
            await exchange.publish(message("poison", 0), "tests.course-named.44")
            await exchange.publish(message("good", 1), "tests.course-named.44")
            await eventually(lambda: seen)
            grave = await (await connection.channel()).get_queue(amqp.DEAD)
            dead = await eventually(lambda: grave.get(fail=False))
            assert dead
            assert dead.message_id == "tests/course:c1/1/0"
            await dead.ack()
    assert await effects(database) == ["good"]


async def test_an_event_names_its_actor_and_its_trace(database: Database, courses: Repository[Course]) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with acting(Act(Principal("a1", Scope.BASE, organization="o1", name="王老师"), trace)):
        await courses.insert(Course("c1", 1, "x"), [CourseNamed(course="c1", name="x", province="44")])
    stored = await database["courses"].find_one()
    assert stored
    (event,) = stored["events"]
    assert event["traceparent"] == trace
    assert event["actor"] == {"subject": "a1", "scope": "base", "organization": "o1", "name": "王老师"}


async def test_a_stale_save_is_refused_and_leaves_neither_state_nor_event(courses: Repository[Course]) -> None:
    first = await courses.insert(Course("c1", 1, "first"))
    await courses.save(replace(first, name="second"))
    with pytest.raises(Refusal) as refused:
        await courses.save(replace(first, name="lost"), [named(first)])
    assert refused.value.code == "STALE_VERSION"
    assert (await courses.get("c1")).name == "second"
    assert await waiting(courses) == 0


async def queue_is_there(connection: Any) -> aio_pika.abc.AbstractExchange:
    """Wait until the consumer has declared, bound and entered its queue, then give the exchange of all events."""

    async def declared() -> bool:
        try:
            queue = await (await connection.channel()).get_queue("tests.inbox")
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return False
        return bool(queue.declaration_result.consumer_count)

    await eventually(declared)
    channel = await connection.channel()
    exchange: aio_pika.abc.AbstractExchange = await channel.get_exchange(amqp.EVENTS)
    return exchange


def message(name: str, index: int) -> aio_pika.Message:
    return amqp.to_message(
        Envelope(
            id=f"tests/course:c1/1/{index}",
            producer="tests",
            name="course-named",
            subject="c1",
            version=1,
            at=datetime.now(UTC),
            province="44",
            data={"name": name, "more": "than the consumer reads"},
        )
    )


async def test_relays_of_one_service_take_turns_and_the_next_goes_on_where_the_last_stopped(
    database: Database, amqp_url: str, courses: Repository[Course]
) -> None:
    connection = await amqp.connect(amqp_url, "observer")
    async with connection:
        channel = await connection.channel()
        await amqp.declare_topology(channel)
        queue = await amqp.declare_queue(channel, "tests.inbox", ["tests.#"])
        first, second = (Relay(database, ["courses"], amqp_url, "tests") for _ in range(2))
        async with running(first.run):

            async def taken() -> bool:
                lease = await database["leases"].find_one({"_id": "tests.relay"})
                return lease is not None and lease["token"] == 1

            await eventually(taken)
            async with running(second.run):
                for number in range(20):
                    course = Course(f"c{number}", 1, str(number))
                    await courses.insert(course, [named(course)])

                async def all_gone() -> bool:
                    return await waiting(courses) == 0

                await eventually(all_gone)
        course = Course("after", 1, "after")
        await courses.insert(course, [named(course)])
        async with running(second.run):
            await eventually(all_gone)
        counted = await channel.declare_queue("tests.inbox", passive=True)
        ids = {str(message.message_id) async for message in _first(queue, counted.declaration_result.message_count)}
    assert (len(ids), counted.declaration_result.message_count) == (21, 21)


async def _first(queue: AbstractQueue, count: int | None) -> AsyncIterator[AbstractIncomingMessage]:
    async with queue.iterator(no_ack=True) as messages:
        for _ in range(count or 0):
            yield await anext(messages)
