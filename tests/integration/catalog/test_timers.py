"""ADR 18: returned plans lapse once however many replicas are up, also after weeks without any (R13)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chassis.clock import Clock
from chassis.principal import Principal
from chassis.storage.mongo import Database, connect
from chassis.storage.timer import timer
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.catalog.commands import Deps, lapse_overdue
from services.catalog.messaging import due
from services.catalog.store import Store
from tests.integration.catalog.season import Season
from tests.integration.catalog.watching import watched
from tests.support.eventually import eventually
from tests.support.names import person_name


@pytest.fixture
async def replicas(season: Season, database: Database, parts: Parts) -> AsyncIterator[list[Deps]]:
    """Two more processes of the service, each with its own connection and its own reading of the one clock."""
    clients = [connect(parts.mongodb_url(ADMIN)) for _ in range(2)]
    vault = season.deps.vault
    yield [Deps(Store(client[database.name]), Clock(season.clock_file), vault) for client in clients]
    for client in clients:
        await client.close()


async def returned(season: Season) -> tuple[Principal, Any]:
    """A plan that the ministry has given back to its base."""
    base = await season.register_base()
    project = await season.submitted(base)
    experts = [await season.register_expert(person_name(project["code"], name)) for name in ("甲", "乙")]
    await season.assign(project, *experts)
    for expert in experts:
        await season.review(expert, project)
    return base, await season.decide(project, "RETURN")


async def lapses(database: Database, project: Any) -> int:
    """How many events say that it lapsed (no relay takes them)."""
    document = await database["projects"].find_one({"_id": project["id"]})
    assert document
    return sum(event["name"] == "project-lapsed" for event in document["events"])


async def test_after_weeks_without_any_process_two_replicas_lapse_a_plan_once(
    season: Season, database: Database, replicas: list[Deps]
) -> None:
    base, project = await returned(season)
    season.at("2024-06-10T09:00")
    done = await asyncio.gather(*(act() for deps in replicas * 2 for act in due(deps).values()))
    assert sum(done) == 1
    assert await lapses(database, project) == 1
    assert (await season.quota(base))["used"] == 0


async def test_one_plan_that_cannot_lapse_holds_up_no_other(season: Season, database: Database) -> None:
    """R13: each by itself, and the broken one is tried again."""
    (_, broken), (_, whole) = await returned(season), await returned(season)
    where = {"_id": broken["id"]}
    await database["projects"].update_one(where, {"$set": {"plan.days": "七"}})
    season.at("2024-05-11T00:00")
    assert await lapse_overdue(season.deps) == 1
    assert (await lapses(database, broken), await lapses(database, whole)) == (0, 1)
    await database["projects"].update_one(where, {"$set": {"plan.days": 7}})
    assert await lapse_overdue(season.deps) == 1


async def test_what_is_due_is_asked_by_rounds_and_ids_alone(season: Season, parts: Parts) -> None:
    """R13: a look every few seconds reads no plans."""
    await returned(season)
    async with watched(season, parts) as (other, operations):
        assert await lapse_overdue(other.deps) == 0
        assert operations.seen == [("find", "rounds"), ("find", "projects")]
        season.at("2024-05-11T00:00")
        assert await lapse_overdue(other.deps) == 1
    reading = [collection for command, collection in operations.seen if command == "find"]
    assert reading[2:] == ["rounds", "projects", "projects", "rounds"]


async def test_replicas_that_run_follow_the_clock(season: Season, database: Database, replicas: list[Deps]) -> None:
    _, project = await returned(season)
    running = [
        asyncio.ensure_future(timer(database, "catalog.timers", due(replica), every=0.02)()) for replica in replicas
    ]

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
