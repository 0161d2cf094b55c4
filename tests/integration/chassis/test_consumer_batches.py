"""Events that take effect together: in order, once each, and none held up by another's failure (ADR 27)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from aio_pika.abc import AbstractExchange
from prometheus_client import REGISTRY
from pymongo.errors import AutoReconnect

from chassis.context import current_act
from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.messaging.batch import BatchConsumer
from chassis.messaging.inbox import Consumer, Handler, Inbox, Row
from chassis.storage.mongo import Conflict, Database, Session
from tests.integration.chassis.courses import KEY, QUEUE, Named, effects, event, message, topology
from tests.support.consuming import take_in
from tests.support.eventually import eventually
from tests.support.processes import running

TYPE = "tests.course-named"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.messaging.inbox.PAUSES_SECONDS", (0.01,) * 5)


def counted(name: str) -> float:
    """A counter of the consumer's."""
    return REGISTRY.get_sample_value(f"guopei_events_{name}_total", {"queue": QUEUE}) or 0


class Names:
    """A consumer's effects that store the names they get.

    Attributes:
        failures: By name, the errors that its effect raises, one an attempt.
        log: What happened, in order, attempts that were given up included.
    """

    def __init__(self, database: Database, failures: dict[str, list[Exception]] | None = None) -> None:
        self.database = database
        self.failures = failures or {}
        self.log: list[str] = []

    async def effect(self, named: Named, envelope: Envelope, session: Session) -> None:
        self.log.append(named.name)
        if named.name == "stall":
            await asyncio.Event().wait()
        if errors := self.failures.get(named.name):
            raise errors.pop(0)
        row = {"course": envelope.subject, "name": named.name}
        await self.database["effects"].insert_one(row, session=session)

    async def after(self, envelope: Envelope) -> None:
        name = f"after {envelope.data['name']}"
        self.log.append(name)
        if errors := self.failures.get(name):
            raise errors.pop(0)

    def consumer(self, amqp_url: str, handler: Handler | None = None) -> Consumer:
        return Consumer(self.database, amqp_url, QUEUE, {TYPE: handler or Handler(Named, self.effect, self.after)})

    async def has(self, *names: str) -> bool:
        return await effects(self.database) == list(names)

    async def stall(self, exchange: AbstractExchange) -> None:
        """Bring the running consumer to a halt within one more event: all before it has been acked or rejected."""
        await exchange.publish(message("stall", 1000, subject="stall"), KEY)
        await eventually(lambda: "stall" in self.log)


async def only_the_last_comes_again(amqp_url: str) -> None:
    """A consumer that takes over from a stalled one gets the event that was under way, and none before it."""
    redelivered, deliveries = counted("redelivered"), list[str]()

    async def store(envelopes: Sequence[Envelope]) -> int:
        deliveries.extend(envelope.data["name"] for envelope in envelopes)
        return 0

    async with running(BatchConsumer(amqp_url, QUEUE, store).run):
        await eventually(lambda: "stall" in deliveries)
    assert deliveries == ["stall"]
    assert counted("redelivered") == redelivered + 1


async def dead_letters(amqp_url: str, count: int) -> list[str | None]:
    """The ids of so many dead letters, which are removed; none is left."""
    letters: list[str | None] = []
    async with topology(amqp_url) as (channel, _):
        grave = await channel.get_queue(amqp.DEAD)

        async def all_there() -> bool:
            if letter := await grave.get(fail=False, no_ack=True):
                letters.append(letter.message_id)
            return len(letters) == count

        await eventually(all_there)
        assert await grave.get(fail=False, no_ack=True) is None
    return letters


async def test_events_of_many_subjects_take_effect_in_the_order_of_the_queue(database: Database, amqp_url: str) -> None:
    names, numbers = Names(database), [str(number) for number in range(450)]
    async with topology(amqp_url) as (_, exchange):
        for number in numbers:
            await exchange.publish(message(number, int(number), subject=f"c{int(number) % 7}"), KEY)
        async with running(names.consumer(amqp_url, Handler(Named, names.effect)).run):
            await eventually(lambda: names.has(*numbers))


async def test_of_sixty_events_one_that_fails_is_a_dead_letter_and_the_others_take_effect(
    database: Database, amqp_url: str
) -> None:
    names = Names(database, {"40": [ValueError("poison")] * 100})
    before = {name: counted(name) for name in ("retried", "dead", "consumed", "duplicate")}
    others = [str(number) for number in range(60) if number != 40]
    async with topology(amqp_url) as (_, exchange):
        for number in range(60):
            await exchange.publish(message(str(number), number), KEY)
        async with running(names.consumer(amqp_url, Handler(Named, names.effect)).run):
            await eventually(lambda: names.has(*others))
            await names.stall(exchange)
        assert await dead_letters(amqp_url, 1) == ["tests/course:c1/1/40"]
        assert {name: counted(name) - value for name, value in before.items()} == {
            "retried": 5,
            "dead": 1,
            "consumed": 59,
            "duplicate": 0,
        }
        await only_the_last_comes_again(amqp_url)


async def test_what_precedes_an_event_that_fails_is_committed_before_it_is_tried_alone(
    database: Database, amqp_url: str
) -> None:
    names, stored = Names(database), list[list[str]]()

    async def fail_on_poison(named: Named, envelope: Envelope, session: Session) -> None:
        if named.name == "poison":
            stored.append(await effects(database))  # outside the transaction: what others see
            raise ValueError("poison")
        await names.effect(named, envelope, session)

    async with topology(amqp_url) as (_, exchange):
        for number, name in enumerate(["a", "b", "c", "poison", "d"]):
            await exchange.publish(message(name, number), KEY)
        async with running(names.consumer(amqp_url, Handler(Named, fail_on_poison)).run):
            await eventually(lambda: names.has("a", "b", "c", "d"))
    assert stored[-5:] == [["a", "b", "c"]] * 5
    await dead_letters(amqp_url, 1)


async def test_a_copy_in_the_same_batch_or_a_later_one_has_no_second_effect(database: Database, amqp_url: str) -> None:
    names, duplicates = Names(database), counted("duplicate")
    async with running(names.consumer(amqp_url).run), topology(amqp_url) as (_, exchange):
        for name, index in [("a", 0), ("b", 1), ("a", 0), ("a", 0)]:
            await exchange.publish(message(name, index), KEY)
        await eventually(lambda: names.has("a", "b"))
        for name, index in [("b", 1), ("a", 0), ("c", 2)]:
            await exchange.publish(message(name, index), KEY)
        await eventually(lambda: names.has("a", "b", "c"))
        await eventually(lambda: counted("duplicate") == duplicates + 4)


async def test_a_batch_whose_ack_was_lost_comes_again_and_changes_nothing(database: Database, amqp_url: str) -> None:
    names, committed = Names(database), asyncio.Event()

    async def stall(_: Envelope) -> None:
        committed.set()
        await asyncio.Event().wait()

    redelivered, duplicates = counted("redelivered"), counted("duplicate")
    async with topology(amqp_url) as (_, exchange):
        for number in range(20):
            await exchange.publish(message(str(number), number, subject=f"c{number}"), KEY)
        async with running(names.consumer(amqp_url, Handler(Named, names.effect, stall)).run):
            await committed.wait()
            stored = await effects(database)
        async with running(names.consumer(amqp_url).run):
            await eventually(lambda: counted("redelivered") == redelivered + 20)
            await eventually(lambda: names.log.count("after 19") == 1)
    assert stored
    assert await effects(database) == [str(number) for number in range(20)]
    assert counted("duplicate") == duplicates + len(stored)


@pytest.mark.parametrize("count", [1, 3])
async def test_an_absent_database_counts_no_attempt(database: Database, amqp_url: str, count: int) -> None:
    wanted = [str(number) for number in range(count)]
    names = Names(database, {wanted[-1]: [AutoReconnect("not there") for _ in range(12)]})
    retried = counted("retried")
    async with topology(amqp_url) as (_, exchange):
        for number in wanted:
            await exchange.publish(message(number, int(number)), KEY)
        async with running(names.consumer(amqp_url, Handler(Named, names.effect)).run):
            await eventually(lambda: names.has(*wanted))
    assert counted("retried") == retried
    assert names.log == wanted * 13


async def test_an_event_that_meets_a_writer_again_and_again_holds_up_none_before_it(
    database: Database, amqp_url: str
) -> None:
    names = Names(database)
    await database["doors"].insert_one({"_id": "d", "passed": 0})

    async def pass_door(named: Named, envelope: Envelope, session: Session) -> None:
        await names.effect(named, envelope, session)
        if named.name == "contested":
            await database["doors"].update_one({"_id": "d"}, {"$inc": {"passed": 1}}, session=session)

    retried = counted("retried")
    async with topology(amqp_url) as (_, exchange), database.client.start_session() as session:
        for number, name in enumerate(["a", "b", "contested", "c"]):
            await exchange.publish(message(name, number), KEY)
        async with await session.start_transaction():
            await database["doors"].update_one({"_id": "d"}, {"$inc": {"passed": 1}}, session=session)
            async with running(names.consumer(amqp_url, Handler(Named, pass_door)).run):
                await eventually(lambda: names.has("a", "b"))
                await session.commit_transaction()
                await eventually(lambda: names.has("a", "b", "contested", "c"))
    assert counted("retried") == retried


async def test_an_event_whose_own_writes_conflict_for_ever_is_a_dead_letter(
    database: Database, amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.storage.mongo._WAIT_CEILING_SECONDS", 0.001)
    names = Names(database, {"taken": [Conflict("a unique key is taken") for _ in range(1_000)]})
    async with topology(amqp_url) as (_, exchange):
        for number, name in enumerate(["a", "taken", "b"]):
            await exchange.publish(message(name, number), KEY)
        async with running(names.consumer(amqp_url, Handler(Named, names.effect)).run):
            await eventually(lambda: names.has("a", "b"))
        assert await dead_letters(amqp_url, 1) == ["tests/course:c1/1/1"]


async def test_what_is_no_event_is_a_dead_letter_at_once_and_the_others_of_its_batch_are_acked(
    database: Database, amqp_url: str
) -> None:
    names, retried = Names(database), counted("retried")
    async with topology(amqp_url) as (_, exchange):
        for number, name in enumerate(["a", "unreadable", "b", "unreadable"]):
            published = message(name, number)
            if name == "unreadable":
                published.body = b'{"name": 1}'
            await exchange.publish(published, KEY)
        async with running(names.consumer(amqp_url).run):
            await eventually(lambda: names.has("a", "b"))
            await names.stall(exchange)
        assert await dead_letters(amqp_url, 2) == ["tests/course:c1/1/1", "tests/course:c1/1/3"]
        await only_the_last_comes_again(amqp_url)
    assert counted("retried") == retried


async def test_what_comes_after_an_effect_precedes_the_next_event_of_its_subject(
    database: Database, amqp_url: str
) -> None:
    names = Names(database)
    async with topology(amqp_url) as (_, exchange):
        for number, (name, subject) in enumerate([("a", "c1"), ("b", "c2"), ("c", "c1"), ("d", "c3")]):
            await exchange.publish(message(name, number, subject=subject), KEY)
        async with running(names.consumer(amqp_url).run):
            await eventually(lambda: "after d" in names.log)
    for earlier, later in [("after a", "c"), ("a", "b"), ("b", "c"), ("c", "d")]:
        assert names.log.index(earlier) < names.log.index(later)
    assert len(names.log) == 8


async def test_an_event_whose_following_step_fails_is_a_dead_letter_and_its_effect_stays(
    database: Database, amqp_url: str
) -> None:
    names = Names(database, {"after b": [ValueError("no")] * 5})
    async with topology(amqp_url) as (_, exchange):
        for number, name in enumerate("abc"):
            await exchange.publish(message(name, number, subject=name), KEY)
        async with running(names.consumer(amqp_url).run):
            await eventually(lambda: "after c" in names.log)
            await names.stall(exchange)
        assert await dead_letters(amqp_url, 1) == ["tests/course:b/1/1"]
        await only_the_last_comes_again(amqp_url)
    assert names.log[:8] == ["a", "b", "c", "after a", *["after b"] * 4]


async def test_consecutive_events_with_an_equal_effect_of_many_are_its_rows(database: Database) -> None:
    runs: list[list[str]] = []

    async def many(rows: Sequence[Row], _: Session) -> None:
        runs.append([row.event.name for row in rows])

    async def alone(named: Named, _: Envelope, __: Session) -> None:
        runs.append([named.name])

    handlers = {TYPE: Handler(Named, many=many), "tests.other": Handler(Named, many=many), "#": Handler(Named, alone)}
    kinds = ["course-named", "other", "plain", "plain", "other"]
    envelopes = [
        replace(event(name, index), name=kind) for index, (name, kind) in enumerate(zip("abcde", kinds, strict=True))
    ]
    assert await take_in(database, handlers, *envelopes, envelopes[0]) == 5
    assert runs == [["a", "b"], ["c"], ["d"], ["e"]]
    assert await take_in(database, handlers, *envelopes) == 0
    assert len(runs) == 4


async def test_each_event_of_a_batch_takes_effect_under_its_own_act(database: Database) -> None:
    traces = [f"00-{number:032x}-b7ad6b7169203331-01" for number in (1, 2, 3)]
    seen: list[str | None] = []

    async def alone(_: Named, __: Envelope, ___: Session) -> None:
        seen.append(current_act().traceparent)

    async def many(rows: Sequence[Row], _: Session) -> None:
        seen.extend(row.act.traceparent for row in rows)

    envelopes = [event("a", index, trace) for index, trace in enumerate(traces)]
    for queue, handler in {"one": Handler(Named, alone), "many": Handler(Named, many=many)}.items():
        inbox = Inbox(database, queue, {TYPE: handler})
        await inbox.apply([row for envelope in envelopes if (row := inbox.read(envelope))])
    assert [trace and trace[:35] for trace in seen] == [trace[:35] for trace in traces] * 2
    assert current_act().traceparent is None


async def test_a_batch_begins_its_effect_when_it_is_full_and_holds_no_more(
    amqp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.messaging.batch.MOST", 5)
    batches: list[list[str]] = []

    async def store(envelopes: Sequence[Envelope]) -> int:
        batches.append([envelope.data["name"] for envelope in envelopes])
        return len(envelopes)

    consumer = BatchConsumer(amqp_url, QUEUE, store, linger=3600)
    async with running(consumer.run), topology(amqp_url) as (_, exchange):
        for number in range(12):
            await exchange.publish(message(str(number), number), KEY)
        await eventually(lambda: len(batches) == 2)
    assert batches == [["0", "1", "2", "3", "4"], ["5", "6", "7", "8", "9"]]
