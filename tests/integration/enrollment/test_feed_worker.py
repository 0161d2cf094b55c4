"""R27: no kill, copy, second worker or broken message leaves a gap or a copy in the logs of the feed."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from aio_pika.abc import AbstractChannel

from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.messaging.amqp import BROKER_ERRORS
from chassis.runtime.tasks import forever
from chassis.storage.cursor import PageRequest
from chassis.storage.lease import Lease
from chassis.storage.mongo import Database, StorageError
from services.enrollment.messaging.feed_publisher import QUEUE, FeedWorker, readers_of
from services.enrollment.store import Entry, Feed, FencedOff, Reading
from services.enrollment.store.feed import ENDS
from tests.support.eventually import eventually

CODES = ("44", "43", "00")
NATIONAL = 7


def event(number: int) -> Envelope:
    """The n-th event; every seventh concerns the whole nation."""
    nationwide = number % NATIONAL == 0
    producer = "catalog" if nationwide else "enrollment"
    return Envelope(
        id=f"{producer}/round:{number}/1/0",
        producer=producer,
        name="round-opened" if nationwide else "submitted",
        subject=str(number),
        version=1,
        at=datetime.now(UTC),
        province="00" if nationwide else CODES[number % len(CODES)],
        data={"number": number},
    )


@pytest.fixture
async def feed(database: Database) -> Feed:
    made = Feed(database)
    await made.prepare()
    return made


async def whole(feed: Feed, code: str) -> list[Entry]:
    return await feed.read(Reading(code, {}), PageRequest(100_000))


async def agree(feed: Feed, events: Sequence[Envelope], *, ordered: bool) -> None:
    """Every log is 1, 2, 3 …, and holds each event that is its own exactly once."""
    for code in CODES:
        rows = await whole(feed, code)
        expected = [event.id for event in events if code == "00" or code in readers_of(event)]
        logged = [row.event.id for row in rows]
        assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
        assert logged == expected if ordered else sorted(logged) == sorted(expected)
        assert await feed.last(code) == len(rows)


def read_by(event: Envelope) -> tuple[Envelope, tuple[str, ...]]:
    """An event with its readers, as a writer takes it."""
    return event, readers_of(event)


@pytest.mark.parametrize("seed", range(3))
async def test_concurrent_writers_with_copies_leave_no_gap_and_no_copy(feed: Feed, seed: int) -> None:
    play = random.Random(seed)  # noqa: S311 - a test's own dice
    events = [event(number) for number in range(60)]

    async def write() -> None:
        writer, order = await feed.writer(), events * 2
        play.shuffle(order)
        while order:
            cut = play.randint(1, 9)
            try:
                await writer.append([read_by(event) for event in order[:cut]])
            except FencedOff:  # as a worker that contends for the lease anew
                writer = await feed.writer()
            else:
                order = order[cut:]

    await asyncio.gather(*(write() for _ in range(3)))
    await agree(feed, events, ordered=False)


async def test_a_stale_worker_writes_nothing_once_a_newer_one_has_written(feed: Feed) -> None:
    stale = await feed.writer()
    await stale.append([read_by(event(1))])
    newer = await feed.writer()
    await newer.append([read_by(event(2))])
    with pytest.raises(FencedOff):
        await stale.append([read_by(event(3))])
    assert await stale.append([read_by(event(2))]) == [], (
        "an event that is in the log already is not added, whoever sends it"
    )
    await newer.append([read_by(event(4))])
    await agree(feed, [event(1), event(2), event(4)], ordered=True)


async def test_a_batch_that_broke_off_is_completed_where_it_lacks(feed: Feed) -> None:
    batch = [read_by(event(number)) for number in range(1, 15)]
    await (await feed.writer()).append(batch)
    written = await feed.entries.find(sort=[("$natural", 1)]).to_list()
    for survived in range(1, len(written)):
        await feed.entries.delete_many({})
        await feed.entries.insert_many(written[:survived])
        added = await (await feed.writer()).append(batch)
        assert len(added) == len(written) - survived
        await agree(feed, [event for event, _ in batch], ordered=True)


async def test_the_positions_only_move_on(feed: Feed) -> None:
    """A worker that was thought dead and stores its positions late takes nothing back."""
    await feed.sent({"44": 7})
    await feed.sent({"44": 5, "43": 1})
    positions = await feed.positions()
    assert (positions["44"], positions["43"], positions["11"]) == (7, 1, 0)


async def test_the_ends_are_read_by_steps_in_the_index(feed: Feed) -> None:
    """So the cost does not grow with the logs."""
    await (await feed.writer()).append([read_by(event(number)) for number in range(50)])
    command = {"aggregate": feed.entries.name, "pipeline": ENDS, "cursor": {}}
    plan = await feed.entries.database.command("explain", command, verbosity="executionStats")
    assert "DISTINCT_SCAN" in str(plan)


async def test_kills_copies_and_a_twin_change_neither_order_nor_completeness(
    feed: Feed, database: Database, amqp_url: str
) -> None:
    play = random.Random(7)  # noqa: S311 - a test's own dice
    events = [event(number) for number in range(300)]
    async with await amqp.connect(amqp_url, "test") as connection:
        channel = await connection.channel()
        publishing = asyncio.ensure_future(publish(channel, events, play))
        while not publishing.done() or await feed.last("00") < len(events):
            twins = [asyncio.ensure_future(work(feed, database, amqp_url)) for _ in range(2)]
            await asyncio.wait(twins, timeout=play.uniform(0.05, 1.0))
            await kill(twins)
        await publishing
        await agree(feed, events, ordered=True)
        last = asyncio.ensure_future(work(feed, database, amqp_url))
        try:
            await eventually(lambda: all_sent(feed))
        finally:
            await kill([last])
        for code in ("44", "43"):
            received = await drained(channel, code)
            assert first_of_each(received) == [(row.sequence, row.event.id) for row in await whole(feed, code)]
            assert set(first_of_each(received)) == set(received), "a copy is the same event under the same number"


async def work(feed: Feed, database: Database, url: str) -> None:
    """A worker as a process runs it, with a lease that is soon free again."""
    lease = Lease(database, QUEUE, seconds=0.4)
    await forever(QUEUE, lambda: lease.hold(FeedWorker(feed, url).run), (*BROKER_ERRORS, StorageError, FencedOff))


async def kill(tasks: Sequence["asyncio.Future[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def publish(channel: AbstractChannel, events: Sequence[Envelope], play: random.Random) -> None:
    """Each event as a relay sends it, some twice."""
    exchange = await channel.get_exchange(amqp.EVENTS)
    for event in events:
        for _ in range(play.choice((1, 1, 2))):
            await exchange.publish(amqp.to_message(event), event.routing_key)


async def all_sent(feed: Feed) -> bool:
    return not await feed.lagging()


async def drained(channel: AbstractChannel, code: str) -> list[tuple[int, str]]:
    queue = await channel.get_queue(f"province.{code}")
    received: list[tuple[int, str]] = []
    while message := await queue.get(fail=False, no_ack=True):
        received.append((int(str(message.headers["cloudEvents_sequence"])), str(message.headers["cloudEvents_id"])))
    return received


def first_of_each(received: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """What is left to a consumer that drops every number which is not above the last one."""
    taken: list[tuple[int, str]] = []
    for sequence, key in received:
        if not taken or sequence > taken[-1][0]:
            taken.append((sequence, key))
    return taken


async def test_what_is_no_event_is_a_dead_letter_and_stops_nobody(
    feed: Feed, database: Database, amqp_url: str
) -> None:
    async with await amqp.connect(amqp_url, "test") as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(amqp.EVENTS)
        broken = amqp.to_message(event(1))
        broken.body = b"not json"
        await exchange.publish(broken, event(1).routing_key)
        await publish(channel, [event(2)], random.Random(1))  # noqa: S311 - a test's own dice
        worker = asyncio.ensure_future(work(feed, database, amqp_url))
        try:
            await eventually(lambda: feed.last("00"))
            grave = await channel.get_queue(amqp.DEAD)
            dead = await eventually(lambda: grave.get(fail=False, no_ack=True))
            assert dead.body == b"not json"
        finally:
            await kill([worker])
    assert [row.event.id for row in await whole(feed, "00")] == [event(2).id]
