"""R23: a wrong decision has a way back, and what has followed from it meanwhile stands (ADR 31)."""

import asyncio
from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.commands import deliver_pending, offer_free_seats
from tests.integration.enrollment.season import (
    BASE,
    OTHER_BASE,
    REVISE,
    SCHOOL,
    SIGN_UP,
    SUBSTITUTE,
    TAKE,
    WITHDRAW,
    Season,
)
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

NOTICES = "{ myNotices { nodes { kind status message reason } } }"
WHY = "录入有误"


async def revise(season: Season, key: str, decision: str, by: Principal = BASE, why: str = WHY) -> Any:
    return await season.act(by, REVISE, id=key, decision=decision, why=why)


async def refused(season: Season, key: str, decision: str, by: Principal = BASE, why: str = WHY) -> Refused:
    with pytest.raises(Refused) as caught:
        await revise(season, key, decision, by, why)
    return caught.value


async def decided(season: Season, *decisions: str, capacity: int = 10) -> list[str]:
    """Enrollments of one project, each with the decision given."""
    await season.publish(capacity=capacity)
    keys = [await season.submitted(teacher, "p1") for teacher in await season.teachers(len(decisions))]
    for key, decision in zip(keys, decisions, strict=True):
        assert (await season.decide(key, decision, reason="按标准"))["ok"]
    return keys


async def told(season: Season, key: str) -> list[str]:
    """The names of an enrollment's events, in order."""
    document = await season.database["enrollments"].find_one({"_id": key})
    assert document
    return [event["name"] for event in document["events"]]


async def test_r23_a_rejection_by_mistake_is_corrected_by_its_base_and_the_history_keeps_both(season: Season) -> None:
    (key,) = await decided(season, "REJECT")
    revised = await revise(season, key, "ACCEPT")
    assert (revised["status"], revised["reason"], revised["reasonCode"]) == ("ACCEPTED", WHY, None)
    assert [(step["status"], step["by"], step["reason"]) for step in revised["history"]][-2:] == [
        ("REJECTED", "base", "按标准"),
        ("ACCEPTED", "base", WHY),
    ]
    assert (await season.seats())["accepted"] == 1
    assert (await told(season, key))[-2:] == ["accepted", "decision-revised"]
    stored = await season.database["enrollments"].find_one({"_id": key})
    assert stored
    event = stored["events"][-1]["data"]
    assert (event["revised"], event["decided"], event["reason"], event["override"]) == (
        "REJECTED",
        "ACCEPTED",
        WHY,
        None,
    )


async def test_r24_both_learn_of_the_correction_and_it_is_fed_back_anew(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    await deliver_pending(season.deps)
    fed_back = "query($id: ID!) { enrollment(id: $id) { fedBackAt feedback { kind recipient state } } }"
    before = await season.act(SCHOOL, fed_back, id=key)
    assert before["fedBackAt"]
    season.later(minutes=5)
    assert (await revise(season, key, "REJECT"))["fedBackAt"] is None
    await deliver_pending(season.deps)
    after = await season.act(SCHOOL, fed_back, id=key)
    assert after["fedBackAt"] > before["fedBackAt"]
    kinds = [(one["kind"], one["recipient"]) for one in after["feedback"]]
    assert sorted(kinds[-2:]) == [("REVISED", "SCHOOL"), ("REVISED", "TRAINEE")]
    for reader in (teacher, SCHOOL):
        latest = (await season.act(reader, NOTICES))["nodes"][0]
        assert (latest["kind"], latest["status"], latest["reason"]) == ("REVISED", "REJECTED", WHY)
        assert latest["message"].endswith("核准决定已更正，现为：不予录取")


async def test_r25_a_seat_that_a_correction_frees_goes_down_the_line_in_the_same_step(season: Season) -> None:
    held, waiting, last = await decided(season, "ACCEPT", "WAITLIST", "WAITLIST", capacity=1)
    await revise(season, held, "REJECT")
    assert [await season.status(key) for key in (held, waiting, last)] == ["REJECTED", "OFFERED", "WAITLISTED"]
    assert await season.seats() == {"capacity": 1, "accepted": 0, "offered": 1, "waitlisted": 1, "left": 0}


async def test_r25_who_is_put_on_the_list_is_not_offered_the_own_seat_again(season: Season) -> None:
    """The first of them handed in before everybody else, so the line would begin with him."""
    held, waiting = await decided(season, "ACCEPT", "WAITLIST", capacity=1)
    await revise(season, held, "WAITLIST")
    assert [await season.status(key) for key in (held, waiting)] == ["WAITLISTED", "OFFERED"]
    await season.act(SCHOOL, WITHDRAW, id=waiting, why="放弃")
    assert await season.status(held) == "OFFERED"


async def test_r23_a_seat_freed_by_moving_the_only_one_to_the_list_stays_the_bases_to_give(season: Season) -> None:
    (held,) = await decided(season, "ACCEPT", capacity=1)
    await revise(season, held, "WAITLIST")
    assert await season.seats() == {"capacity": 1, "accepted": 0, "offered": 0, "waitlisted": 1, "left": 1}
    assert (await revise(season, held, "ACCEPT"))["status"] == "ACCEPTED"


async def test_r23_a_seat_given_to_the_next_stays_given(season: Season) -> None:
    wronged, lucky = await decided(season, "REJECT", "ACCEPT", capacity=1)
    refusal = await refused(season, wronged, "ACCEPT")
    assert (refusal.code, refusal.extensions["rule"], refusal.extensions["capacity"]) == ("CLASS_FULL", "R23", 1)
    assert (await revise(season, wronged, "WAITLIST"))["status"] == "WAITLISTED"
    assert await season.status(lucky) == "ACCEPTED"


async def test_r25_a_seat_got_by_an_offer_or_a_colleague_is_taken_back_by_the_ministry_alone(season: Season) -> None:
    held, waiting = await decided(season, "ACCEPT", "WAITLIST", capacity=1)
    await season.act(SCHOOL, WITHDRAW, id=held, why="工作冲突")
    assert (await refused(season, waiting, "REJECT")).code == "SEAT_GIVEN"
    await season.act(SCHOOL, TAKE, id=waiting)
    refusal = await refused(season, waiting, "REJECT")
    assert (refusal.code, refusal.extensions["rule"], refusal.extensions["unblock"]) == (
        "SEAT_GIVEN",
        "R25",
        "MINISTRY",
    )
    (colleague,) = await season.teachers(1)
    successor = await season.act(SCHOOL, SUBSTITUTE, id=waiting, who=colleague.person, why="病假")
    assert (await refused(season, successor["id"], "REJECT")).code == "SEAT_GIVEN"
    assert (await revise(season, successor["id"], "REJECT", MINISTRY))["status"] == "REJECTED"
    assert await season.seats() == {"capacity": 1, "accepted": 0, "offered": 0, "waitlisted": 0, "left": 1}


async def test_r23_an_offer_that_should_not_be_is_ended_by_the_ministry_and_moves_on(season: Season) -> None:
    held, wrong, right = await decided(season, "ACCEPT", "WAITLIST", "WAITLIST", capacity=1)
    await season.act(SCHOOL, WITHDRAW, id=held, why="工作冲突")
    await revise(season, wrong, "REJECT", MINISTRY)
    assert [await season.status(key) for key in (wrong, right)] == ["REJECTED", "OFFERED"]


async def test_r23_the_base_corrects_until_admission_closes_and_after_that_the_ministry(season: Season) -> None:
    first, second = await decided(season, "REJECT", "ACCEPT")
    refusal = await refused(season, first, "ACCEPT", MINISTRY)
    assert (refusal.code, refusal.extensions["unblock"]) == ("NOT_ESCALATED", "BASE")
    season.at("2024-05-24T23:59")
    assert (await revise(season, first, "ACCEPT"))["status"] == "ACCEPTED"
    season.at("2024-05-25T00:00")
    refusal = await refused(season, second, "REJECT")
    assert (refusal.code, refusal.extensions["rule"], refusal.extensions["unblock"]) == (
        "PHASE_CLOSED",
        "R23",
        "MINISTRY",
    )
    revised = await revise(season, second, "REJECT", MINISTRY)
    assert (revised["status"], revised["reasonCode"], revised["history"][-1]["by"]) == (
        "REJECTED",
        "BY_MINISTRY",
        "ministry",
    )
    told = [(notice["kind"], notice["status"]) for notice in (await season.act(BASE, NOTICES))["nodes"]]
    assert ("REVISED", "REJECTED") in told
    season.at("2024-07-08T00:00")
    refusal = await refused(season, second, "ACCEPT", MINISTRY)
    assert refusal.code == "PROJECT_NOT_OPEN"


async def test_r23_what_the_ministry_has_decided_a_base_does_not_correct(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    season.at("2024-05-25T09:00")
    assert (await season.decide(key, "REJECT", base=MINISTRY, reason="逾期未决"))["ok"]
    calendar = {"ENROL": {"opens": "2024-04-01", "closes": "2024-05-20"}}
    extended = {"year": 2024, "calendar": calendar | {"ADMIT": {"opens": "2024-04-01", "closes": "2024-05-30"}}}
    await season.hear("catalog.phase-extended", "2024", extended)
    assert (await refused(season, key, "ACCEPT")).code == "DECIDED_BY_MINISTRY"
    assert (await revise(season, key, "ACCEPT", MINISTRY))["status"] == "ACCEPTED"


async def test_r19_a_revived_enrollment_gives_way_to_a_new_sign_up(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    assert (await season.decide(key, "REJECT", reason="按标准"))["ok"]
    again = await season.act(teacher, SIGN_UP, id="p1")
    refusal = await refused(season, key, "ACCEPT")
    assert (refusal.code, refusal.extensions["rule"]) == ("SECOND_SIGN_UP", "R19")
    assert await season.status(again["id"]) == "SIGNED_UP"
    assert await season.status(key) == "REJECTED"


async def test_r19_a_revived_acceptance_must_not_overlap_another(season: Season) -> None:
    await season.publish("p1")
    await season.publish("p2", base="base-2")
    (teacher,) = await season.teachers(1)
    wronged, elsewhere = [await season.submitted(teacher, project) for project in ("p1", "p2")]
    assert (await season.decide(wronged, "REJECT", reason="按标准"))["ok"]
    assert (await season.decide(elsewhere, base=OTHER_BASE))["ok"]
    assert (await refused(season, wronged, "ACCEPT")).code == "OVERLAPPING_ACCEPTANCE"
    await revise(season, elsewhere, "REJECT", OTHER_BASE)
    assert (await revise(season, wronged, "ACCEPT"))["status"] == "ACCEPTED"


async def test_r23_a_correction_needs_a_reason_another_decision_and_an_earlier_one(season: Season) -> None:
    (key,) = await decided(season, "ACCEPT")
    assert (await refused(season, key, "REJECT", why="  ")).code == "REASON_MISSING"
    refusal = await refused(season, key, "ACCEPT")
    assert (refusal.code, refusal.extensions["status"]) == ("WRONG_STATE", "ACCEPTED")
    (teacher,) = await season.teachers(1)
    undecided = await season.submitted(teacher, "p1")
    assert (await refused(season, undecided, "REJECT")).code == "WRONG_STATE"
    assert (await refused(season, key, "REJECT", OTHER_BASE)).code == "NOT_FOUND"
    assert await season.status(key) == "ACCEPTED"


async def test_r23_corrections_at_once_take_effect_once(season: Season) -> None:
    held, waiting = await decided(season, "ACCEPT", "WAITLIST", capacity=1)
    answers = await asyncio.gather(*(revise(season, held, "REJECT") for _ in range(4)), return_exceptions=True)
    assert sorted(answer.code for answer in answers if isinstance(answer, Refused)) == ["WRONG_STATE"] * 3
    assert (await season.seats())["offered"] == 1
    assert await season.status(waiting) == "OFFERED"


async def test_r23_a_correction_repeated_under_its_key_takes_effect_once(season: Season) -> None:
    (key,) = await decided(season, "ACCEPT")
    season.key = "correction-1"
    first = await revise(season, key, "REJECT")
    assert await revise(season, key, "REJECT") == first
    assert [name for name in await told(season, key) if name == "decision-revised"] == ["decision-revised"]


async def test_r25_what_the_ministry_puts_on_the_list_is_offered_a_seat_that_is_free(season: Season) -> None:
    (key,) = await decided(season, "REJECT")
    season.at("2024-05-25T09:00")
    await revise(season, key, "WAITLIST", MINISTRY)
    assert await offer_free_seats(season.deps) == 1
    assert await season.status(key) == "OFFERED"
