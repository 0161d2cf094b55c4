"""R19, R20, R21, R22: the designated person signs teachers on file up and submits them, one or many at once."""

from datetime import date

import pytest

from tests.integration.enrollment.lists import entered, line_of, someone
from tests.integration.enrollment.season import OTHER_SCHOOL, SCHOOL, SIGN_UP, Season
from tests.integration.enrollment.test_cut_off import RANK_OWN, SET
from tests.support.graph import Refused

ENROLL = """mutation($p: ID!, $who: [ID!]!, $now: Boolean! = false) {
  enrollTeachers(projectId: $p, teacherIds: $who, submit: $now) {
    id ok enrollment { id status rank submittedAt history { status by } warnings { code } }
    refusal { code rule unblock } } }"""


async def enroll(season: Season, who: list[str], *, now: bool = False, project: str = "p1", **by: object) -> list[dict]:  # type: ignore[type-arg]
    rows: list[dict] = await season.act(by.get("by", SCHOOL), ENROLL, p=project, who=who, now=now)  # type: ignore[type-arg, arg-type]
    return rows


async def ids(season: Season, count: int, **changes: object) -> list[str]:
    return [str(teacher.person) for teacher in await season.teachers(count, **changes)]  # type: ignore[arg-type]


def codes(rows: list[dict]) -> list[str | None]:  # type: ignore[type-arg]
    return [row["refusal"] and row["refusal"]["code"] for row in rows]


async def test_r22_the_school_signs_its_teachers_up_under_its_designated_person(season: Season) -> None:
    await season.publish()
    who = await ids(season, 3)
    rows = await enroll(season, who)
    assert [row["id"] for row in rows] == who
    found = [row["enrollment"] for row in rows]
    assert [(row["status"], row["rank"], row["submittedAt"]) for row in found] == [("SIGNED_UP", None, None)] * 3
    assert {change["by"] for row in found for change in row["history"]} == {"赵主任"}


async def test_r21_what_is_submitted_together_is_one_instant_ranked_in_the_order_given(season: Season) -> None:
    await season.publish()
    first, second, third = await ids(season, 3)
    rows = await enroll(season, [third, first, second], now=True)
    found = [row["enrollment"] for row in rows]
    assert [(row["status"], row["rank"]) for row in found] == [("SUBMITTED", 1), ("SUBMITTED", 2), ("SUBMITTED", 3)]
    assert len({row["submittedAt"] for row in found}) == 1
    document = await season.database["enrollments"].find_one({"_id": found[0]["id"]})
    assert document
    assert [event["name"] for event in document["events"]] == ["signed-up", "ranked", "submitted"]
    assert document["events"][0]["actor"]["subject"] == SCHOOL.subject


async def test_r21_whoever_is_entered_later_follows_those_whom_the_school_has_ranked(season: Season) -> None:
    await season.publish()
    first, second = await season.teachers(2)
    keys = [(await season.act(teacher, SIGN_UP, id="p1"))["id"] for teacher in (first, second)]
    await season.act(SCHOOL, RANK_OWN, p="p1", ids=keys)
    who = [str(first.person), *await ids(season, 2)]
    rows = await enroll(season, who, now=True)
    assert [row["enrollment"]["rank"] for row in rows] == [3, 4, 5], "named anew, the first follows the second"
    roster = await entered(season, [someone(901, 校内排序="2"), someone(902, 校内排序="1"), someone(903)], "VALID_ROWS")
    found = [row["enrollment"] for row in roster["rows"]["nodes"]]
    assert [row["rank"] for row in found] == [7, 6, None]
    order = [row["enrollment"]["id"] for row in rows]
    ranked = await season.act(SCHOOL, RANK_OWN, p="p1", ids=[found[1]["id"], *order[:1]])
    assert all(row["ok"] for row in ranked)
    candidates = [found[1]["id"], order[0], keys[1], order[1], order[2], found[0]["id"]]
    stored = [await season.deps.store.enrollments.get(key) for key in candidates]
    assert [candidate.rank for candidate in stored] == [1, 2, 3, 4, 5, 6]


async def test_r21_the_rows_of_a_roster_follow_one_rank_whichever_window_they_are_in(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.enrollment.commands.rosters._WINDOW", 1)
    await season.publish()
    (own,) = await season.teachers(1)
    key = (await season.act(own, SIGN_UP, id="p1"))["id"]
    await season.act(SCHOOL, RANK_OWN, p="p1", ids=[key])
    lines = [someone(904, 校内排序="3"), await line_of(season, own, 校内排序="2"), someone(905, 校内排序="1")]
    roster = await entered(season, lines, "VALID_ROWS")
    assert [row["enrollment"]["rank"] for row in roster["rows"]["nodes"]] == [4, 3, 2]


async def test_r22_a_single_teacher_is_submitted_without_a_rank(season: Season) -> None:
    await season.publish()
    (row,) = await enroll(season, await ids(season, 1), now=True)
    assert (row["enrollment"]["status"], row["enrollment"]["rank"]) == ("SUBMITTED", None)


async def test_r19_a_person_has_one_live_sign_up_and_a_teachers_own_is_handed_in(season: Season) -> None:
    await season.publish()
    own, submitted, fresh = await season.teachers(3)
    signed = (await season.act(own, SIGN_UP, id="p1"))["id"]
    await season.submitted(submitted, "p1")
    who = [str(teacher.person) for teacher in (own, submitted, fresh)]
    assert codes(await enroll(season, who)) == ["SECOND_SIGN_UP", "SECOND_SIGN_UP", None]
    rows = await enroll(season, who, now=True)
    assert codes(rows) == [None, "SECOND_SIGN_UP", None]
    assert rows[0]["enrollment"]["id"] == signed
    assert [rows[place]["enrollment"]["status"] for place in (0, 2)] == ["SUBMITTED", "SUBMITTED"]
    assert await season.database["enrollments"].count_documents({}) == 3
    with pytest.raises(Refused) as refused:
        await enroll(season, [who[0], who[0]])
    assert refused.value.code == "REPEATED_ROWS"


async def test_r20_who_is_no_audience_is_enrolled_with_a_warning(season: Season) -> None:
    await season.publish(audience=["LEADER"])
    (row,) = await enroll(season, await ids(season, 1), now=True)
    assert row["ok"]
    assert row["enrollment"]["warnings"] == [{"code": "AUDIENCE_MISMATCH"}]


async def test_r22_only_the_own_teachers_and_only_published_projects(season: Season) -> None:
    await season.publish()
    await season.publish("p2", code="GP-2")
    await season.hear("catalog.project-cancelled", "p2", {"project": "p2", "reason": "停办", "province": "44"})
    (own,) = await ids(season, 1)
    (theirs,) = await season.teachers(1, OTHER_SCHOOL)
    assert codes(await enroll(season, [own, str(theirs.person), "nobody"])) == [None, "NOT_FOUND", "NOT_FOUND"]
    assert codes(await enroll(season, [own], project="p2")) == ["PROJECT_NOT_OPEN"]
    assert codes(await enroll(season, [own], project="nowhere")) == ["NOT_FOUND"]
    with pytest.raises(Refused) as refused:
        await enroll(season, [own], by=theirs)
    assert refused.value.code == "FORBIDDEN"


async def test_r21_the_inner_cut_off_binds_teachers_and_the_national_deadline_the_school(season: Season) -> None:
    await season.publish()
    teachers = await season.teachers(3)
    who = [str(teacher.person) for teacher in teachers]
    await season.act(SCHOOL, SET, i={"year": 2024, "closesOn": date(2024, 5, 13).isoformat()})
    season.at("2024-05-14T00:00")
    with pytest.raises(Refused) as refused:
        await season.act(teachers[0], SIGN_UP, id="p1")
    assert refused.value.code == "INNER_CUT_OFF_PASSED"
    season.at("2024-05-20T23:59")
    assert codes(await enroll(season, who[:1], now=True)) == [None]
    season.at("2024-05-21T00:00")
    (late,) = await enroll(season, who[1:2], now=True)
    assert (late["refusal"]["code"], late["refusal"]["rule"]) == ("PHASE_CLOSED", "R22")
    assert await season.database["enrollments"].count_documents({}) == 1


async def test_r5_a_school_without_a_designated_person_enrolls_nobody(season: Season) -> None:
    await season.publish()
    who = await ids(season, 2)
    await season.database["schools"].update_one({"_id": SCHOOL.school}, {"$set": {"designated": None}})
    with pytest.raises(Refused) as refused:
        await enroll(season, who)
    assert refused.value.code == "DESIGNATED_PERSON_MISSING"


async def test_a_repeat_under_its_key_enrolls_nobody_twice(season: Season) -> None:
    await season.publish()
    who = await ids(season, 2)
    season.key = "k-enroll"
    first = await enroll(season, who, now=True)
    again = await enroll(season, who, now=True)
    assert [row["enrollment"]["id"] for row in again] == [row["enrollment"]["id"] for row in first]
    assert await season.database["enrollments"].count_documents({}) == 2
