"""Stores one province's events, each once and without a gap, in a SQLite file."""

import asyncio
import os
import sqlite3
from contextlib import closing

import aio_pika
import aiohttp

EVENTS = """query($after: String) { enrollmentEvents(after: $after) {
  nodes { sequence id type data cursor } pageInfo { hasNextPage endCursor } feed { epoch base } } }"""
TABLES = """
CREATE TABLE IF NOT EXISTS events (sequence INTEGER PRIMARY KEY, id UNIQUE, type, cursor);
CREATE TABLE IF NOT EXISTS withdrawn (sequence, id, type, cursor, epoch);
CREATE TABLE IF NOT EXISTS epoch (number);
CREATE VIEW IF NOT EXISTS undone AS SELECT * FROM withdrawn WHERE id NOT IN (SELECT id FROM events);
"""


async def replay(graph: str, login: str, password: str, database: sqlite3.Connection) -> None:
    """Store everything after the last event that is kept; without one, from the beginning."""
    connector = aiohttp.TCPConnector(force_close=True)  # the server closes connections that are idle for 5 s
    async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as http:
        account = {"login": login, "password": password, "scope": "province"}
        token = (await (await http.post(f"{graph}/auth/login", json=account)).json())["accessToken"]
        more, after = True, last(database)[1]
        while more:
            request = {"query": EVENTS, "variables": {"after": after}}
            headers = {"Authorization": f"Bearer {token}"}
            reply = await (await http.post(f"{graph}/graphql", json=request, headers=headers)).json()
            if base := undone_above(reply):
                withdraw(database, *base)
                after = last(database)[1]
                continue
            page = reply["data"]["enrollmentEvents"]
            withdraw(database, page["feed"]["epoch"], page["feed"]["base"])
            for event in page["nodes"]:
                store(database, event["sequence"], event["id"], event["type"], event["cursor"])
            after, more = page["pageInfo"]["endCursor"] or after, page["pageInfo"]["hasNextPage"]


def undone_above(reply: dict) -> tuple[int, int] | None:
    """Where the cursor is refused, for the platform's data were restored: the epoch, and the last number that stays."""
    for error in reply.get("errors", ()):
        if error["extensions"]["code"] == "CURSOR_OF_FORMER_EPOCH":
            return error["extensions"]["epoch"], error["extensions"]["base"]
    return None


def withdraw(database: sqlite3.Connection, number: int, base: int) -> None:
    """Begin a new epoch: what is above its base is undone, and kept for people to see (`SELECT * FROM undone`)."""
    if number <= epoch(database):
        return
    with database:
        rows = "SELECT sequence, id, type, cursor, ? FROM events WHERE sequence > ?"
        database.execute(f"INSERT INTO withdrawn {rows}", (epoch(database), base))
        database.execute("DELETE FROM events WHERE sequence > ?", (base,))
        database.execute("DELETE FROM epoch")
        database.execute("INSERT INTO epoch VALUES (?)", (number,))


def epoch(database: sqlite3.Connection) -> int:
    """The epoch of the numbers here; 0 while nothing was restored."""
    row = database.execute("SELECT number FROM epoch").fetchone()
    return row[0] if row else 0


def store(database: sqlite3.Connection, number: int, key: str, *more: str) -> None:
    """Store an event unless its number is there already.

    Your own effect belongs into the same transaction, but for an event that is in `withdrawn`, too: it had its effect.
    """
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
                number, its_epoch = int(headers["sequence"]), int(headers.get("epoch", 0))
                if its_epoch > epoch(database) or number > last(database)[0] + 1:
                    await replay(*account, database)
                if its_epoch == epoch(database):  # what is left of a former one is undone, or was replayed
                    store(database, number, headers["id"], headers["type"], headers["cursor"])
                await message.ack()  # only after the commit


if __name__ == "__main__":
    env = os.environ
    with closing(sqlite3.connect(env["EVENTS_FILE"])) as file:
        file.executescript(TABLES)
        account = (env["GRAPH"], env["LOGIN"], env["PASSWORD"])
        asyncio.run(replay(*account, file))
        asyncio.run(consume(env["AMQP"], env["QUEUE"], file, *account))
