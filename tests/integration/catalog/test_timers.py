"""ADR 18: returned plans lapse once however many replicas are up, also after weeks without any (R13)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chassis.clock import Clock
from chassis.mongo import Database, connect
from chassis.principal import Principal
from chassis.timer import timer
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.catalog.commands import Catalog
from services.catalog.messaging import due
from services.catalog.store import Store
from tests.eventually import eventually
from tests.integration.catalog.season import Season


@pytest.fixture
async def replicas(season: Season, database: Database, parts: Parts) -> AsyncIterator[list[Catalog]]:
    """Two more processes of the service, each with its own connection and its own reading of the one clock."""
    clients = [connect(parts.mongodb_url(ADMIN)) for _ in range(2)]
    vault = season.catalog.vault
    yield [Catalog(Store(client[database.name]), Clock(season.clock_file), vault) for client in clients]
    for client in clients:
        await client.close()


async def returned(season: Season) -> tuple[Principal, Any]:
    """A plan that the ministry has given back to its base."""
    base = await season.register_base()
    project = await season.submitted(base)
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    return base, await season.decide(project, "RETURN")


async def lapses(database: Database, project: Any) -> int:
    """How many events say that it lapsed (no relay takes them)."""
    kept = await database["projects"].find_one({"_id": project["id"]})
    assert kept
    return sum(event["name"] == "project-lapsed" for event in kept["events"])


async def test_after_weeks_without_any_process_two_replicas_lapse_a_plan_once(
    season: Season, database: Database, replicas: list[Catalog]
) -> None:
    base, project = await returned(season)
    season.at("2024-06-10T09:00")
    done = await asyncio.gather(*(act() for catalog in replicas * 2 for act in due(catalog).values()))
    assert sum(done) == 1
    assert await lapses(database, project) == 1
    assert (await season.quota(base))["used"] == 0


async def test_replicas_that_run_follow_the_clock(season: Season, database: Database, replicas: list[Catalog]) -> None:
    _, project = await returned(season)
    running = [asyncio.ensure_future(timer(database, "catalog.timers", due(one), every=0.02)()) for one in replicas]

    async def lapsed() -> bool:
        return await lapses(database, project) == 1

    try:
        season.at("2024-05-11T00:00")
        await eventually(lapsed)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert await lapses(database, project) == 1
