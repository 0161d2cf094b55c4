"""Keeps one province's events, each once and without a gap, in a SQLite file."""

import asyncio
import os
import sqlite3
from contextlib import closing

import aio_pika
import aiohttp

EVENTS = """query($after: String) { enrollmentEvents(after: $after) {
  nodes { sequence id type data cursor } pageInfo { hasNextPage endCursor } } }"""


async def replay(graph: str, login: str, password: str, after: str | None, kept: sqlite3.Connection) -> None:
    """Keep everything after a cursor; from the beginning with none."""
    one_request_each = aiohttp.TCPConnector(force_close=True)  # the server closes connections that are idle for 5 s
    async with aiohttp.ClientSession(connector=one_request_each, raise_for_status=True) as http:
        account = {"login": login, "password": password, "scope": "province"}
        token = (await (await http.post(f"{graph}/auth/login", json=account)).json())["accessToken"]
        more = True
        while more:
            asked = {"query": EVENTS, "variables": {"after": after}}
            headers = {"Authorization": f"Bearer {token}"}
            reply = await (await http.post(f"{graph}/graphql", json=asked, headers=headers)).json()
            page = reply["data"]["enrollmentEvents"]
            for event in page["nodes"]:
                keep(kept, event["sequence"], event["id"], event["type"], event["cursor"])
            after, more = page["pageInfo"]["endCursor"] or after, page["pageInfo"]["hasNextPage"]


def keep(kept: sqlite3.Connection, number: int, key: str, *more: str) -> None:
    """Keep an event unless its number is there already: here your own effect goes into the same transaction."""
    with kept:
        kept.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", (number, key, *more))
        held = kept.execute("SELECT id FROM events WHERE sequence = ?", (number,)).fetchone()
    if held != (key,):
        raise SystemExit(f"number {number} names another event here: this file is not of this platform")


def last(kept: sqlite3.Connection) -> tuple[int, str | None]:
    """The number and the cursor of the last event that was kept."""
    row = kept.execute("SELECT sequence, cursor FROM events ORDER BY sequence DESC LIMIT 1").fetchone()
    return row or (0, None)


async def consume(amqp: str, queue: str, kept: sqlite3.Connection, *account: str) -> None:
    """Consume for ever; a gap is healed by replay before what follows it is kept."""
    async with await aio_pika.connect(amqp) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        own = await channel.get_queue(queue, ensure=False)  # it is there: you may not declare it
        async with own.iterator() as messages:
            async for message in messages:
                head = {name.removeprefix("cloudEvents_"): value for name, value in message.headers.items()}
                number, cursor = last(kept)
                if int(head["sequence"]) > number + 1:
                    await replay(*account, cursor, kept)
                keep(kept, int(head["sequence"]), head["id"], head["type"], head["cursor"])
                await message.ack()  # only now


if __name__ == "__main__":
    env = os.environ
    with closing(sqlite3.connect(env["EVENTS_FILE"])) as file:
        file.execute("CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY, id UNIQUE, type, cursor)")
        account = (env["GRAPH"], env["LOGIN"], env["PASSWORD"])
        asyncio.run(replay(*account, last(file)[1], file))
        asyncio.run(consume(env["AMQP"], env["QUEUE"], file, *account))
