"""ADR 18: what comes due is done once however many replicas are up, also after weeks without any (R23, R25)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chassis.clock import Clock
from chassis.storage.mongo import connect
from chassis.storage.timer import timer
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment.commands import Deps
from services.enrollment.messaging.tasks import due
from services.enrollment.store import Store
from tests.integration.enrollment.ledger import Ledger
from tests.integration.enrollment.season import SCHOOL, SIGN_UP, SUBMIT, WITHDRAW, Season
from tests.support.eventually import eventually
from tests.support.graph import Refused
from tests.support.principals import MINISTRY


@pytest.fixture
async def replicas(season: Season, parts: Parts) -> AsyncIterator[list[Deps]]:
    """Two more processes of the service, each with its own connection and its own reading of the one clock."""
    clients = [connect(parts.mongodb_url(ADMIN)) for _ in range(2)]
    stores = [Store(client[season.database.name]) for client in clients]
    yield [replace(season.deps, store=store, clock=Clock(season.clock_file)) for store in stores]
    for client in clients:
        await client.close()


async def begin(season: Season) -> tuple[list[str], list[str]]:
    """A full class with three who wait and an open offer, and another class with two undecided."""
    await season.publish("p1", capacity=2)
    await season.publish("p2")
    teachers = await season.teachers(5)
    line = [await season.submitted(one, "p1") for one in teachers]
    for number, key in enumerate(line):
        await season.decide(key, "ACCEPT" if number < 2 else "WAITLIST")
    undecided = [await season.submitted(one, "p2") for one in teachers[:2]]
    await season.act(SCHOOL, WITHDRAW, id=line[0], why="工作冲突")
    return line, undecided


async def look(*replicas: Deps) -> int:
    """Every timer of every replica at once, as if each thought that it was its turn."""
    return sum(await asyncio.gather(*(act() for deps in replicas for act in due(deps).values())))


async def told(season: Season, name: str) -> int:
    """How many events of a name there are (no relay takes them)."""
    found = await season.database["enrollments"].find({"events.name": name}).to_list()
    return sum(event["name"] == name for one in found for event in one["events"])


async def states(season: Season, keys: list[str]) -> list[str]:
    return [await season.status(key) for key in keys]


async def test_after_weeks_without_any_process_two_replicas_do_what_came_due_once(
    season: Season, replicas: list[Deps]
) -> None:
    """The clock jumps over the deadlines; an offer of that moment still gets its whole time."""
    line, undecided = await begin(season)
    assert await look(*replicas) == 1  # the name of who is accepted, which no event has told here (ADR 52)
    assert await look(*replicas) == 0
    season.at("2024-06-10T09:00")
    assert await look(*replicas) == 3
    assert await look(*replicas) == 0
    assert await states(season, line) == ["WITHDRAWN", "ACCEPTED", "EXPIRED", "OFFERED", "WAITLISTED"]
    assert await states(season, undecided) == ["SUBMITTED", "SUBMITTED"]
    assert [await told(season, name) for name in ("offer-expired", "offered", "escalated")] == [1, 2, 2]
    offered = await season.deps.store.enrollments.get(line[3])
    assert offered.offer_expires_at
    assert offered.offer_expires_at > season.deps.clock.now()
    (await Ledger(season).picture()).is_consistent()


async def test_past_the_first_day_of_training_an_expired_offer_moves_on_to_nobody(
    season: Season, replicas: list[Deps]
) -> None:
    line, _ = await begin(season)
    season.at("2024-07-08T08:00")
    await look(*replicas)
    assert await states(season, line) == ["WITHDRAWN", "ACCEPTED", "EXPIRED", "LAPSED", "LAPSED"]
    for _ in replicas:  # a redelivery sweeps again
        await season.hear("catalog.project-started", "p1", {"project": "p1"})
    assert await states(season, line) == ["WITHDRAWN", "ACCEPTED", "EXPIRED", "LAPSED", "LAPSED"]
    assert await told(season, "lapsed") == 4
    (await Ledger(season).picture()).is_consistent()


async def test_replicas_that_run_follow_the_clock_and_hand_over(season: Season, replicas: list[Deps]) -> None:
    line, undecided = await begin(season)
    database = season.database
    running = [asyncio.ensure_future(timer(database, "enrollment.timers", due(one), every=0.02)()) for one in replicas]

    async def expired() -> bool:
        return await season.status(line[2]) == "EXPIRED" and await season.status(line[3]) == "OFFERED"

    async def all_done() -> bool:
        return [await told(season, name) for name in ("offer-expired", "offered", "escalated")] == [2, 3, 2]

    try:
        season.later(hours=49)
        await eventually(expired)
        leaving = running.pop(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        season.at("2024-05-25T00:00")
        await eventually(all_done)  # the second offer is over by then, too; one look may do it in part
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert await states(season, undecided) == ["SUBMITTED", "SUBMITTED"]


async def test_phases_change_with_the_clock_and_need_no_process(season: Season) -> None:
    """What is open is read from the calendar at each act, so no replica has to notice a deadline (R1)."""
    await season.publish()
    early, late = await season.teachers(2)
    key = (await season.act(early, SIGN_UP, id="p1"))["id"]
    season.at("2024-05-21T00:00")
    with pytest.raises(Refused) as refused:
        await season.act(late, SIGN_UP, id="p1")
    assert refused.value.code == "PHASE_CLOSED"
    (row,) = await season.act(SCHOOL, SUBMIT, ids=[key])
    assert row["refusal"]["code"] == "PHASE_CLOSED"
    season.at("2024-05-25T00:00")
    assert (await season.decide(key, base=MINISTRY, reason="逾期"))["refusal"]["code"] == "WRONG_STATE"


async def test_r23_who_waits_lapses_at_the_planned_start_though_the_base_has_not_pressed_start(
    season: Season, replicas: list[Deps]
) -> None:
    """R28: signed up, submitted, on the waiting list; who is accepted stays, and both inboxes are told."""
    await season.publish("p1", capacity=1)
    first, second, third, fourth = await season.teachers(4)
    accepted, waiting, undecided = [await season.submitted(one, "p1") for one in (first, second, third)]
    signed_up = (await season.act(fourth, SIGN_UP, id="p1"))["id"]
    await season.decide(accepted, "ACCEPT")
    await season.decide(waiting, "WAITLIST")
    keys = [accepted, waiting, undecided, signed_up]
    season.at("2024-07-07T23:59")
    await look(*replicas)
    assert await states(season, keys) == ["ACCEPTED", "WAITLISTED", "SUBMITTED", "SIGNED_UP"]
    season.at("2024-07-08T00:00")
    await look(*replicas)
    assert await states(season, keys) == ["ACCEPTED", "LAPSED", "LAPSED", "LAPSED"]
    assert await told(season, "lapsed") == 3
    assert await season.database["deliveries"].count_documents({"status": "LAPSED"}) == 6
    (await Ledger(season).picture()).is_consistent()


async def test_r23_a_suspended_class_stands_still_at_its_planned_start(season: Season, replicas: list[Deps]) -> None:
    await season.publish("p1")
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "整改"})
    season.at("2024-07-09T00:00")
    await look(*replicas)
    assert await season.status(key) == "SUBMITTED"
    await season.hear("catalog.project-resumed", "p1", {"project": "p1", "status": "PUBLISHED"})
    await look(*replicas)
    assert await season.status(key) == "LAPSED"


async def test_r23_nobody_lapses_on_the_first_day_while_the_base_may_still_decide(
    season: Season, replicas: list[Deps]
) -> None:
    """R1: the bases' decisions may end on the day on which training opens."""
    days = {name: {"opens": "2024-04-01", "closes": "2024-07-08"} for name in ("ENROL", "ADMIT")}
    await season.hear("catalog.phase-extended", "2024", {"year": 2024, "calendar": days})
    await season.publish("p1")
    first, second = await season.teachers(2)
    season.at("2024-07-08T09:00")
    accepted, waiting = await season.submitted(first, "p1"), await season.submitted(second, "p1")
    await look(*replicas)
    assert await states(season, [accepted, waiting]) == ["SUBMITTED", "SUBMITTED"]
    await season.decide(accepted, "ACCEPT")
    season.at("2024-07-09T00:00")
    await look(*replicas)
    assert await states(season, [accepted, waiting]) == ["ACCEPTED", "LAPSED"]
