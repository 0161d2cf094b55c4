"""What a request asks of the database ends with the request, by the driver and not by a cancellation (notes N85)."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import pytest

from chassis.storage.mongo import Database, Session, StorageError, bounded, connect, is_away, is_late, transact
from chassis.storage.refusals import refusal_of
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from tests.support.eventually import eventually

_SLOW = {"$where": "sleep(100) || true"}  # for each document


async def _some(database: Database) -> None:
    await database["rows"].insert_many([{"_id": number} for number in range(100)])


async def test_a_query_that_is_too_slow_fails_and_mongod_works_on_it_no_more(parts: Parts) -> None:
    """Cancelled, it would go on for ten seconds, for nobody."""
    async with connect(parts.mongodb_url(ADMIN)) as client:
        database = client["test_bounds"]
        mine: dict[str, Any] = {"ns": "test_bounds.rows", "op": "query", "active": True}

        async def under_way() -> int:
            return len((await client.admin.command("currentOp", **mine))["inprog"])

        try:
            await _some(database)
            started = time.monotonic()
            with pytest.raises(StorageError) as caught, bounded(0.3):
                await database["rows"].find(_SLOW).to_list()
            assert refusal_of(caught.value).code in {"DEADLINE_EXCEEDED", "UNAVAILABLE"}  # whichever sees it first
            await eventually(lambda: _is_none(under_way()))
            assert time.monotonic() - started < 5
        finally:
            await client.drop_database("test_bounds")


async def _is_none(counting: Awaitable[int]) -> bool:
    return not await counting


async def test_what_the_driver_began_within_a_bound_outlives_it(parts: Parts) -> None:
    """Its monitors begin with the first operation; did they keep that one's bound, the client would be dead after."""
    async with connect(parts.mongodb_url(ADMIN)) as client:
        with bounded(0.5):
            await client.admin.command("ping")
        ended = time.monotonic() + 1

        async def still_answers() -> bool:
            await client.admin.command("ping")
            return time.monotonic() > ended

        await eventually(still_answers)


async def test_an_attempt_that_ran_out_of_time_holds_no_document(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound of the work does not hold for its abortion, which would leave the document locked (notes N87)."""
    monkeypatch.setattr("chassis.storage.mongo.WORK_SECONDS", 0.3)
    await _some(database)

    async def work(session: Session) -> None:
        await database["rows"].update_one({"_id": 1}, {"$set": {"by": "slow"}}, session=session)
        await database["rows"].find(_SLOW, session=session).to_list()

    with pytest.raises(StorageError) as caught:
        await transact(database.client, work)
    assert is_late(caught.value) or is_away(caught.value)
    async with asyncio.timeout(5):
        await database["rows"].update_one({"_id": 1}, {"$set": {"by": "next"}})
    assert await database["rows"].find_one({"_id": 1}) == {"_id": 1, "by": "next"}


async def test_a_change_stream_within_a_bound_ends_with_it_so_none_is_opened_there(database: Database) -> None:
    """Why streams and background tasks run outside of any bound."""

    async def follow() -> None:
        async with await database.watch(max_await_time_ms=100) as changes:
            async for _ in changes:
                pass

    with pytest.raises(StorageError), bounded(0.5):
        await follow()


async def test_an_absent_database_is_a_refusal_that_says_when_to_come_again() -> None:
    async with connect("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50") as client:
        with pytest.raises(StorageError) as caught:
            await client.admin.command("ping")
    refusal = refusal_of(caught.value)
    assert (refusal.code, refusal.details["retryAfter"]) == ("UNAVAILABLE", 2)


async def test_options_in_the_connection_string_have_precedence() -> None:
    async with connect("mongodb://127.0.0.1:1/?maxPoolSize=7&serverselectiontimeoutms=50") as client:
        assert client.options.pool_options.max_pool_size == 7
        assert client.options.server_selection_timeout == 0.05
        assert client.options.pool_options.wait_queue_timeout == 2
