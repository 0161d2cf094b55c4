"""R19, R23: seats and acceptances on a real replica set, under real concurrency."""

import asyncio

from tests.integration.enrollment.season import BASE, DECIDE, OTHER_BASE, SCHOOL, WITHDRAW, Season


async def test_sixty_acceptances_at_once_for_ten_seats_leave_exactly_ten(season: Season) -> None:
    project = await season.publish(capacity=10)
    keys = [await season.submitted(teacher, project) for teacher in await season.teachers(60)]
    rows = await asyncio.gather(*(season.decide(key) for key in keys))
    refused = [row["refusal"] for row in rows if not row["ok"]]
    assert len(refused) == 50
    assert {(one["code"], one["rule"], one["unblock"]) for one in refused} == {("CLASS_FULL", "R23", "BASE")}
    assert refused[0]["details"] == {"capacity": 10}
    assert await season.seats() == {"capacity": 10, "accepted": 10, "offered": 0, "waitlisted": 0, "left": 0}
    assert len(await season.deps.store.enrollments.query({"status": "ACCEPTED"})) == 10
    assert await season.database["deliveries"].count_documents({}) == 20


async def test_two_overlapping_acceptances_of_one_person_at_once_leave_exactly_one(season: Season) -> None:
    await season.publish("p1")
    await season.publish("p2", base="base-2", starts_on="2024-07-14", ends_on="2024-07-20")
    for teacher in await season.teachers(4):
        keys = [await season.submitted(teacher, project) for project in ("p1", "p2")]
        rows = await asyncio.gather(season.decide(keys[0]), season.decide(keys[1], base=OTHER_BASE))
        (refusal,) = [row["refusal"] for row in rows if not row["ok"]]
        assert (refusal["code"], refusal["rule"]) == ("OVERLAPPING_ACCEPTANCE", "R19")
    taken = [(await season.seats(project))["accepted"] for project in ("p1", "p2")]
    assert sum(taken) == 4


async def test_projects_one_after_the_other_may_both_accept(season: Season) -> None:
    await season.publish("p1")
    await season.publish("p2", starts_on="2024-07-15", ends_on="2024-07-20")
    (teacher,) = await season.teachers(1)
    rows = [await season.decide(await season.submitted(teacher, project)) for project in ("p1", "p2")]
    assert [row["ok"] for row in rows] == [True, True]


async def test_a_withdrawal_frees_the_seat_and_the_persons_time(season: Season) -> None:
    await season.publish("p1", capacity=1)
    await season.publish("p2")
    first, second = await season.teachers(2)
    held, waiting = await season.submitted(first, "p1"), await season.submitted(second, "p1")
    elsewhere = await season.submitted(first, "p2")
    assert (await season.decide(held))["ok"]
    assert (await season.decide(waiting))["refusal"]["code"] == "CLASS_FULL"
    withdrawn = await season.act(SCHOOL, WITHDRAW, id=held, why="工作冲突")
    assert (withdrawn["status"], withdrawn["reason"], withdrawn["reasonCode"]) == ("WITHDRAWN", "工作冲突", "BY_SCHOOL")
    assert (await season.decide(waiting))["ok"]
    assert (await season.decide(elsewhere))["ok"]


async def test_the_same_decision_twice_at_once_takes_one_seat(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    rows = await asyncio.gather(*(season.decide(key) for _ in range(6)))
    assert sum(row["ok"] for row in rows) == 1
    assert {row["refusal"]["code"] for row in rows if not row["ok"]} == {"WRONG_STATE"}
    assert (await season.seats())["accepted"] == 1


async def test_a_rejection_needs_a_reason_and_a_waiting_list_takes_no_seat(season: Season) -> None:
    await season.publish()
    one, other = [await season.submitted(teacher, "p1") for teacher in await season.teachers(2)]
    assert (await season.decide(one, "REJECT"))["refusal"]["code"] == "REASON_MISSING"
    assert (await season.decide(one, "REJECT", reason="条件不符"))["enrollment"]["reasonCode"] == "BY_BASE"
    assert (await season.decide(other, "WAITLIST"))["enrollment"]["status"] == "WAITLISTED"
    assert await season.seats() == {"capacity": 10, "accepted": 0, "offered": 0, "waitlisted": 1, "left": 10}


async def test_a_foreign_base_finds_nothing_to_decide(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    assert (await season.decide(key, base=OTHER_BASE))["refusal"]["code"] == "NOT_FOUND"
    assert await season.status(key) == "SUBMITTED"


async def test_decisions_end_with_the_last_minute_of_the_twenty_fourth(season: Season) -> None:
    await season.publish()
    one, other = [await season.submitted(teacher, "p1") for teacher in await season.teachers(2)]
    season.at("2024-05-24T23:59")
    assert (await season.decide(one))["ok"]
    season.at("2024-05-25T00:00")
    rows = await season.act(BASE, DECIDE, given=[{"id": other, "decision": "ACCEPT"}])
    refusal = rows[0]["refusal"]
    assert (refusal["code"], refusal["rule"], refusal["unblock"]) == ("PHASE_CLOSED", "R23", "MINISTRY")
    assert await season.status(other) == "SUBMITTED"
