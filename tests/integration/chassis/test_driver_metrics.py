"""What the database's driver does is counted: by command, collection and outcome, with its pool (ADR 73)."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from chassis.storage.driver_metrics import SECONDS
from chassis.storage.mongo import Database, StorageError, connect, ping, transact
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from tests.support.eventually import eventually


def counted(command: str, collection: str, outcome: str = "ok") -> float:
    labels = {"command": command, "collection": collection, "outcome": outcome}
    return REGISTRY.get_sample_value("guopei_mongo_seconds_count", labels) or 0.0


async def test_each_command_is_counted_with_its_collection(database: Database) -> None:
    things = database["things"]
    before = {name: counted(name, "things") for name in ("insert", "find", "getMore", "update", "aggregate")}
    await things.insert_many([{"_id": number} for number in range(5)])
    assert len(await things.find({}, batch_size=2).to_list()) == 5
    await things.update_one({"_id": 1}, {"$set": {"a": 1}})
    await (await things.aggregate([])).to_list()
    grown = {name: counted(name, "things") - number for name, number in before.items()}
    assert grown == {"insert": 1, "find": 1, "getMore": 2, "update": 1, "aggregate": 1}


async def test_a_command_that_fails_is_counted_by_the_name_of_the_error(database: Database) -> None:
    labels = {"command": "nonsense", "code": "CommandNotFound"}
    before = REGISTRY.get_sample_value("guopei_mongo_errors_total", labels) or 0.0
    with pytest.raises(StorageError):
        await database.command("nonsense")
    assert REGISTRY.get_sample_value("guopei_mongo_errors_total", labels) == before + 1
    assert counted("nonsense", "", "failed") >= 1


async def test_a_commit_has_no_collection_and_a_made_up_one_is_other(database: Database) -> None:
    before = counted("commitTransaction", "")
    await transact(database.client, lambda session: database["things"].insert_one({"_id": 9}, session=session))
    assert counted("commitTransaction", "") == before + 1
    others = counted("find", "other")
    await database["Of somebody 110101199003070000"].find_one({})
    assert counted("find", "other") == others + 1
    shown = {sample.labels["collection"] for metric in SECONDS.collect() for sample in metric.samples}
    assert not any("110101" in name for name in shown)


async def test_the_pool_shows_who_has_a_connection(database: Database, parts: Parts) -> None:
    """Other clients of this process may have some, too; a further one of the same servers is counted beside them."""

    def in_use() -> float:
        return REGISTRY.get_sample_value("guopei_mongo_pool_in_use") or 0.0

    async with connect(parts.mongodb_url(ADMIN)) as another:
        before = in_use()
        seen = asyncio.Event()
        things = another[database.name]["things"]
        await things.insert_one({"_id": 1})

        async def read_until_seen() -> None:
            while not seen.is_set():
                await things.find_one({"$where": "sleep(500) || true"})

        # A single round of readings may be over before the pool has opened a connection for each.
        readings = [asyncio.ensure_future(read_until_seen()) for _ in range(8)]
        try:
            await eventually(lambda: in_use() >= before + len(readings))
        finally:
            seen.set()
            await asyncio.gather(*readings)
        await eventually(lambda: in_use() < before + len(readings))


async def test_the_databases_clock_is_compared_with_ours(database: Database) -> None:
    await ping(database)
    assert abs(REGISTRY.get_sample_value("guopei_clock_skew_seconds") or 99.0) < 5
