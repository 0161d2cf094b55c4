"""Leases: one holder at a time, each with a higher token; the next takes over when one ends or is lost."""

import asyncio

import pytest

from chassis.storage.lease import Lease, LeaseLost
from chassis.storage.mongo import Database
from tests.support.eventually import eventually


async def test_one_holder_works_at_a_time_and_each_next_has_a_higher_token(database: Database) -> None:
    tokens: list[int] = []
    at_work: set[int] = set()

    async def work(token: int) -> None:
        assert not at_work, "two at once"
        at_work.add(token)
        tokens.append(token)
        await database.command("ping")
        at_work.remove(token)

    await asyncio.gather(*(Lease(database, "work", seconds=0.3).hold(work) for _ in range(5)))
    assert tokens == [1, 2, 3, 4, 5]


async def test_a_lease_that_was_given_back_is_taken_at_once_however_long_it_lasts(database: Database) -> None:
    begun, taken = asyncio.Event(), asyncio.Event()

    async def first(_: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def second(_: int) -> None:
        taken.set()

    holding = asyncio.ensure_future(Lease(database, "work", seconds=600).hold(first))
    await begun.wait()
    waiting = asyncio.ensure_future(Lease(database, "work", seconds=600).hold(second))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await taken.wait()
    holding.cancel()
    async with asyncio.timeout(30):  # a third of the lease, as it was once, are 200 s
        await taken.wait()
    await asyncio.wait([holding, waiting])


async def test_a_lost_lease_ends_the_work(database: Database) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(_: int) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    holding = asyncio.ensure_future(Lease(database, "work", seconds=0.6).hold(work))
    await begun.wait()
    await database["leases"].update_one({"_id": "work"}, {"$set": {"holder": "somebody else"}, "$inc": {"token": 1}})
    with pytest.raises(ExceptionGroup) as lost:
        await holding
    assert lost.group_contains(LeaseLost)
    assert ended.is_set()
    state = await database["leases"].find_one({"_id": "work"})
    assert state
    assert state["holder"] == "somebody else"


async def test_the_lease_of_a_dead_holder_runs_out(database: Database) -> None:
    stopped = Lease(database, "work", seconds=0.5)
    assert await stopped._wait() == 1
    tokens: list[int] = []

    async def work(token: int) -> None:
        tokens.append(token)

    await Lease(database, "work", seconds=0.5).hold(work)
    assert tokens == [2]


async def test_a_renewed_lease_lasts_longer_than_its_seconds(database: Database) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(_: int) -> None:
        begun.set()
        await go_on.wait()

    first = asyncio.ensure_future(Lease(database, "work", seconds=0.6).hold(work))
    await begun.wait()
    leases = database["leases"]
    before = await leases.find_one({"_id": "work"})
    assert before

    async def renewed_twice() -> bool:
        now = await leases.find_one({"_id": "work"})
        return now is not None and (now["until"] - before["until"]).total_seconds() > 0.35

    await eventually(renewed_twice)
    assert await Lease(database, "work")._take() is None
    go_on.set()
    await first
