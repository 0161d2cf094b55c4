"""The event path on a real database and broker: nothing lost, one effect each, dead letters (notes N19–N24)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from prometheus_client import REGISTRY
from pymongo.errors import OperationFailure

from chassis.clock import Clock
from chassis.context import Act, acting, current_act
from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.messaging.batch import BatchConsumer
from chassis.messaging.inbox import Consumer, Handler
from chassis.messaging.outbox import Relay
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Database, Session
from chassis.storage.repository import Repository
from kernel.errors import Refusal
from tests.integration.chassis.courses import (
    KEY,
    QUEUE,
    Course,
    Named,
    consumer,
    create,
    effects,
    event,
    message,
    named,
    rename,
    topology,
    waiting,
)
from tests.support.eventually import eventually
from tests.support.processes import command, running

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_an_event_travels_from_its_write_to_its_effect_in_order(
    database: Database, amqp_url: str, courses: Repository[Course]
) -> None:
    seen: list[str] = []
    relay = Relay(database, ["courses"], amqp_url, "tests")
    async with running(relay.run, consumer(database, amqp_url, seen).run):
        course = await create(courses, "c1")
        for number in range(1, 20):
            course = await rename(courses, course, str(number))

        async def all_there() -> bool:
            return len(await effects(database)) == 20 and await waiting(courses) == 0

        await eventually(all_there)
    assert await effects(database) == [str(number) for number in range(20)]
    assert seen[0] == "tests/course:c1/1/0"
    assert (await courses.get("c1")).version == 20


async def test_an_event_written_while_the_relay_is_down_is_published_when_it_is_back(
    database: Database, amqp_url: str, courses: Repository[Course]
) -> None:
    await create(courses, "c1", "kept")
    async with running(consumer(database, amqp_url, []).run, Relay(database, ["courses"], amqp_url, "tests").run):

        async def there() -> bool:
            return await effects(database) == ["kept"]

        await eventually(there)


async def test_a_duplicate_delivery_has_no_second_effect(database: Database, amqp_url: str) -> None:
    seen: list[str] = []
    async with running(consumer(database, amqp_url, seen).run), topology(amqp_url) as (_, exchange):
        for name, index in [("a", 0), ("a", 0), ("b", 1)]:
            await exchange.publish(message(name, index), KEY)
        await eventually(lambda: len(seen) == 2)
    assert await effects(database) == ["a", "b"]


async def test_an_event_whose_effect_fails_becomes_a_dead_letter_and_later_events_go_on(
    database: Database, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.inbox.PAUSES_SECONDS", (0.01,) * 5)
    seen: list[str] = []
    poisoned = consumer(database, amqp_url, seen, fail_on="poison")
    async with running(poisoned.run), topology(amqp_url) as (channel, exchange):
        await exchange.publish(message("poison", 0), KEY)
        await exchange.publish(message("good", 1), KEY)
        await eventually(lambda: seen)
        grave = await channel.get_queue(amqp.DEAD)
        dead = await eventually(lambda: grave.get(fail=False))
        assert dead
        assert dead.message_id == "tests/course:c1/1/0"
        await dead.ack()
    assert await effects(database) == ["good"]


async def test_r40_an_event_in_anothers_name_becomes_a_dead_letter_that_no_replay_brings_in(
    database: Database, amqp_url: str
) -> None:
    """The routing key is what the broker has checked (ADR 68); headers may name anybody, an id another's event."""
    under_anothers_id = amqp.to_message(replace(event("forged", 2), id="others/course:c1/1/2"))
    async with topology(amqp_url) as (channel, exchange), running(consumer(database, amqp_url, []).run):
        queue = await channel.get_queue(QUEUE)
        await queue.bind(amqp.EVENTS, "others.#")
        for key in ("others.course-named.44", "tests.course-named.51", "tests.other.44"):
            await exchange.publish(message("forged", 0), key)
        await exchange.publish(under_anothers_id, KEY)
        await exchange.publish(message("good", 1), KEY)
        await eventually(lambda: _took_effect(database, ["good"]))
        refused = await command("chassis.messaging.deadletters", "replay", "--all", "--url", amqp_url)
        assert refused.code == 1
        for _ in range(4):
            dead = await eventually(lambda: _resting(channel))
            await dead.ack()
        await queue.unbind(amqp.EVENTS, "others.#")
    assert await effects(database) == ["good"]


async def _took_effect(database: Database, names: list[str]) -> bool:
    return await effects(database) == names


@pytest.mark.parametrize("error", [RuntimeError, OSError, TimeoutError])
async def test_an_effect_that_raises_a_connection_error_causes_no_redelivery_of_others(
    database: Database, amqp_url: str, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr("chassis.messaging.inbox.PAUSES_SECONDS", (0.01,) * 5)
    seen: list[str] = []
    broken = consumer(database, amqp_url, seen, fail_on="poison", error=error)
    async with topology(amqp_url) as (channel, exchange):
        for index, name in enumerate(["poison", "good", "better"]):
            await exchange.publish(message(name, index), KEY)
        redelivered = REGISTRY.get_sample_value("guopei_events_redelivered_total", {"queue": QUEUE}) or 0
        async with running(broken.run):
            await eventually(lambda: len(seen) == 2)
        dead = await eventually(lambda: _resting(channel))
        assert dead.message_id == "tests/course:c1/1/0"
        await dead.ack()
    assert REGISTRY.get_sample_value("guopei_events_redelivered_total", {"queue": QUEUE}) == redelivered


async def _resting(channel: AbstractChannel) -> AbstractIncomingMessage | None:
    return await (await channel.get_queue(amqp.DEAD)).get(fail=False)


async def test_a_batch_that_the_database_refuses_is_retried_and_never_given_back(
    amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.batch.PAUSES_SECONDS", (0.01,) * 5)
    tried: list[list[str]] = []

    async def effect(envelopes: Sequence[Envelope]) -> int:
        tried.append([envelope.id for envelope in envelopes])
        if len(tried) <= amqp.DELIVERY_LIMIT + 5:
            raise OperationFailure("not with this index", 85)
        return len(envelopes)

    async with topology(amqp_url) as (channel, exchange):
        unreadable = message("good", 0)
        unreadable.headers["cloudEvents_type"] = 1
        await exchange.publish(unreadable, KEY)
        await exchange.publish(message("good", 1), KEY)
        async with running(BatchConsumer(amqp_url, QUEUE, effect).run):
            await eventually(lambda: len(tried) > amqp.DELIVERY_LIMIT + 5)
            dead = await eventually(lambda: _resting(channel))
        assert dead.message_id == "tests/course:c1/1/0"
        await dead.ack()
        assert {tuple(batch) for batch in tried} == {("tests/course:c1/1/1",)}
        assert not await _resting(channel)


async def test_an_event_names_its_actor_and_its_trace(database: Database, courses: Repository[Course]) -> None:
    with acting(Act(Principal("a1", Scope.BASE, organization="o1", name="王老师"), TRACE)):
        await create(courses, "c1")
    stored = await database["courses"].find_one()
    assert stored
    (event,) = stored["events"]
    assert event["traceparent"] == TRACE
    assert event["actor"] == {"subject": "a1", "scope": "base", "organization": "o1", "name": "王老师"}


async def test_the_step_after_an_effect_has_the_events_trace(database: Database, amqp_url: str) -> None:
    traces: list[str | None] = []

    async def effect(_: Named, __: Envelope, ___: Session) -> None:
        traces.append(current_act().traceparent)

    async def after(_: Envelope) -> None:
        traces.append(current_act().traceparent)

    handlers = {"tests.course-named": Handler(Named, effect, after)}
    listening = Consumer(database, amqp_url, QUEUE, handlers)
    async with running(listening.run), topology(amqp_url) as (_, exchange):
        await exchange.publish(message("a", 0, TRACE), KEY)
        await eventually(lambda: len(traces) == 2)
    assert traces[0] == traces[1]
    assert traces[0]
    assert traces[0].split("-")[1] == TRACE.split("-")[1]


async def test_a_stale_save_is_refused_and_leaves_neither_state_nor_event(courses: Repository[Course]) -> None:
    first = await courses.insert(Course("c1", 1, "first"))
    await courses.save(replace(first, name="second"))
    with pytest.raises(Refusal) as refused:
        await courses.save(replace(first, name="lost"), [named(first)])
    assert refused.value.code == "STALE_VERSION"
    assert (refused.value.details["version"], refused.value.details["changedBy"]) == (2, None)
    assert refused.value.zh == "数据已被系统修改，现为第2版，请刷新后重试"
    assert (await courses.get("c1")).name == "second"
    assert await waiting(courses) == 0


async def test_a_stored_instant_is_read_unchanged(database: Database) -> None:
    """So a query shows the same text as the mutation before it."""
    now = Clock().now()
    await database["instants"].insert_one({"at": now})
    stored = await database["instants"].find_one()
    assert stored
    assert stored["at"].isoformat() == now.isoformat()
    assert stored["at"].utcoffset() == timedelta(hours=8)
