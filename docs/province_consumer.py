"""Stores one province's events, each once and without a gap, in a SQLite file."""

import asyncio
import os
import sqlite3
from contextlib import closing

import aio_pika
import aiohttp

EVENTS = """query($after: String) { enrollmentEvents(after: $after) {
  nodes { sequence id type data cursor } pageInfo { hasNextPage endCursor } } }"""


async def replay(graph: str, login: str, password: str, after: str | None, database: sqlite3.Connection) -> None:
    """Store everything after a cursor; without one, from the beginning."""
    connector = aiohttp.TCPConnector(force_close=True)  # the server closes connections that are idle for 5 s
    async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as http:
        account = {"login": login, "password": password, "scope": "province"}
        token = (await (await http.post(f"{graph}/auth/login", json=account)).json())["accessToken"]
        more = True
        while more:
            request = {"query": EVENTS, "variables": {"after": after}}
            headers = {"Authorization": f"Bearer {token}"}
            reply = await (await http.post(f"{graph}/graphql", json=request, headers=headers)).json()
            page = reply["data"]["enrollmentEvents"]
            for event in page["nodes"]:
                store(database, event["sequence"], event["id"], event["type"], event["cursor"])
            after, more = page["pageInfo"]["endCursor"] or after, page["pageInfo"]["hasNextPage"]


def store(database: sqlite3.Connection, number: int, key: str, *more: str) -> None:
    """Store an event unless its number is there already: your own effect belongs into the same transaction."""
    with database:
        database.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", (number, key, *more))
        stored = database.execute("SELECT id FROM events WHERE sequence = ?", (number,)).fetchone()
    if stored != (key,):
        raise SystemExit(f"number {number} is another event in this file: it was written by another platform")


def last(database: sqlite3.Connection) -> tuple[int, str | None]:
    """The number and the cursor of the last event stored."""
    row = database.execute("SELECT sequence, cursor FROM events ORDER BY sequence DESC LIMIT 1").fetchone()
    return row or (0, None)


async def consume(amqp: str, queue: str, database: sqlite3.Connection, *account: str) -> None:
    """Consume without end; a gap is filled by replay before the event after it is stored."""
    async with await aio_pika.connect(amqp) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=100)
        own = await channel.get_queue(queue, ensure=False)  # it exists, and you may not declare it
        async with own.iterator() as messages:
            async for message in messages:
                headers = {name.removeprefix("cloudEvents_"): value for name, value in message.headers.items()}
                number, cursor = last(database)
                if int(headers["sequence"]) > number + 1:
                    await replay(*account, cursor, database)
                store(database, int(headers["sequence"]), headers["id"], headers["type"], headers["cursor"])
                await message.ack()  # only after the commit


if __name__ == "__main__":
    env = os.environ
    with closing(sqlite3.connect(env["EVENTS_FILE"])) as file:
        file.execute("CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY, id UNIQUE, type, cursor)")
        account = (env["GRAPH"], env["LOGIN"], env["PASSWORD"])
        asyncio.run(replay(*account, last(file)[1], file))
        asyncio.run(consume(env["AMQP"], env["QUEUE"], file, *account))
