"""R20: who is at which school, what follows for lists and checks, and that enrollments stay with their school."""

from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.commands import enter_rosters
from services.enrollment.domain.teacher import join
from services.enrollment.domain.vocabulary import Employment
from tests.integration.enrollment.lists import COMMIT, JOB, codes, line_of, staged
from tests.integration.enrollment.season import ADD, BASE, OTHER_SCHOOL, SCHOOL, SIGN_UP, SUBMIT, SUBSTITUTE, Season
from tests.integration.enrollment.test_cut_off import close
from tests.integration.enrollment.test_enrolling import ENROLL
from tests.integration.enrollment.test_personal_data import CORRECT, REVEAL, WHY, refusal, told
from tests.integration.enrollment.test_reveals import CLASS
from tests.support.graph import Refused
from tests.support.identity_numbers import id_number
from tests.support.principals import MINISTRY

CLOSE = "mutation($id: ID!, $reason: String!) { closeTeacher(id: $id, reason: $reason) { id affiliations { until } } }"
LIST = """query($code: ID!) { school(code: $code) { teachers(first: 100) { totalCount nodes { id
  affiliations { employment until reason school { code } } } } } }"""
WITHDRAW = 'mutation($id: ID!) { withdrawEnrollment(id: $id, reason: "离校") { status } }'
NAMED = "query($id: ID!) { enrollment(id: $id) { teacher { name } school { code } } }"


async def listed(season: Season, school: Principal) -> list[str]:
    """Ids of the teachers in a school's list."""
    teachers = (await season.act(school, LIST, code=school.school))["teachers"]
    assert teachers["totalCount"] == len(teachers["nodes"])
    return [one["id"] for one in teachers["nodes"]]


async def shared(season: Season, teacher: Principal) -> None:
    """The teacher works part-time at the other school too."""
    teachers = season.deps.store.teachers
    before = await teachers.get(str(teacher.person))
    await teachers.save(*join(before, str(OTHER_SCHOOL.school), "43", Employment.PART_TIME, season.deps.clock.now()))


async def test_r20_a_school_lists_its_part_time_teachers_and_corrects_them(season: Season) -> None:
    (teacher,) = await season.teachers(1)
    await shared(season, teacher)
    assert await listed(season, SCHOOL) == await listed(season, OTHER_SCHOOL) == [teacher.person]
    (seen,) = (await season.act(OTHER_SCHOOL, LIST, code=OTHER_SCHOOL.school))["teachers"]["nodes"]
    part_time = {"employment": "PART_TIME", "until": None, "reason": None, "school": {"code": OTHER_SCHOOL.school}}
    assert seen["affiliations"] == [part_time]
    changes = {"employment": "FULL_TIME"}
    await season.act(OTHER_SCHOOL, CORRECT, id=teacher.person, version=2, input=changes)
    kept = await season.deps.store.teachers.get(str(teacher.person))
    assert [one.employment for one in kept.schools] == [Employment.FULL_TIME, Employment.FULL_TIME]


async def test_r20_a_roster_of_the_part_time_school_makes_its_own_enrollment(season: Season) -> None:
    await season.publish()
    await season.publish("p2", code="GP-2")
    (teacher,) = await season.teachers(1, name="教师甲")
    await shared(season, teacher)
    lines = [await line_of(season, teacher)]
    roster = await staged(season, lines, OTHER_SCHOOL)
    (row,) = (await season.act(OTHER_SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert codes(row) == []
    signed = await season.act(teacher, SIGN_UP, id="p2")
    assert (await season.act(teacher, NAMED, id=signed["id"]))["school"]["code"] == SCHOOL.school


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "另一人"),
        ("idNumber", id_number(900)),
        ("mobile", "13911112222"),
        ("email", "li@example.cn"),
        ("post", "LEADER"),
        ("title", "教授"),
        ("majorCategory", 9),
    ],
)
async def test_r20_r41_only_the_main_school_corrects_who_a_person_is(season: Season, field: str, value: object) -> None:
    (teacher,) = await season.teachers(1)
    await shared(season, teacher)
    before = await season.deps.store.teachers.get(str(teacher.person))
    for given in ({field: value}, {field: value, "employment": "FULL_TIME"}):
        refused = await refusal(season, OTHER_SCHOOL, CORRECT, id=teacher.person, version=2, input=given)
        assert (refused["code"], refused["rule"], refused["unblock"]) == ("NOT_MAIN_SCHOOL", "R20", "SCHOOL")
        assert refused["fields"] == [field]
    assert await season.deps.store.teachers.get(str(teacher.person)) == before
    done = await season.act(SCHOOL, CORRECT, id=teacher.person, version=2, input={field: value})
    assert done["version"] == 3


async def test_r20_a_school_that_a_person_has_left_reveals_a_class_only_while_the_enrollment_is_under_way(
    season: Season,
) -> None:
    await season.publish()
    gone, stays = await season.teachers(2)
    keys = [await season.submitted(teacher, "p1") for teacher in (gone, stays)]
    for key in keys:
        await season.decide(key)
    await season.act(SCHOOL, CLOSE, id=gone.person, reason="调离")
    rows = await season.act(SCHOOL, CLASS, p="p1", why=WHY)
    assert [row["id"] for row in rows] == [gone.person, stays.person]
    for key in keys:
        await season.hear("assessment.attendance-recorded", key, {"enrollment": key, "present": True})
        await season.hear("assessment.result-recorded", key, {"enrollment": key, "outcome": "PASSED"})
    rows = await season.act(SCHOOL, CLASS, p="p1", why=WHY)
    assert [row["id"] for row in rows] == [stays.person]
    (row,) = await season.act(SCHOOL, CLASS, p="p1", ids=[gone.person], why=WHY)
    assert (row["reveal"], row["refusal"]["code"]) == (None, "NOT_FOUND")
    assert len(await season.act(BASE, CLASS, p="p1", why=WHY)) == 2


async def test_r20_r41_a_reveal_is_recorded_under_the_school_as_whose_teacher_the_person_is_seen(
    season: Season,
) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    await shared(season, teacher)
    (row,) = await season.act(OTHER_SCHOOL, ENROLL, p="p1", who=[teacher.person], now=True)
    await season.decide(row["enrollment"]["id"])
    for who in (OTHER_SCHOOL, BASE, SCHOOL, MINISTRY):
        await season.act(who, REVEAL, id=teacher.person, purpose=WHY)
    for who in (OTHER_SCHOOL, BASE, MINISTRY):
        await season.act(who, CLASS, p="p1", why=WHY)
    events = await told(season, "reveals")
    seen_at = [(event["data"]["school"], event["province"]) for event in events]
    here, there = (SCHOOL.school, "44"), (OTHER_SCHOOL.school, "43")
    assert seen_at == [there, there, here, here, there, there, there]
    kept = await season.database["reveals"].find(sort=[("_id", 1)]).to_list()
    assert [record["school"] for record in kept] == [school for school, _ in seen_at]


@pytest.mark.parametrize("submit", [False, True])
async def test_r19_r20_a_part_time_school_does_not_hand_in_another_schools_sign_up(
    season: Season, submit: bool
) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    await shared(season, teacher)
    signed = await season.act(teacher, SIGN_UP, id="p1")
    (row,) = await season.act(OTHER_SCHOOL, ENROLL, p="p1", who=[teacher.person], now=submit)
    assert (row["enrollment"], row["refusal"]["code"]) == (None, "SECOND_SIGN_UP")
    assert await season.status(signed["id"]) == "SIGNED_UP"
    (row,) = await season.act(SCHOOL, ENROLL, p="p1", who=[teacher.person], now=True)
    assert (row["enrollment"]["id"], row["enrollment"]["status"]) == (signed["id"], "SUBMITTED")


async def test_r19_r20_a_roster_does_not_hand_in_another_schools_sign_up(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1, name="教师甲")
    await shared(season, teacher)
    line = await line_of(season, teacher)
    roster = await staged(season, [line], OTHER_SCHOOL)
    signed = await season.act(teacher, SIGN_UP, id="p1")
    (row,) = (await season.act(OTHER_SCHOOL, JOB, id=(await staged(season, [line], OTHER_SCHOOL)).id))["rows"]["nodes"]
    assert codes(row) == ["SECOND_SIGN_UP"]
    await season.act(OTHER_SCHOOL, COMMIT, id=roster.id, mode="VALID_ROWS")
    assert await enter_rosters(season.deps, 1) == 1
    (row,) = (await season.act(OTHER_SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert (row["state"], codes(row)) == ("REFUSED", ["SECOND_SIGN_UP"])
    assert await season.status(signed["id"]) == "SIGNED_UP"


@pytest.mark.parametrize("submit", [False, True])
async def test_r19_r26_a_substitution_does_not_end_another_schools_enrollment(season: Season, submit: bool) -> None:
    await season.publish()
    (colleague,), (trainee,) = await season.teachers(1), await season.teachers(1, OTHER_SCHOOL)
    await shared(season, colleague)
    seated = await season.submitted(trainee, "p1", OTHER_SCHOOL)
    await season.decide(seated)
    signed = await season.act(colleague, SIGN_UP, id="p1")
    if submit:
        await season.act(SCHOOL, SUBMIT, ids=[signed["id"]])
    with pytest.raises(Refused) as refused:
        await season.act(OTHER_SCHOOL, SUBSTITUTE, id=seated, who=colleague.person, why="工作调动")
    assert refused.value.code == "SECOND_SIGN_UP"
    assert await season.status(signed["id"]) == ("SUBMITTED" if submit else "SIGNED_UP")
    assert await season.status(seated) == "ACCEPTED"


async def test_r20_who_has_left_is_listed_no_more_and_the_enrollments_stay(season: Season) -> None:
    await season.publish()
    (teacher, colleague) = await season.teachers(2)
    key = await season.submitted(teacher, "p1")
    closed = await season.act(SCHOOL, CLOSE, id=teacher.person, reason="调离")
    assert closed["affiliations"][0]["until"]
    assert await listed(season, SCHOOL) == [colleague.person]
    events = {event["name"]: event for event in await told(season, "teachers")}
    left = events["teacher-left"]
    assert (left["data"]["main_school"], left["actor"]["subject"]) == (None, SCHOOL.subject)
    assert "调离" not in str(events)
    assert (await season.act(SCHOOL, NAMED, id=key))["teacher"]["name"]
    assert await season.act(SCHOOL, REVEAL, id=teacher.person, purpose=WHY)
    assert (await season.act(SCHOOL, WITHDRAW, id=key))["status"] == "WITHDRAWN"
    assert (await refusal(season, SCHOOL, REVEAL, id=teacher.person, purpose=WHY))["code"] == "NOT_FOUND"
    for query, given in (
        (CORRECT, {"version": 2, "input": {"title": "教授"}}),
        (CLOSE, {"reason": "再次离校"}),
    ):
        assert (await refusal(season, SCHOOL, query, id=teacher.person, **given))["code"] == "NOT_FOUND"


async def test_r20_who_has_left_every_school_signs_up_no_more(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1, name="教师甲")
    line = await line_of(season, teacher)
    row = season.person(idNumber=line["身份证号码"])
    await season.act(SCHOOL, CLOSE, id=teacher.person, reason="退休")
    assert (await refusal(season, teacher, SIGN_UP, id="p1"))["code"] == "TEACHER_LEFT"
    for school in (SCHOOL, OTHER_SCHOOL):
        (again,) = await season.act(school, ADD, rows=[row])
        assert (again["refusal"]["code"], again["refusal"]["unblock"]) == ("TEACHER_EXISTS", "SCHOOL")
    roster = await staged(season, [line])
    (checked,) = (await season.act(SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert codes(checked) == ["TEACHER_EXISTS"]


async def test_r20_what_was_signed_up_before_a_teacher_left_may_still_be_submitted(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    signed = await season.act(teacher, SIGN_UP, id="p1")
    await season.act(SCHOOL, CLOSE, id=teacher.person, reason="调离")
    (row,) = await season.act(SCHOOL, SUBMIT, ids=[signed["id"]])
    assert row["refusal"] is None


@pytest.mark.parametrize("reason", ["", "联系13800138000"])
async def test_r20_a_school_that_closes_a_person_says_why(season: Season, reason: str) -> None:
    (teacher,) = await season.teachers(1)
    refused = await refusal(season, SCHOOL, CLOSE, id=teacher.person, reason=reason)
    assert refused["code"] in {"REASON_MISSING", "INVALID_REASON"}
    assert await listed(season, SCHOOL) == [teacher.person]


async def test_r20_another_schools_teacher_is_not_closed(season: Season) -> None:
    (teacher,) = await season.teachers(1)
    assert (await refusal(season, OTHER_SCHOOL, CLOSE, id=teacher.person, reason="调离"))["code"] == "NOT_FOUND"
    assert await listed(season, SCHOOL) == [teacher.person]


async def test_a_teacher_whom_an_earlier_release_has_written_is_listed_and_may_leave(season: Season) -> None:
    (teacher,) = await season.teachers(1)
    await season.database["teachers"].update_one({}, {"$unset": {"affiliations": "", "index": ""}})
    assert await listed(season, SCHOOL) == [teacher.person]
    assert await listed(season, OTHER_SCHOOL) == []
    seen: Any = await season.act(MINISTRY, LIST, code=SCHOOL.school)
    assert seen["teachers"]["nodes"][0]["affiliations"][0]["school"]["code"] == SCHOOL.school
    await season.act(SCHOOL, CLOSE, id=teacher.person, reason="退休")
    assert await listed(season, SCHOOL) == []


SIGN_UP_WITHIN = "mutation($id: ID!, $school: ID) { signUp(projectId: $id, school: $school) { id school { code } } }"


async def test_r20_a_teacher_of_two_schools_names_the_one_that_submits_the_sign_up(season: Season) -> None:
    for key in ("p1", "p2"):
        await season.publish(key, code=f"GP-{key}")
    (teacher,) = await season.teachers(1)
    for stranger in (OTHER_SCHOOL.school, "", "9999999999"):
        refused = await refusal(season, teacher, SIGN_UP_WITHIN, id="p1", school=stranger)
        assert (refused["code"], refused["rule"], refused["field"]) == ("NOT_AT_SCHOOL", "R20", "school")
    await shared(season, teacher)
    at_other = await season.act(teacher, SIGN_UP_WITHIN, id="p1", school=OTHER_SCHOOL.school)
    assert at_other["school"] == {"code": OTHER_SCHOOL.school}
    assert (await season.act(teacher, SIGN_UP_WITHIN, id="p2"))["school"] == {"code": SCHOOL.school}
    (row,) = await season.act(SCHOOL, SUBMIT, ids=[at_other["id"]])
    assert row["refusal"]["code"] == "NOT_FOUND"
    (submitted,) = await season.act(OTHER_SCHOOL, SUBMIT, ids=[at_other["id"]])
    assert submitted["ok"]


async def test_r21_the_cut_off_of_the_named_school_counts(season: Season) -> None:
    for key in ("p1", "p2"):
        await season.publish(key, code=f"GP-{key}")
    (teacher,) = await season.teachers(1)
    await shared(season, teacher)
    await close(season, "2024-05-13", school=OTHER_SCHOOL)
    season.at("2024-05-14T09:00")
    refused = await refusal(season, teacher, SIGN_UP_WITHIN, id="p1", school=OTHER_SCHOOL.school)
    assert refused["code"] == "INNER_CUT_OFF_PASSED"
    await season.act(teacher, SIGN_UP_WITHIN, id="p1", school=SCHOOL.school)
