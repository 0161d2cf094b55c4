"""R5, R19–R22, R26: what teachers and schools do, and what they are refused."""

import asyncio

import pytest

from chassis.principal import Principal, Scope
from tests.integration.enrollment.season import (
    ADD,
    BASE,
    ENROLLMENT,
    GUANGDONG,
    OTHER_SCHOOL,
    ROW,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    WITHDRAW,
    Season,
)
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

RANK = f"mutation($p: ID!, $ids: [ID!]!) {{ rankSignUps(projectId: $p, ids: $ids) {{ {ROW} }} }}"
DECLINE = f"mutation($ids: [ID!]!, $why: String!) {{ declineSignUps(ids: $ids, reason: $why) {{ {ROW} }} }}"
WARNINGS = "query($id: ID!) { enrollment(id: $id) { warnings { code } } }"
CORRECT = """mutation($id: ID!, $post: Audience!) {
  correctTeacher(id: $id, version: 1, input: {post: $post}) { id } }"""
TAKE_BACK = f"mutation($id: ID!) {{ withdrawSignUp(id: $id) {{ {ENROLLMENT} }} }}"
REGISTER = "mutation($i: SchoolInput!) { registerSchool(input: $i) { code province { code } } }"


async def test_eight_sign_ups_of_one_person_at_once_leave_one(season: Season) -> None:
    """R19: one live sign-up a person and project."""
    await season.publish()
    (teacher,) = await season.teachers(1)
    answers = await asyncio.gather(*(season.act(teacher, SIGN_UP, id="p1") for _ in range(8)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == 7
    assert {(one.code, one.extensions["rule"]) for one in refused} == {("SECOND_SIGN_UP", "R19")}


async def test_after_taking_a_sign_up_back_one_may_sign_up_again(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    signed = await season.act(teacher, SIGN_UP, id="p1")
    withdrawn = await season.act(teacher, TAKE_BACK, id=signed["id"])
    assert (withdrawn["status"], withdrawn["reasonCode"]) == ("WITHDRAWN", "BY_TEACHER")
    assert (await season.act(teacher, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"


async def test_enrollment_ends_with_the_last_minute_of_the_twentieth(season: Season) -> None:
    """R19, R22: the deadline is hard, for teacher and school."""
    await season.publish()
    one, other = await season.teachers(2)
    season.at("2024-05-20T23:59")
    signed = await season.act(one, SIGN_UP, id="p1")
    season.at("2024-05-21T00:00")
    with pytest.raises(Refused) as refused:
        await season.act(other, SIGN_UP, id="p1")
    assert refused.value.extensions == {
        "code": "PHASE_CLOSED",
        "rule": "R19",
        "clause": "三（三）学员报名",
        "unblock": "MINISTRY",
        "phase": "ENROL",
        "opensAt": "2024-04-01T00:00:00+08:00",
        "closesAt": "2024-05-21T00:00:00+08:00",
    }
    (row,) = await season.act(SCHOOL, SUBMIT, ids=[signed["id"]])
    assert (row["refusal"]["code"], row["refusal"]["rule"]) == ("PHASE_CLOSED", "R22")
    assert await season.database["enrollments"].count_documents({}) == 1


async def test_an_extended_phase_lets_sign_ups_in_again(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    season.at("2024-05-21T08:00")
    calendar = {"ENROL": {"opens": "2024-04-01", "closes": "2024-05-22"}}
    await season.hear("catalog.phase-extended", "2024", {"year": 2024, "calendar": calendar})
    assert (await season.act(teacher, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"


async def test_the_wrong_post_warns_and_does_not_block(season: Season) -> None:
    """R20: school and base are shown the mismatch."""
    await season.publish(audience=["LEADER", "MIDDLE_MANAGER"])
    (teacher,) = await season.teachers(1)
    (leader,) = await season.teachers(1, post="LEADER")
    signed = await season.act(teacher, SIGN_UP, id="p1")
    assert signed["warnings"] == [{"code": "AUDIENCE_MISMATCH", "rule": "R20"}]
    assert (await season.act(leader, SIGN_UP, id="p1"))["warnings"] == []


async def test_r20_a_corrected_post_takes_the_warning_back_or_brings_it(season: Season) -> None:
    await season.publish(audience=["LEADER"])
    (teacher,) = await season.teachers(1)
    (leader,) = await season.teachers(1, post="LEADER")
    for who, post, before, after in (
        (teacher, "LEADER", [{"code": "AUDIENCE_MISMATCH"}], []),
        (leader, "TEACHER", [], [{"code": "AUDIENCE_MISMATCH"}]),
    ):
        key = (await season.act(who, SIGN_UP, id="p1"))["id"]
        assert (await season.act(SCHOOL, WARNINGS, id=key))["warnings"] == before
        await season.act(SCHOOL, CORRECT, id=who.person, post=post)
        assert (await season.act(SCHOOL, WARNINGS, id=key))["warnings"] == after


async def test_an_unpublished_project_is_not_found(season: Season) -> None:
    (teacher,) = await season.teachers(1)
    with pytest.raises(Refused) as refused:
        await season.act(teacher, SIGN_UP, id="nowhere")
    assert refused.value.code == "NOT_FOUND"


async def test_a_foreign_school_submits_declines_ranks_and_withdraws_nothing(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = (await season.act(teacher, SIGN_UP, id="p1"))["id"]
    rows = [
        *await season.act(OTHER_SCHOOL, SUBMIT, ids=[key]),
        *await season.act(OTHER_SCHOOL, DECLINE, ids=[key], why="不同意"),
        *await season.act(OTHER_SCHOOL, RANK, p="p1", ids=[key]),
    ]
    assert {row["refusal"]["code"] for row in rows} == {"NOT_FOUND"}
    with pytest.raises(Refused) as refused:
        await season.act(OTHER_SCHOOL, WITHDRAW, id=key, why="不去了")
    assert refused.value.code == "NOT_FOUND"
    assert await season.status(key) == "SIGNED_UP"


async def test_the_school_declines_with_a_reason_ranks_and_submits_many(season: Season) -> None:
    """R21, R22: the school selects, then its designated person submits."""
    await season.publish()
    keys = [(await season.act(teacher, SIGN_UP, id="p1"))["id"] for teacher in await season.teachers(3)]
    (row,) = await season.act(SCHOOL, DECLINE, ids=keys[:1], why=" ")
    assert row["refusal"]["code"] == "REASON_MISSING"
    (row,) = await season.act(SCHOOL, DECLINE, ids=keys[:1], why="教学任务重")
    assert (row["enrollment"]["status"], row["enrollment"]["reason"]) == ("DECLINED", "教学任务重")
    rows = await season.act(SCHOOL, RANK, p="p1", ids=[keys[2], keys[1]])
    assert [row["enrollment"]["rank"] for row in rows] == [1, 2]
    rows = await season.act(SCHOOL, SUBMIT, ids=keys)
    assert [row["ok"] for row in rows] == [False, True, True]
    assert rows[0]["refusal"]["code"] == "WRONG_STATE"
    stored = await season.deps.store.enrollments.get(keys[1])
    assert stored.history[-1].by == "赵主任"


async def ranks(season: Season, keys: list[str]) -> list[int | None]:
    return [(await season.deps.store.enrollments.get(key)).rank for key in keys]


async def test_r21_ranks_of_a_schools_candidates_stay_a_sequence(season: Season) -> None:
    await season.publish()
    await season.publish("p2")
    keys = [(await season.act(teacher, SIGN_UP, id="p1"))["id"] for teacher in await season.teachers(5)]
    a, b, c, d, unranked = keys
    rows = await season.act(SCHOOL, RANK, p="p1", ids=[a, b, c, d])
    assert [row["enrollment"]["rank"] for row in rows] == [1, 2, 3, 4]
    rows = await season.act(SCHOOL, RANK, p="p1", ids=[d, c])
    assert [row["enrollment"]["rank"] for row in rows] == [1, 2]
    assert await ranks(season, keys) == [3, 4, 2, 1, None]
    await season.act(SCHOOL, DECLINE, ids=[d], why="教学任务重")
    rows = await season.act(SCHOOL, RANK, p="p1", ids=[d, unranked, b])
    assert [row["refusal"] and row["refusal"]["code"] for row in rows] == ["WRONG_STATE", None, None]
    assert await ranks(season, [unranked, b, c, a]) == [1, 2, 3, 4]
    rows = await season.act(SCHOOL, RANK, p="p2", ids=[a, b])
    assert {row["refusal"]["code"] for row in rows} == {"WRONG_STATE"}
    assert await ranks(season, [unranked, b, c, a]) == [1, 2, 3, 4]


async def test_r21_two_rankings_at_once_leave_a_sequence(season: Season) -> None:
    await season.publish()
    keys = [(await season.act(teacher, SIGN_UP, id="p1"))["id"] for teacher in await season.teachers(4)]
    await asyncio.gather(*(season.act(SCHOOL, RANK, p="p1", ids=ids) for ids in (keys[:2], keys[2:])))
    assert sorted(rank or 0 for rank in await ranks(season, keys)) == [1, 2, 3, 4]


async def test_a_school_without_a_designated_person_submits_nothing(season: Season) -> None:
    """R5, R22: who submits is named."""
    await season.act(MINISTRY, REGISTER, i={"code": "4144100009", "name": "新学校", "province": "44"})
    fresh = Principal("school-9", Scope.SCHOOL, school="4144100009")
    with pytest.raises(Refused) as refused:
        await season.act(fresh, SUBMIT, ids=["x"])
    assert (refused.value.code, refused.value.extensions["rule"]) == ("DESIGNATED_PERSON_MISSING", "R5")


async def test_a_province_registers_schools_of_its_own_only(season: Season) -> None:
    given = {"code": "4144100010", "name": "省属学校"}
    assert (await season.act(GUANGDONG, REGISTER, i=given))["province"] == {"code": "44"}
    with pytest.raises(Refused) as refused:
        await season.act(GUANGDONG, REGISTER, i={"code": "4143100010", "name": "外省学校", "province": "43"})
    assert refused.value.code == "FORBIDDEN"
    with pytest.raises(Refused) as refused:
        await season.act(MINISTRY, REGISTER, i=given | {"province": "44"})
    assert refused.value.code == "SCHOOL_EXISTS"


async def test_a_school_of_a_line_ministry_belongs_to_no_province(season: Season) -> None:
    given = {"code": "121000004006988191", "name": "部属学校", "province": "00"}
    with pytest.raises(Refused) as refused:
        await season.act(MINISTRY, REGISTER, i=given)
    assert refused.value.code == "INVALID_CREDIT_CODE"
    stated = {"code": "4111000001", "name": "部属学校"}
    with pytest.raises(Refused) as refused:
        await season.act(MINISTRY, REGISTER, i=stated)
    assert (refused.value.code, refused.value.extensions["rule"]) == ("PROVINCE_MISSING", "R3")
    school = await season.act(MINISTRY, REGISTER, i=stated | {"province": "00"})
    assert school["province"] is None
    assert (await season.deps.store.schools.get("4111000001")).province == "00"


async def test_bad_rows_are_refused_one_by_one_and_good_ones_stay(season: Season) -> None:
    good, bad = season.person(), season.person(idNumber="110101198001010000")
    again = season.person(idNumber=good["idNumber"])
    rows = await season.act(SCHOOL, ADD, rows=[good, bad, again, season.person(majorCategory=20)])
    codes = [row["refusal"]["code"] if row["refusal"] else None for row in rows]
    assert codes == [None, "INVALID_ID_NUMBER", "TEACHER_EXISTS", "INVALID_TEACHER"]
    assert rows[2]["refusal"]["unblock"] == "SELF"  # the person is a colleague
    (foreign,) = await season.act(OTHER_SCHOOL, ADD, rows=[again])
    assert foreign["refusal"]["unblock"] == "SCHOOL"
    assert await season.database["teachers"].count_documents({}) == 1
    assert await season.database["persons"].count_documents({}) == 1


async def test_more_than_two_hundred_rows_are_refused_at_once(season: Season) -> None:
    with pytest.raises(Refused) as refused:
        await season.act(SCHOOL, SUBMIT, ids=[str(number) for number in range(201)])
    assert (refused.value.code, refused.value.extensions["rule"]) == ("TOO_MANY_ROWS", "R22")


@pytest.mark.parametrize("principal", [BASE, SCHOOL, MINISTRY, GUANGDONG])
async def test_only_a_teacher_signs_up(season: Season, principal: Principal) -> None:
    await season.publish()
    with pytest.raises(Refused) as refused:
        await season.act(principal, SIGN_UP, id="p1")
    assert (refused.value.code, refused.value.extensions["rule"]) == ("FORBIDDEN", "R3")
