"""A process is alive unless the driver of its database hangs (ADR 41)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from unittest.mock import AsyncMock

import pytest
from starlette.applications import Starlette

from chassis.graph import SubgraphSchema
from chassis.principal import TokenVerifier
from chassis.serving import asgi
from chassis.serving.asgi import Running, subgraph_app
from chassis.serving.liveness import Canary
from chassis.storage import migration, mongo
from chassis.storage.mongo import Database, StorageError, connect, ping
from gateway.http import lifespan
from gateway.http.lifespan import Lifespan, application
from gateway.identity.store import IdentityStore
from gateway.migrations import MIGRATIONS
from tests.support.eventually import eventually
from tests.unit.chassis.test_query_deadline import KEYS, Query
from tests.unit.gateway.serving import served

AWAY = "mongodb://127.0.0.1:1"


async def test_a_driver_that_neither_returns_nor_raises_hangs_and_one_that_answers_again_lives() -> None:
    answers = asyncio.Event()

    async def ask() -> None:
        await answers.wait()

    canary = Canary(ask, every_seconds=0.01, hung_seconds=0.05)
    assert canary.alive
    asking = asyncio.ensure_future(canary.run())
    await eventually(lambda: not canary.alive)
    answers.set()
    await eventually(lambda: canary.alive)
    asking.cancel()


async def test_an_absent_database_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "_PING_SECONDS", 0.1)
    answered = 0

    async with connect(AWAY) as client:

        async def ask() -> None:
            nonlocal answered
            try:
                await ping(client["test"])
            except StorageError:
                answered += 1
                raise

        canary = Canary(ask, every_seconds=0.01, hung_seconds=30)
        asking = asyncio.ensure_future(canary.run())
        await eventually(lambda: answered > 2)
        assert canary.alive
        asking.cancel()
        await asyncio.wait([asking])


async def test_a_database_that_takes_connections_and_says_nothing_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongo, "_PING_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the connection, nobody reads
        port = silent.getsockname()[1]
        async with connect(f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
            with pytest.raises(StorageError):
                await ping(client["test"])


def subgraph() -> Starlette:
    """A subgraph with a database."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Running]:
        async with connect(AWAY) as client:
            yield Running(None, database=client["test"])

    return subgraph_app("slow", SubgraphSchema(query=Query), TokenVerifier(KEYS, "slow"), start)


def gateway() -> Starlette:
    """A gateway with accounts."""
    return application([], Lifespan(store=IdentityStore(connect(AWAY)["test"])))


@pytest.mark.parametrize("app", [subgraph, gateway])
async def test_liveness_fails_where_the_driver_hangs(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = asyncio.Event()

    async def hang(_: Database) -> None:
        await answers.wait()

    for place in (asgi, lifespan):
        monkeypatch.setattr(place, "Canary", partial(Canary, every_seconds=0.01, hung_seconds=0.1))
    monkeypatch.setattr(migration, "version_of", AsyncMock(return_value=MIGRATIONS.version))
    monkeypatch.setattr(migration, "is_half_restored", AsyncMock(return_value=False))
    monkeypatch.setattr(asgi, "ping", hang)
    monkeypatch.setattr("gateway.identity.store.ping", hang)
    assert callable(app)
    async with served(app()) as browser:

        async def live() -> bool:
            return (await browser.send("GET", "/livez")).status == 200

        async def hung() -> bool:
            return not await live()

        await eventually(hung)
        assert (await browser.send("GET", "/readyz")).status == 200, "readiness does not ask the database"
        answers.set()
        await eventually(live)
