"""Processes of the gateway count each other, so that each takes its share of what callers may spend (ADR 46)."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from chassis.runtime.tasks import Tasks, run_in_background
from chassis.storage.mongo import Database
from gateway.app import build
from gateway.protection.gateway_count import GatewayCount
from gateway.settings import GatewaySettings
from tests.support.eventually import eventually
from tests.unit.gateway.serving import Browser, served

BEAT_SECONDS = 0.05


async def test_whoever_comes_and_goes_is_counted_by_all(database: Database) -> None:
    counts: dict[str, int] = {}
    async with AsyncExitStack() as stack:
        for name in "ab":
            replicas = GatewayCount(database, partial(counts.__setitem__, name), BEAT_SECONDS)
            await stack.enter_async_context(run_in_background(Tasks(api=(replicas.run,)), asyncio.Event().wait))
        await eventually(lambda: counts == {"a": 2, "b": 2})
        third = asyncio.ensure_future(GatewayCount(database, lambda _: None, BEAT_SECONDS).run())
        await eventually(lambda: counts == {"a": 3, "b": 3})
        third.cancel()
        await eventually(lambda: counts == {"a": 2, "b": 2})
    assert await database["replicas"].count_documents({}) == 0


async def test_one_that_has_died_counts_no_longer(database: Database) -> None:
    counts: list[int] = []
    await database["replicas"].update_one({"_id": "dead"}, [{"$set": {"until": {"$add": ["$$NOW", 500]}}}], upsert=True)
    tasks = Tasks(api=(GatewayCount(database, counts.append, BEAT_SECONDS).run,))
    async with run_in_background(tasks, asyncio.Event().wait):
        await eventually(lambda: counts[-1:] == [2])
        await eventually(lambda: counts[-1:] == [1])


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize(("others", "affordable"), [(0, 80_000), (1, 40_000)])
async def test_a_gateway_gives_its_share(
    monkeypatch: pytest.MonkeyPatch, database: Database, others: int, affordable: int
) -> None:
    monkeypatch.setenv("SPENDING", '{"address": 80000}')
    for number in range(others):
        await database["replicas"].insert_one({"_id": f"other {number}", "until": datetime.now(UTC) + timedelta(1)})
    async with served(build(GatewaySettings())) as browser:
        await eventually(lambda: _are_there(database, others + 1))
        assert affordable * 0.9 < await _spent(browser) <= affordable * 1.1
    assert await _are_there(database, others)


async def _are_there(database: Database, count: int) -> bool:
    return await database["replicas"].count_documents({}) == count


async def _spent(browser: Browser) -> int:
    """How much callers at one address spend until they are refused: a text of 10,000 characters costs some 2,000."""
    for number in range(100):
        answer = await browser.graphql("{ __typename }" + " " * 10_000)
        if answer.status == 429:
            return number * 2_004
    raise AssertionError("never refused")
