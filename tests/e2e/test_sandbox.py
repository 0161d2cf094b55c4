"""A stranger with docs/events.md: the consumer printed there, run as it stands against broker and gateway (R27)."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aio_pika

from chassis.storage.cursor import cursor_of
from deploy.broker.definitions import ADMIN, queue_of
from deploy.demo.story import Story
from tests.support.eventually import eventually
from tests.support.province import started, stored_events

REPLAY = "query($after: String) { enrollmentEvents(after: $after, first: 100) { totalCount nodes { sequence id } } }"


@asynccontextmanager
async def consumer(story: Story, file: Path, code: str) -> AsyncIterator[None]:
    """The documented consumer as a process of its own."""
    process = await started(story.provisioner, file, code)
    try:
        yield
        assert process.returncode is None, "it runs for ever"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_documented_consumer_keeps_every_event_once_though_copies_came_and_some_were_lost(
    story: Story, tmp_path: Path
) -> None:
    code, file = "44", tmp_path / "events.db"
    page = (await story.seeded.provinces[code].ask(REPLAY))["enrollmentEvents"]
    total = page["totalCount"]
    assert total > 10
    async with consumer(story, file, code):
        await eventually(lambda: len(stored_events(file)) == total)
        rows = stored_events(file)
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("DELETE FROM events WHERE sequence > 3")
        await send_again(story, code, rows[-1])
        await eventually(lambda: len(stored_events(file)) == total)
        await send_again(story, code, rows[0])
    assert stored_events(file) == rows
    assert [number for number, _ in rows] == list(range(1, total + 1))
    assert [event["id"] for event in page["nodes"]] == [key for _, key in rows[:100]]


async def send_again(story: Story, code: str, row: tuple[int, str]) -> None:
    """A copy of an event in the province's queue, as after a crash of ours."""
    headers: dict[str, str | int] = {
        "cloudEvents_sequence": row[0],
        "cloudEvents_id": row[1],
        "cloudEvents_type": "catalog.round-opened",
        "cloudEvents_cursor": cursor_of(row[0]),
    }
    async with await aio_pika.connect(story.provisioner.suite.parts.amqp_url(ADMIN)) as admin:
        channel = await admin.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"{}", headers=dict(headers)), queue_of(code))
