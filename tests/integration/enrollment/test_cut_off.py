"""R21: a school's own, earlier deadline; its teachers see it, and what the school makes of their sign-ups."""

import pytest

from chassis.principal import Principal
from tests.integration.enrollment.season import BASE, OTHER_SCHOOL, SCHOOL, SIGN_UP, SUBMIT, Season
from tests.support.graph import Refused

SET = """mutation($i: InnerCutOffInput!) { setInnerCutOff(input: $i) {
  code innerCutOffs(year: 2024) { project { id } closesOn } } }"""
SHOWN = "{ mySchool { innerCutOffs(year: 2024) { project { id } closesOn } } }"
DECLINE = "mutation($ids: [ID!]!, $why: String!) { declineSignUps(ids: $ids, reason: $why) { ok } }"
RANK_OWN = "mutation($p: ID!, $ids: [ID!]!) { rankSignUps(projectId: $p, ids: $ids) { ok } }"
MINE = "{ myEnrollments { nodes { id status rank reason reasonCode } } }"


async def close(season: Season, day: str | None, project: str | None = None, school: Principal = SCHOOL) -> list[str]:
    """Set a cut-off; returns the days of all that the school has, the year's first."""
    given = {"year": 2024, "projectId": project, "closesOn": day}
    return [one["closesOn"] for one in (await season.act(school, SET, i=given))["innerCutOffs"]]


async def refused(season: Season, who: Principal, query: str, **given: object) -> Refused:
    with pytest.raises(Refused) as caught:
        await season.act(who, query, **given)
    return caught.value


async def test_after_the_schools_own_last_day_its_teachers_sign_up_no_more(season: Season) -> None:
    await season.publish()
    own, late, theirs = [*await season.teachers(2), *await season.teachers(1, OTHER_SCHOOL)]
    assert await close(season, "2024-05-15") == ["2024-05-15"]
    season.at("2024-05-15T23:59")
    key = (await season.act(own, SIGN_UP, id="p1"))["id"]
    season.at("2024-05-16T00:00")
    refusal = await refused(season, late, SIGN_UP, id="p1")
    said = {name: refusal.extensions[name] for name in ("code", "rule", "unblock", "closedOn")}
    assert said == {"code": "INNER_CUT_OFF_PASSED", "rule": "R21", "unblock": "SCHOOL", "closedOn": "2024-05-15"}
    assert (await season.act(theirs, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"
    (row,) = await season.act(SCHOOL, SUBMIT, ids=[key])
    assert row["ok"], "the school itself has until the national deadline"


async def test_a_projects_own_cut_off_goes_before_the_years_and_both_can_be_taken_back(season: Season) -> None:
    await season.publish("p1")
    await season.publish("p2")
    (teacher,) = await season.teachers(1)
    assert await close(season, "2024-05-13") == ["2024-05-13"]
    assert await close(season, "2024-05-18", "p2") == ["2024-05-13", "2024-05-18"]
    season.at("2024-05-17T09:00")
    assert (await refused(season, teacher, SIGN_UP, id="p1")).code == "INNER_CUT_OFF_PASSED"
    assert (await season.act(teacher, SIGN_UP, id="p2"))["status"] == "SIGNED_UP"
    assert await close(season, None) == ["2024-05-18"]
    assert (await season.act(teacher, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"
    assert await close(season, None, "p2") == []


async def test_a_cut_off_lies_before_the_national_deadline_and_is_of_a_round_and_a_project_that_there_are(
    season: Season,
) -> None:
    await season.publish()
    for given, code in (
        ({"year": 2024, "closesOn": "2024-05-20"}, "CUT_OFF_NOT_EARLIER"),
        ({"year": 2024, "closesOn": "0001-01-01"}, "CUT_OFF_PAST"),
        ({"year": 2024, "closesOn": "2024-05-11"}, "CUT_OFF_PAST"),
        ({"year": 2025, "closesOn": "2025-05-10"}, "UNKNOWN_ROUND"),
        ({"year": 2024, "closesOn": "2024-05-10", "projectId": "nobody"}, "NOT_FOUND"),
    ):
        assert (await refused(season, SCHOOL, SET, i=given)).code == code
    assert (await refused(season, BASE, SET, i={"year": 2024, "closesOn": "2024-05-19"})).code == "FORBIDDEN"
    assert await season.database["cut_offs"].count_documents({}) == 0
    assert await close(season, "2024-05-19") == ["2024-05-19"]


async def test_r21_a_cut_off_that_has_passed_is_set_later_or_taken_back(season: Season) -> None:
    await season.publish()
    first, second = await season.teachers(2)
    await close(season, "2024-05-13")
    season.at("2024-05-15T09:00")
    assert (await refused(season, first, SIGN_UP, id="p1")).code == "INNER_CUT_OFF_PASSED"
    assert await close(season, "2024-05-15") == ["2024-05-15"]
    assert (await season.act(first, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"
    season.at("2024-05-20T23:00")
    assert await close(season, None) == []
    assert (await season.act(second, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"


async def test_the_schools_teachers_see_it_and_nobody_elses(season: Season) -> None:
    await season.publish()
    (own,), (theirs,) = await season.teachers(1), await season.teachers(1, OTHER_SCHOOL)
    await close(season, "2024-05-15")
    await close(season, "2024-05-14", "p1")
    shown = [{"project": None, "closesOn": "2024-05-15"}, {"project": {"id": "p1"}, "closesOn": "2024-05-14"}]
    assert (await season.act(own, SHOWN))["innerCutOffs"] == shown
    assert (await season.act(theirs, SHOWN))["innerCutOffs"] == []
    foreign = "{ myEnrollments { nodes { school { innerCutOffs(year: 2024) { closesOn } } } } }"
    await season.submitted(own, "p1")
    (seen,) = (await season.act(BASE, foreign))["nodes"]
    assert seen["school"]["innerCutOffs"] == []


async def test_every_change_tells_the_school_and_its_province_once(season: Season) -> None:
    await close(season, "2024-05-15")
    await close(season, "2024-05-14")
    kept = await season.database["cut_offs"].find_one({})
    assert kept
    told = [(one["name"], one["version"], one["province"], one["data"]["closes_on"]) for one in kept["events"]]
    assert told == [("inner-cut-off-set", 1, "44", "2024-05-15"), ("inner-cut-off-set", 2, "44", "2024-05-14")]


async def test_teachers_see_their_rank_and_why_the_school_declined(season: Season) -> None:
    await season.publish()
    first, second = await season.teachers(2)
    keys = [(await season.act(one, SIGN_UP, id="p1"))["id"] for one in (first, second)]
    assert all(row["ok"] for row in await season.act(SCHOOL, RANK_OWN, p="p1", ids=keys[::-1]))
    await season.act(SCHOOL, DECLINE, ids=[keys[0]], why="教学任务冲突")
    (declined,) = (await season.act(first, MINE))["nodes"]
    (ranked,) = (await season.act(second, MINE))["nodes"]
    assert (declined["status"], declined["reason"], declined["reasonCode"]) == ("DECLINED", "教学任务冲突", "BY_SCHOOL")
    assert (ranked["status"], ranked["rank"]) == ("SIGNED_UP", 1)
