"""R19, R21, R25, R26: a mistaken withdrawal, a mistaken refusal and a missed offer have a way back (ADR 31)."""

import asyncio
from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.commands import deliver_pending, expire_offers, offer_free_seats
from tests.integration.enrollment.season import (
    BASE,
    ENROLLMENT,
    OTHER_BASE,
    OTHER_SCHOOL,
    RANK,
    SCHOOL,
    SIGN_UP,
    SUBSTITUTE,
    TAKE,
    WITHDRAW,
    Season,
)
from tests.integration.enrollment.test_revisions import decided, told
from tests.integration.enrollment.test_succession import CLOSE
from tests.integration.enrollment.test_withdrawals import NOTICES
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

RESTORE = f"""mutation($id: ID!, $why: String!, $waitlist: Boolean! = false) {{
  restoreEnrollment(id: $id, reason: $why, waitlist: $waitlist) {{
    {ENROLLMENT} fedBackAt history {{ status by reason }} }} }}"""
DECLINE = """mutation($ids: [ID!]!) { declineSignUps(ids: $ids, reason: "误点") { ok } }"""
RANK_SIGN_UPS = """mutation($id: ID!, $ids: [ID!]!) { rankSignUps(projectId: $id, ids: $ids) { ok } }"""
LEAVE = """mutation($id: ID!) { requestWithdrawal(id: $id, reason: "身体原因") { id } }"""
WHY = "误操作"
AFTER_ADMISSION = "2024-05-25T09:00"


async def restore(season: Season, key: str, by: Principal = SCHOOL, why: str = WHY, *, waitlist: bool = False) -> Any:
    return await season.act(by, RESTORE, id=key, why=why, waitlist=waitlist)


async def refused(season: Season, key: str, by: Principal = SCHOOL, why: str = WHY) -> Refused:
    before = await season.database["enrollments"].find_one({"_id": key})
    with pytest.raises(Refused) as caught:
        await restore(season, key, by, why)
    assert await season.database["enrollments"].find_one({"_id": key}) == before, "nothing is written"
    return caught.value


async def withdraw(season: Season, *keys: str) -> None:
    for key in keys:
        await season.act(SCHOOL, WITHDRAW, id=key, why="误点")


def facts(refusal: Refused) -> tuple[str, Any, Any]:
    return refusal.code, refusal.extensions["rule"], refusal.extensions["unblock"]


async def an_expired_offer(season: Season) -> list[str]:
    """Two who waited for one seat: the first did not take the offer in time, so the second has it."""
    held, late, second = await decided(season, "ACCEPT", "WAITLIST", "WAITLIST", capacity=1)
    await withdraw(season, held)
    season.later(days=3)
    await expire_offers(season.deps)
    assert [await season.status(key) for key in (late, second)] == ["EXPIRED", "OFFERED"]
    return [late, second]


async def test_r26_a_seat_that_was_withdrawn_by_mistake_comes_back_and_everybody_is_told(season: Season) -> None:
    await season.publish(capacity=1)
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    await withdraw(season, key)
    assert (await season.seats())["accepted"] == 0
    season.later(minutes=5)
    restored = await restore(season, key)
    assert (restored["status"], restored["reason"], restored["reasonCode"], restored["fedBackAt"]) == (
        "ACCEPTED", WHY, None, None,
    )  # fmt: skip
    assert [(step["status"], step["by"], step["reason"]) for step in restored["history"]][-2:] == [
        ("WITHDRAWN", "赵主任", "误点"),
        ("ACCEPTED", "赵主任", WHY),
    ]
    assert await season.seats() == {"capacity": 1, "accepted": 1, "offered": 0, "waitlisted": 0, "left": 0}
    assert (await told(season, key))[-2:] == ["accepted", "restored"]
    await deliver_pending(season.deps)
    for reader in (teacher, SCHOOL, BASE):
        latest = (await season.act(reader, NOTICES))["nodes"][0]
        assert (latest["kind"], latest["reason"]) == ("RESTORED", WHY)
        assert latest["message"].endswith("报名已恢复，予以录取")


async def test_r23_r25_a_seat_given_meanwhile_stays_given_and_the_list_is_the_way(season: Season) -> None:
    held, waiting = await decided(season, "ACCEPT", "WAITLIST", capacity=1)
    await withdraw(season, held)
    refusal = await refused(season, held)
    assert (*facts(refusal), refusal.extensions["capacity"]) == ("CLASS_FULL", "R23", "SELF", 1)
    assert "waitlist: true" in str(refusal)
    assert (await restore(season, held, waitlist=True))["status"] == "WAITLISTED"
    assert await season.seats() == {"capacity": 1, "accepted": 0, "offered": 1, "waitlisted": 1, "left": 0}
    await season.act(SCHOOL, TAKE, id=waiting)
    await withdraw(season, waiting)
    assert await season.status(held) == "OFFERED", "in the order of submission"


async def test_r26_the_list_is_not_for_whom_a_seat_waits(season: Season) -> None:
    (held,) = await decided(season, "ACCEPT", capacity=1)
    await withdraw(season, held)
    assert (await restore(season, held, waitlist=True))["status"] == "ACCEPTED"


async def test_r25_an_offer_that_was_withdrawn_is_a_place_on_the_list(season: Season) -> None:
    held, offered = await decided(season, "ACCEPT", "WAITLIST", capacity=1)
    await withdraw(season, held, offered)
    assert (await restore(season, offered))["status"] == "WAITLISTED"
    assert await season.seats() == {"capacity": 1, "accepted": 0, "offered": 0, "waitlisted": 1, "left": 1}


async def test_r25_the_place_by_the_bases_ranking_is_kept_while_it_is_free(season: Season) -> None:
    first, second, third = await decided(season, "WAITLIST", "WAITLIST", "WAITLIST")
    await season.act(BASE, RANK, id="p1", ids=[third, second])
    await withdraw(season, third, second)
    await restore(season, third)
    await season.act(BASE, RANK, id="p1", ids=[third, first])
    await restore(season, second)
    stored = [(await season.deps.store.enrollments.get(key)).waiting_rank for key in (first, second, third)]
    assert stored == [2, None, 1]


async def test_r21_the_schools_rank_is_kept_while_it_is_free_else_it_is_the_last(season: Season) -> None:
    await season.publish()
    keys = [await season.submitted(teacher, "p1") for teacher in await season.teachers(3)]
    await season.act(SCHOOL, RANK_SIGN_UPS, id="p1", ids=keys)
    await withdraw(season, keys[0])
    restored = await restore(season, keys[0])
    assert (restored["status"], restored["rank"]) == ("SUBMITTED", 1)
    await withdraw(season, keys[0])
    await season.act(SCHOOL, RANK_SIGN_UPS, id="p1", ids=keys[1:])
    restored = await restore(season, keys[0])
    assert (restored["status"], restored["rank"]) == ("SUBMITTED", 3)
    assert (await told(season, keys[0]))[-3:] == ["submitted", "ranked", "restored"]


async def test_r21_a_declined_sign_up_stands_again_and_the_base_learns_nothing(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = (await season.act(teacher, SIGN_UP, id="p1"))["id"]
    assert (await season.act(SCHOOL, DECLINE, ids=[key]))[0]["ok"]
    assert (await refused(season, key, BASE)).code == "NOT_FOUND", "it was never handed in"
    assert (await restore(season, key))["status"] == "SIGNED_UP"
    assert (await told(season, key))[-2:] == ["signed-up", "restored"]
    await deliver_pending(season.deps)
    assert "RESTORED" not in {notice["kind"] for notice in (await season.act(BASE, NOTICES))["nodes"]}
    assert (await season.act(teacher, NOTICES))["nodes"][0]["message"].endswith("报名已恢复，待学校提交")


async def test_r25_an_expired_offer_waits_again_by_the_base_or_the_ministry(season: Season) -> None:
    late, second = await an_expired_offer(season)
    assert facts(await refused(season, late)) == ("RESTORED_BY_ANOTHER", "R25", "BASE")
    restored = await restore(season, late, BASE)
    assert (restored["status"], restored["history"][-1]["by"]) == ("WAITLISTED", "base")
    assert await season.seats() == {"capacity": 1, "accepted": 0, "offered": 1, "waitlisted": 1, "left": 0}
    season.later(days=3)
    await expire_offers(season.deps)
    assert [await season.status(key) for key in (late, second)] == ["OFFERED", "EXPIRED"]
    assert (await restore(season, second, MINISTRY))["history"][-1]["by"] == "ministry"


async def test_r26_the_school_until_admission_closes_and_after_that_the_ministry_until_the_start(
    season: Season,
) -> None:
    first, second, third = await decided(season, "ACCEPT", "WAITLIST", "ACCEPT", capacity=2)
    await withdraw(season, third, first)
    assert facts(await refused(season, third, MINISTRY)) == ("RESTORED_BY_ANOTHER", "R26", "SCHOOL")
    assert facts(await refused(season, third, BASE)) == ("RESTORED_BY_ANOTHER", "R26", "SCHOOL")
    season.at(AFTER_ADMISSION)
    assert facts(await refused(season, third)) == ("PHASE_CLOSED", "R26", "MINISTRY")
    assert facts(await refused(season, third, BASE)) == ("RESTORED_BY_ANOTHER", "R26", "MINISTRY")
    assert (await restore(season, third, MINISTRY))["status"] == "ACCEPTED"
    assert await season.seats() == {"capacity": 2, "accepted": 1, "offered": 1, "waitlisted": 0, "left": 0}
    assert await season.status(second) == "OFFERED"
    assert await offer_free_seats(season.deps) == 0
    season.at("2024-07-08T00:00")
    assert (await refused(season, first, MINISTRY)).code == "PROJECT_NOT_OPEN"


async def test_r19_it_meets_what_has_taken_its_place(season: Season) -> None:
    await season.publish("p1")
    await season.publish("p2", base="base-2")
    (teacher,) = await season.teachers(1)
    here, there = [await season.submitted(teacher, project) for project in ("p1", "p2")]
    assert (await season.decide(here))["ok"]
    await withdraw(season, here)
    assert (await season.decide(there, base=OTHER_BASE))["ok"]
    assert facts(await refused(season, here)) == ("OVERLAPPING_ACCEPTANCE", "R19", "SCHOOL")
    await withdraw(season, there)
    again = await season.act(teacher, SIGN_UP, id="p1")
    assert facts(await refused(season, here)) == ("SECOND_SIGN_UP", "R19", "SELF")
    assert (await season.act(SCHOOL, DECLINE, ids=[again["id"]]))[0]["ok"]
    assert (await restore(season, here))["status"] == "ACCEPTED"
    assert facts(await refused(season, there)) == ("OVERLAPPING_ACCEPTANCE", "R19", "SCHOOL")


async def test_r26_what_the_teacher_asked_for_and_what_never_ended_is_not_taken_back(season: Season) -> None:
    await season.publish()
    leaving, staying, replaced, further = await season.teachers(4)
    left, live, gone = [await season.submitted(teacher, "p1") for teacher in (leaving, staying, replaced)]
    await season.act(leaving, LEAVE, id=left)
    await withdraw(season, left)
    assert facts(await refused(season, left)) == ("LEFT_BY_TEACHER", "R26", "TEACHER")
    assert (await refused(season, live)).code == "WRONG_STATE"
    await season.decide(gone)
    await season.act(SCHOOL, SUBSTITUTE, id=gone, who=further.person, why="病假")
    assert (await refused(season, gone)).code == "WRONG_STATE"


async def test_r3_r5_nobody_elses_nothing_without_a_reason_and_nothing_at_a_school_that_has_ended(
    season: Season,
) -> None:
    (key,) = await decided(season, "ACCEPT")
    await withdraw(season, key)
    for stranger in (OTHER_SCHOOL, OTHER_BASE):
        assert (await refused(season, key, stranger)).code == "NOT_FOUND"
    assert (await refused(season, key, why=" ")).code == "REASON_MISSING"
    assert (await refused(season, key, why="13900000001")).code == "INVALID_REASON"
    season.at(AFTER_ADMISSION)
    await season.act(MINISTRY, CLOSE, code=SCHOOL.school)
    assert (await refused(season, key, MINISTRY)).code == "SCHOOL_CLOSED"


async def test_r26_it_takes_effect_once_at_once_and_repeated_under_its_key(season: Season) -> None:
    first, second = await decided(season, "ACCEPT", "ACCEPT", capacity=2)
    await withdraw(season, first, second)
    answers = await asyncio.gather(*(restore(season, first) for _ in range(4)), return_exceptions=True)
    assert sorted(answer.code for answer in answers if isinstance(answer, Refused)) == ["WRONG_STATE"] * 3
    season.key = "restoration-1"
    once = await restore(season, second)
    assert await restore(season, second) == once
    assert (await told(season, second)).count("restored") == 1
    assert await season.seats() == {"capacity": 2, "accepted": 2, "offered": 0, "waitlisted": 0, "left": 0}
