"""R18, R23, R25: a training put off on its first day brings back who lapsed on it, in order, or says why not."""

import pytest

from services.enrollment.commands import deliver_pending, expire_offers, lapse_at_start, offer_free_seats, revive_lapsed
from tests.integration.enrollment.season import BASE, RANK, SCHOOL, SIGN_UP, SUBSTITUTE, TAKE, WITHDRAW, Season
from tests.integration.enrollment.stages import new_dates_alone
from tests.integration.enrollment.test_succession import CLOSE
from tests.integration.enrollment.test_withdrawals import NOTICES
from tests.support.principals import MINISTRY

FIRST_DAY = "2024-07-08"


async def put_off(season: Season, starts_on: str = "2024-07-22", ends_on: str = "2024-07-28") -> None:
    days = {"starts_on": starts_on, "ends_on": ends_on}
    await season.hear("catalog.project-amended", "p1", {"project": "p1", "reason": "场地故障"} | days)


async def come(season: Season) -> None:
    """The planned first day, as the timers meet it."""
    season.at(f"{FIRST_DAY}T08:00")
    await lapse_at_start(season.deps)
    await expire_offers(season.deps)


async def statuses(season: Season, keys: list[str]) -> list[str]:
    return [await season.status(key) for key in keys]


async def told(season: Season, key: str) -> list[tuple[str, int]]:
    document = await season.database["enrollments"].find_one({"_id": key})
    assert document
    return [(event["name"], event["version"]) for event in document["events"]]


async def a_class(season: Season) -> list[str]:
    """A full class of one seat: who has it, three who wait (the base puts the last first), and one undecided."""
    await season.publish(capacity=1)
    keys = [await season.submitted(teacher, "p1") for teacher in await season.teachers(5)]
    for key, decision in zip(keys, ("ACCEPT", "WAITLIST", "WAITLIST", "WAITLIST"), strict=False):
        assert (await season.decide(key, decision))["ok"]
    await season.act(BASE, RANK, id="p1", ids=[keys[3]])
    return keys


async def test_r18_r25_who_lapsed_on_the_day_that_was_put_off_comes_back_in_the_old_order(season: Season) -> None:
    keys = await a_class(season)
    teacher = (await season.teachers(1))[0]
    unsubmitted = (await season.act(teacher, SIGN_UP, id="p1"))["id"]
    await come(season)
    assert await statuses(season, [*keys, unsubmitted]) == ["ACCEPTED", *["LAPSED"] * 5]
    await put_off(season)
    assert await statuses(season, [*keys, unsubmitted]) == [
        "ACCEPTED", "WAITLISTED", "WAITLISTED", "WAITLISTED", "SUBMITTED", "SIGNED_UP",
    ]  # fmt: skip
    assert await season.seats() == {"capacity": 1, "accepted": 1, "offered": 0, "waitlisted": 3, "left": 0}
    last = (await season.deps.store.enrollments.get(keys[1])).history[-2:]
    assert [(change.status.value, change.by, change.reason) for change in last] == [
        ("LAPSED", "system", None),
        ("WAITLISTED", "system", "场地故障"),
    ]
    names = await told(season, keys[1])
    assert [name for name, _ in names[-2:]] == ["waitlisted", "revived"]
    assert names[-1][1] == names[-2][1], "one step"
    await deliver_pending(season.deps)
    assert "REVIVED" in {notice["kind"] for notice in (await season.act(teacher, NOTICES))["nodes"]}
    await season.act(SCHOOL, WITHDRAW, id=keys[0], why="工作冲突")
    assert await statuses(season, keys[1:4]) == ["WAITLISTED", "WAITLISTED", "OFFERED"], "the base's first in line"


async def test_r25_an_offer_that_the_first_day_cut_short_is_made_again(season: Season) -> None:
    keys = await a_class(season)
    season.at("2024-07-07T10:00")
    await season.act(SCHOOL, WITHDRAW, id=keys[0], why="工作冲突")
    assert await season.status(keys[3]) == "OFFERED"
    await come(season)
    assert await season.status(keys[3]) == "EXPIRED"
    await put_off(season)
    assert await season.status(keys[3]) == "WAITLISTED"
    assert await offer_free_seats(season.deps) == 1
    assert await season.status(keys[3]) == "OFFERED"
    assert (await season.act(SCHOOL, TAKE, id=keys[3]))["status"] == "ACCEPTED"


async def test_r25_an_offer_that_nobody_took_in_its_whole_time_stays_expired(season: Season) -> None:
    keys = await a_class(season)
    season.at("2024-07-01T10:00")
    await season.act(SCHOOL, WITHDRAW, id=keys[0], why="工作冲突")
    season.at("2024-07-04T10:00")
    await expire_offers(season.deps)
    await come(season)
    await put_off(season)
    assert await season.status(keys[3]) == "EXPIRED"


@pytest.mark.parametrize("days", [("2024-07-05", "2024-07-11"), (FIRST_DAY, "2024-07-20")])
async def test_r23_nobody_comes_back_where_the_first_day_was_not_put_off(season: Season, days: tuple[str, str]) -> None:
    keys = await a_class(season)
    await come(season)
    await put_off(season, *days)
    assert await statuses(season, keys[1:]) == ["LAPSED"] * 4


async def test_r23_nobody_comes_back_to_a_class_that_has_begun(season: Season) -> None:
    keys = await a_class(season)
    await come(season)
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    await put_off(season)
    assert await statuses(season, keys[1:]) == ["LAPSED"] * 4


async def test_r18_it_happens_once_however_often_the_event_comes_and_again_on_the_next_day_that_is_put_off(
    season: Season,
) -> None:
    keys = await a_class(season)
    await come(season)
    await put_off(season)
    before = await told(season, keys[1])
    assert await revive_lapsed(season.deps, "p1") == 0
    assert await told(season, keys[1]) == before
    season.at("2024-07-22T08:00")
    await lapse_at_start(season.deps)
    assert await season.status(keys[1]) == "LAPSED"
    await put_off(season, "2024-08-05", "2024-08-11")
    assert await statuses(season, keys[1:]) == ["WAITLISTED", "WAITLISTED", "WAITLISTED", "SUBMITTED"]


async def test_r19_r25_who_has_a_seat_meanwhile_does_not_come_back_and_is_told_why(season: Season) -> None:
    """Between the new dates and the look at who lapsed, the school gives its seat to one of those."""
    keys = await a_class(season)
    await come(season)
    lapsed = await season.deps.store.enrollments.get(keys[1])
    await new_dates_alone(season)
    await season.act(SCHOOL, SUBSTITUTE, id=keys[0], who=lapsed.teacher, why="工作冲突")
    assert await revive_lapsed(season.deps, "p1") == 3
    assert await statuses(season, keys[1:]) == ["LAPSED", "WAITLISTED", "WAITLISTED", "SUBMITTED"]
    (notice,) = [one for one in (await season.act(SCHOOL, NOTICES))["nodes"] if one["kind"] == "NOT_REVIVED"]
    assert (notice["enrollment"], notice["reason"]) == ({"id": keys[1]}, "场地故障")
    assert "已有其他报名" in notice["message"]


async def test_r3_r18_nobody_comes_back_to_a_school_that_has_ended_and_the_base_is_told(season: Season) -> None:
    keys = await a_class(season)
    await season.act(SCHOOL, WITHDRAW, id=keys[0], why="工作冲突")
    await come(season)
    await season.act(MINISTRY, CLOSE, code=SCHOOL.school)
    await put_off(season)
    assert await statuses(season, keys[1:]) == ["LAPSED", "LAPSED", "EXPIRED", "LAPSED"]
    notices = [one for one in (await season.act(BASE, NOTICES))["nodes"] if one["kind"] == "NOT_REVIVED"]
    assert sorted(notice["enrollment"]["id"] for notice in notices) == sorted(key for key in keys[1:] if key != keys[3])
    assert {notice["message"].partition("：")[2] for notice in notices} == {
        "培训改期，但学校已关闭或并入其他学校，原报名未能恢复"
    }
