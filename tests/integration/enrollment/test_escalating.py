"""R23, R25: after the deadline the base decides no more; what it left goes to the ministry, free seats to the line."""

import asyncio

from services.enrollment.commands import escalate_undecided, offer_free_seats
from tests.integration.enrollment.season import CALENDAR, OTHER_BASE, SCHOOL, TAKE, WITHDRAW, Season
from tests.support.principals import MINISTRY

ESCALATIONS = "{ escalations(year: 2024) { totalCount nodes { id status escalatedAt } } }"
HISTORY = "query($id: ID!) { enrollment(id: $id) { status reason reasonCode history { status by reason } } }"


async def left_undecided(season: Season, count: int) -> list[str]:
    """Enrollments that nobody has decided when admission has just closed."""
    keys = [await season.submitted(teacher, "p1") for teacher in await season.teachers(count)]
    season.at("2024-05-25T00:00")
    return keys


async def events(season: Season, key: str) -> list[str]:
    found = await season.database["enrollments"].find_one({"_id": key})
    assert found
    return [one["name"] for one in found["events"]]


async def test_the_undecided_are_escalated_once_and_stay_undecided(season: Season) -> None:
    await season.publish()
    (decided,) = await season.teachers(1)
    known = await season.submitted(decided, "p1")
    await season.decide(known)
    assert await escalate_undecided(season.deps) == 0
    keys = await left_undecided(season, 3)
    done = await asyncio.gather(*(escalate_undecided(season.deps) for _ in range(4)))
    assert sum(done) == 3
    assert await escalate_undecided(season.deps) == 0
    for key in keys:
        assert await events(season, key) == ["signed-up", "submitted", "escalated"]
        assert await season.status(key) == "SUBMITTED"
    assert "escalated" not in await events(season, known)
    shown = await season.act(MINISTRY, ESCALATIONS)
    assert [one["id"] for one in shown["nodes"]] == sorted(keys)
    assert all(one["escalatedAt"].startswith("2024-05-2") for one in shown["nodes"])


async def test_after_the_deadline_the_ministry_decides_with_a_reason_that_is_kept(season: Season) -> None:
    await season.publish()
    accepted, rejected, waitlisted = await left_undecided(season, 3)
    assert (await season.decide(accepted))["refusal"]["code"] == "PHASE_CLOSED"
    bare = await season.decide(accepted, base=MINISTRY)
    assert (bare["refusal"]["code"], bare["refusal"]["rule"]) == ("REASON_MISSING", "R23")
    for key, decision in ((accepted, "ACCEPT"), (rejected, "REJECT"), (waitlisted, "WAITLIST")):
        assert (await season.decide(key, decision, base=MINISTRY, reason="基地逾期未决"))["ok"]
    for key, status, code in (
        (accepted, "ACCEPTED", None),
        (rejected, "REJECTED", "BY_MINISTRY"),
        (waitlisted, "WAITLISTED", None),
    ):
        shown = await season.act(SCHOOL, HISTORY, id=key)
        assert (shown["status"], shown["reason"], shown["reasonCode"]) == (status, "基地逾期未决", code)
        assert shown["history"][-1] == {"status": status, "by": "ministry", "reason": "基地逾期未决"}
        kept = await season.database["enrollments"].find_one({"_id": key})
        assert kept
        assert kept["events"][-1]["data"]["override"] == "基地逾期未决"
        assert kept["events"][-1]["actor"]["scope"] == "ministry"
    told = await season.deps.store.deliveries.by_enrollment([rejected])
    assert {one.recipient.value for one in told[rejected]} == {"TRAINEE", "SCHOOL"}
    assert (await season.act(MINISTRY, ESCALATIONS))["totalCount"] == 0


async def test_while_the_base_may_decide_the_ministry_may_not(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    refusal = (await season.decide(key, base=MINISTRY, reason="代为决定"))["refusal"]
    assert (refusal["code"], refusal["rule"], refusal["unblock"]) == ("NOT_ESCALATED", "R23", "BASE")
    assert await season.status(key) == "SUBMITTED"


async def test_an_extension_gives_the_decision_back_and_a_second_missed_deadline_escalates_again(
    season: Season,
) -> None:
    await season.publish()
    first, second = await left_undecided(season, 2)
    assert await escalate_undecided(season.deps) == 2
    extended = CALENDAR | {"ADMIT": {"opens": "2024-04-01", "closes": "2024-05-28"}}
    await season.hear("catalog.phase-extended", "2024", {"year": 2024, "calendar": extended})
    assert (await season.act(MINISTRY, ESCALATIONS))["totalCount"] == 0
    assert (await season.decide(first, base=MINISTRY, reason="代为决定"))["refusal"]["code"] == "NOT_ESCALATED"
    assert (await season.decide(first))["ok"]
    assert await escalate_undecided(season.deps) == 0
    season.at("2024-05-29T00:00")
    assert await escalate_undecided(season.deps) == 1
    assert (await events(season, second)).count("escalated") == 2


async def test_no_escalation_outlives_the_start_of_the_training(season: Season) -> None:
    await season.publish()
    (key,) = await left_undecided(season, 1)
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    assert await escalate_undecided(season.deps) == 0
    assert await season.status(key) == "LAPSED"
    refusal = (await season.decide(key, base=MINISTRY, reason="代为决定"))["refusal"]
    assert refusal["code"] == "PROJECT_NOT_OPEN"


async def test_r25_seats_still_free_at_the_deadline_go_to_the_waiting_list_in_order(season: Season) -> None:
    """The base waitlisted three though two seats were free; until the deadline those were its own to give."""
    await season.publish(capacity=2)
    await season.publish("p2", base="base-2")
    waiting = [await season.submitted(teacher, "p1") for teacher in await season.teachers(3)]
    for key in waiting:
        await season.decide(key, "WAITLIST")
    (elsewhere,) = await season.teachers(1)
    other = await season.submitted(elsewhere, "p2")
    await season.decide(other, "WAITLIST", base=OTHER_BASE)
    await season.hear("catalog.project-suspended", "p2", {"project": "p2", "reason": "抽检"})
    assert await offer_free_seats(season.deps) == 0
    season.at("2024-05-25T00:00")
    done = await asyncio.gather(*(offer_free_seats(season.deps) for _ in range(3)))
    assert sum(done) == 2
    assert [await season.status(key) for key in waiting] == ["OFFERED", "OFFERED", "WAITLISTED"]
    assert await season.status(other) == "WAITLISTED"
    await season.act(SCHOOL, TAKE, id=waiting[0])
    await season.act(SCHOOL, WITHDRAW, id=waiting[1], why="工作冲突")
    assert [await season.status(key) for key in waiting] == ["ACCEPTED", "WITHDRAWN", "OFFERED"]
    assert await offer_free_seats(season.deps) == 0
