"""Clients that take a server's bounds, pauses at its keep-alive bound, and a stop under a hung database (ADR 41)."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from yarl import URL

from chassis.runtime.server_settings import ServerSettings
from chassis.serving.watchdog import MEANINGS, OVERRUN
from deploy.local.suite import GATEWAY
from deploy.seed.graph_client import session
from tests.faults.drill import FULL, Outcome, drill, lasting
from tests.faults.field import API, Field
from tests.faults.front import HAPROXY, NGINX, front
from tests.faults.rolling import asking, restart, through

_MEGABYTE = 1 << 20
_ATTACKERS = 60
_POSTS = 300 if FULL else 40
_IDLE_SECONDS, _PROXY_SECONDS = 5, 3
_BODY = {"query": "{ __typename }"}


@asynccontextmanager
async def serving_with(field: Field, name: str, settings: ServerSettings) -> AsyncIterator[None]:
    """The block runs with a process that has these bounds."""
    usual = field.suite.overrides.get(name, {})
    field.suite.overrides[name] = usual | {"SERVER": settings.model_dump_json(exclude_unset=True)}
    await restart(field, name)
    try:
        yield
    finally:
        field.suite.overrides[name] = usual
        await restart(field, name)


def resident(pid: int) -> int:
    """The resident memory of a process, in bytes."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@asynccontextmanager
async def attacking(port: int) -> AsyncIterator[list[str]]:
    """The block runs beside floods of headers, connections on which nothing comes, and bodies that trickle.

    Yields:
        The first line of each reply that an attacker got.
    """
    replies: list[str] = []

    async def attack(send: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                sending = asyncio.ensure_future(send(writer))
                try:
                    replies.append((await reader.readline()).decode().strip())
                finally:
                    writer.transport.abort()  # before anything is awaited, where the attack may be ended
                    sending.cancel()
                    await asyncio.gather(sending, return_exceptions=True)
            await asyncio.sleep(0.2)  # the pace of the attack

    kinds = itertools.cycle((_flood, _nothing, _trickle))
    attackers = [asyncio.ensure_future(attack(next(kinds))) for _ in range(_ATTACKERS)]
    try:
        yield replies
    finally:
        for attacker in attackers:
            attacker.cancel()
        await asyncio.gather(*attackers, return_exceptions=True)


async def _flood(writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET / HTTP/1.1\r\n")
    for _ in range(600):
        writer.write(b"x: " + b"a" * 6_000 + b"\r\n")
        await writer.drain()


async def _nothing(_: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _trickle(writer: asyncio.StreamWriter) -> None:
    writer.write(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)  # the pace of the attack


async def test_attacks_take_nothing_from_the_others(field: Field, outcomes: list[Outcome]) -> None:
    """Everybody else is answered, and the gateway grows by less than 20 MB."""
    seconds = 30 if FULL else 4
    async with (
        serving_with(field, GATEWAY, ServerSettings(head_seconds=2, body_seconds=2)),
        through(field, field.suite.url) as watch,
        drill(field, outcomes, f"header floods, half-open connections and slow bodies for {seconds} s") as ledger,
        asking(watch, [client for _, client in field.seeded.teachers.values()], ledger.projects[0], 0.05),
    ):
        await lasting(2)
        pid = field.suite.children[GATEWAY].pid
        before, answered = resident(pid), watch.answered
        async with attacking(field.suite.parts.ports[GATEWAY]) as replies:
            await lasting(seconds)
        grown = resident(pid) - before
        assert watch.answered - answered > 10 * seconds
        assert not watch.failed, watch.failed
    assert {"HTTP/1.1 431 Request Header Fields Too Large", "HTTP/1.1 408 Request Timeout"} <= set(replies)
    assert grown < 20 * _MEGABYTE, f"{grown / _MEGABYTE:.1f} MB"


@pytest.mark.parametrize("kind", [NGINX, HAPROXY])
async def test_metrics_are_nobodys_outside(field: Field, kind: str) -> None:
    """However their path is written; the gateway decodes it."""
    with front(kind, field.suite, [GATEWAY]) as url:
        async with session() as http:
            for path in ("/metrics", "/%6detrics", "/metric%73"):
                async with http.get(URL(url + path, encoded=True)) as reply:
                    assert reply.status == 404, path


async def test_no_post_is_broken_by_a_pause(field: Field, outcomes: list[Outcome]) -> None:
    """Pauses around the bounds of nginx and of the gateway, on connections of their own, through nginx and directly."""
    name = f"{_POSTS} POSTs after pauses around the bounds of keep-alive, through nginx and directly"
    async with serving_with(field, GATEWAY, ServerSettings(idle_seconds=_IDLE_SECONDS)):
        with front(NGINX, field.suite, [GATEWAY], _PROXY_SECONDS) as url:
            async with drill(field, outcomes, name):
                bounds = (_PROXY_SECONDS, _IDLE_SECONDS)
                pauses = [bound - 0.1 + 0.2 * turn / _POSTS for bound in bounds for turn in range(_POSTS)]
                roots = (url, field.suite.url)
                posts = (_pause_and_post(f"{root}/graphql", pause) for root in roots for pause in pauses)
                statuses = await asyncio.gather(*posts)
    assert len(statuses) == 4 * _POSTS
    assert set(statuses) == {200}


async def _pause_and_post(url: str, pause: float) -> int:
    """The status of a POST, which nobody repeats, on a connection that had one before the pause."""
    async with session() as http:
        for wait in (pause, 0.0):
            async with http.post(url, json=_BODY) as reply:
                await reply.read()
                status = reply.status
            await asyncio.sleep(wait)  # the pause that is tried
    return status


async def test_a_stop_under_a_hung_database_ends_in_time(field: Field, outcomes: list[Outcome]) -> None:
    """In order, or by the watchdog."""
    settings = ServerSettings(grace_seconds=2, close_seconds=4, stall_seconds=5)
    async with (
        serving_with(field, API, settings),
        drill(field, outcomes, "stop of enrollment's API under a mongod that hangs"),
    ):
        (mongod,) = field.suite.parts.mongod.children
        mongod.send(signal.SIGSTOP)
        try:
            await lasting(1)
            child, began = field.suite.children.pop(API), time.monotonic()
            await asyncio.to_thread(child.stop)
            took = time.monotonic() - began
        finally:
            mongod.send(signal.SIGCONT)
        await field.launch(API)
    assert child.end() in {"ended by SIGTERM", MEANINGS[OVERRUN]}
    assert took < settings.stop_seconds + 3, f"{took:.1f} s"
