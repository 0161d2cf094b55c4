"""R5, R22, R41: rosters are checked row by row, belong to their school, and go in under the designated person."""

from typing import Any

import pytest

from services.enrollment.commands import enter_rosters
from tests.integration.enrollment.lists import (
    COMMIT,
    JOB,
    JOBS,
    codes,
    committed,
    entered,
    line_of,
    someone,
    staged,
)
from tests.integration.enrollment.season import OTHER_SCHOOL, SCHOOL, SIGN_UP, Season
from tests.integration.enrollment.test_privacy import everything
from tests.support.graph import Refused


async def test_a_check_names_every_problem_of_every_row_and_writes_no_teacher(season: Season) -> None:
    await season.publish()
    await season.publish("p2", code="GP-2", audience=["LEADER"])
    lines = [
        someone(1),
        someone(2, "GP-2"),
        someone(3, "GP-9", 身份证号码="110101198001010019", 手机号码="1380000", 岗位="门卫", 校内排序="第一"),
        someone(1),
        someone(1, "GP-2", 姓名="另一人"),
        someone(4, 手机号码=someone(1)["手机号码"]),
        someone(5, 手机号码="", 岗位="", 专兼职=""),
        someone(6, 身份证号码="1.10101E+17"),
        someone(7, 身份证号码="110101198001019000"),
        someone(8, 姓名="13900001111", 专业大类="航天"),
    ]
    roster = await staged(season, lines)
    job = await season.act(SCHOOL, JOB, id=roster.id)
    rows = job["rows"]["nodes"]
    assert [codes(row) for row in rows] == [
        [],
        [],
        ["INVALID_ID_NUMBER", "INVALID_MOBILE", "UNKNOWN_POST", "INVALID_RANK", "UNKNOWN_PROJECT"],
        ["DUPLICATE_ROW"],
        ["CONFLICTING_ROWS"],
        [],
        ["FIELD_MISSING"],
        ["ID_NUMBER_ROUNDED"],
        ["ID_NUMBER_ROUNDED"],
        ["INVALID_TEXT", "UNKNOWN_MAJOR_CATEGORY"],
    ]
    assert rows[6]["problems"][0]["details"] == {"columns": ["mobile", "post", "employment"]}
    assert rows[3]["problems"][0]["details"] == {"row": 2}
    assert [row["warnings"] for row in rows[:2]] == [[], [{"code": "AUDIENCE_MISMATCH", "rule": "R20"}]]
    assert (job["state"], job["total"], job["good"], job["bad"], job["warned"]) == ("STAGED", 10, 3, 7, 2)
    assert await season.database["teachers"].count_documents({}) == 0
    bad = (await season.act(SCHOOL, JOB, id=roster.id, bad=True))["rows"]
    assert (bad["totalCount"], [row["number"] for row in bad["nodes"]]) == (7, [4, 5, 6, 8, 9, 10, 11])


async def test_r41_no_plain_number_is_kept_shown_or_said_wherever_it_stood(season: Season) -> None:
    await season.publish()
    shifted = someone(2, 姓名=someone(2)["身份证号码"], 职称=someone(2)["手机号码"], 项目编号="138 0000 9999")
    short = someone(3, 身份证号码=someone(3)["身份证号码"][:-1])
    lines = [someone(1), shifted, short]
    key = await committed(season, lines, "VALID_ROWS")
    await enter_rosters(season.deps, 1)
    seen = str(await season.act(SCHOOL, JOB, id=key)) + await everything(season)
    for line in (*lines, short):
        assert line["身份证号码"] not in seen
        assert line["手机号码"] not in seen
    assert "138 0000 9999" not in seen
    assert someone(1)["身份证号码"][:3] + "*" * 11 + someone(1)["身份证号码"][-4:] in seen


async def test_r5_good_rows_are_signed_up_and_submitted_under_the_designated_person(season: Season) -> None:
    await season.publish()
    (known,) = await season.teachers(1, name="教师甲")
    on_file = await line_of(season, known, 职称="教授", 手机号码="", 岗位="", 专兼职="", 校内排序="2")
    job = await entered(season, [someone(50), on_file], "ALL_OR_NOTHING")
    assert (job["state"], job["done"], job["entered"], job["by"]) == ("COMMITTED", 2, 2, "赵主任")
    fresh, matched = job["rows"]["nodes"]
    assert [one["enrollment"]["status"] for one in (fresh, matched)] == ["SUBMITTED", "SUBMITTED"]
    assert (matched["enrollment"]["rank"], matched["warnings"]) == (2, [{"code": "DIFFERS_FROM_FILE", "rule": "R22"}])
    found = await season.deps.store.enrollments.get(matched["enrollment"]["id"])
    assert (found.teacher, {change.by for change in found.history}) == (known.person, {"赵主任"})
    document = await season.database["enrollments"].find_one({"_id": fresh["enrollment"]["id"]})
    assert document
    assert [one["name"] for one in document["events"]] == ["signed-up", "submitted"]
    assert document["events"][0]["actor"]["subject"] == SCHOOL.subject
    assert await season.database["persons"].count_documents({}) == 2


async def test_a_teachers_own_sign_up_is_handed_in_and_a_submitted_one_is_a_second(season: Season) -> None:
    await season.publish()
    await season.publish("p2", code="GP-2")
    (teacher,) = await season.teachers(1, name="教师甲")
    line = await line_of(season, teacher)
    signed = await season.act(teacher, SIGN_UP, id="p1")
    await season.submitted(teacher, "p2")
    job = await entered(season, [line, line | {"项目编号": "GP-2"}], "VALID_ROWS")
    first, second = job["rows"]["nodes"]
    assert (first["enrollment"]["id"], first["enrollment"]["status"]) == (signed["id"], "SUBMITTED")
    assert codes(second) == ["SECOND_SIGN_UP"]
    assert (job["entered"], job["refused"]) == (1, 1)


async def test_another_schools_teacher_is_refused_without_a_word_of_where(season: Season) -> None:
    await season.publish()
    (foreign,) = await season.teachers(1, OTHER_SCHOOL)
    theirs = await line_of(season, foreign)
    lines = [someone(51, 身份证号码=theirs["身份证号码"])]
    roster = await staged(season, lines)
    rows = (await season.act(SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert [codes(row) for row in rows] == [["TEACHER_EXISTS"]]
    assert [one["details"] for row in rows for one in row["problems"]] == [{"field": "idNumber"}]


async def test_r41_rows_may_share_a_mobile_with_each_other_and_with_people_on_file(season: Season) -> None:
    await season.publish()
    (known,) = await season.teachers(1, OTHER_SCHOOL)
    shared = (await line_of(season, known))["手机号码"]
    job = await entered(season, [someone(number, 手机号码=shared) for number in (51, 52)], "ALL_OR_NOTHING")
    assert [codes(row) for row in job["rows"]["nodes"]] == [[], []]
    assert (job["state"], job["entered"]) == ("COMMITTED", 2)


async def test_a_known_number_under_another_name_is_refused(season: Season) -> None:
    await season.publish()
    (known,) = await season.teachers(1, name="教师甲")
    roster = await staged(season, [await line_of(season, known, 姓名="教师乙")])
    (row,) = (await season.act(SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert codes(row) == ["NAME_MISMATCH"]


async def test_r22_the_moment_of_the_commit_counts_for_the_deadline(season: Season) -> None:
    await season.publish()
    early, late = await staged(season, [someone(1)]), await staged(season, [someone(2)])
    season.at("2024-05-20T23:59")
    await season.act(SCHOOL, COMMIT, id=early.id, mode="ALL_OR_NOTHING")
    season.at("2024-05-21T00:00")
    with pytest.raises(Refused) as refused:
        await season.act(SCHOOL, COMMIT, id=late.id, mode="ALL_OR_NOTHING")
    assert (refused.value.code, refused.value.extensions["rule"]) == ("PHASE_CLOSED", "R22")
    assert await enter_rosters(season.deps, 1) == 1
    job = await season.act(SCHOOL, JOB, id=early.id)
    assert (job["state"], job["entered"]) == ("COMMITTED", 1)
    assert (await season.act(SCHOOL, JOB, id=late.id))["state"] == "STAGED"
    roster = await staged(season, [someone(3)])
    (row,) = (await season.act(SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert codes(row) == ["PHASE_CLOSED"]


async def test_a_roster_is_put_in_once_and_not_with_bad_rows_unless_asked(season: Season) -> None:
    await season.publish()
    roster = await staged(season, [someone(1), someone(2, 岗位="门卫")])

    async def refusal(**given: Any) -> str:
        with pytest.raises(Refused) as refused:
            await season.act(SCHOOL, COMMIT, **given)
        return refused.value.code

    assert await refusal(id=roster.id, mode="ALL_OR_NOTHING") == "ROSTER_HAS_BAD_ROWS"
    none = await staged(season, [someone(2, 岗位="门卫")])
    assert await refusal(id=none.id, mode="VALID_ROWS") == "ROSTER_HAS_NO_GOOD_ROW"
    await season.act(SCHOOL, COMMIT, id=roster.id, mode="VALID_ROWS")
    assert await refusal(id=roster.id, mode="VALID_ROWS") == "WRONG_STATE"


async def test_a_roster_belongs_to_its_school(season: Season) -> None:
    await season.publish()
    roster = await staged(season, [someone(1)])
    assert await season.act(OTHER_SCHOOL, JOB, id=roster.id) is None
    with pytest.raises(Refused) as refused:
        await season.act(OTHER_SCHOOL, COMMIT, id=roster.id, mode="VALID_ROWS")
    assert refused.value.code == "NOT_FOUND"
    assert (await season.act(OTHER_SCHOOL, JOBS))["totalCount"] == 0
    assert (await season.act(SCHOOL, JOBS))["nodes"] == [{"id": roster.id, "fileName": "名单.csv"}]


async def test_of_a_schools_open_rosters_the_latest_stay_and_all_have_their_end(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    await season.publish()
    monkeypatch.setattr("services.enrollment.commands.rosters._MOST_OPEN", 2)
    first, second, third = [(await staged(season, [someone(number)])).id for number in (1, 2, 3)]
    jobs = season.database["rosters"]
    assert {one["_id"] async for one in jobs.find()} == {second, third}
    assert await season.database["roster_rows"].count_documents({"roster": first}) == 0
    for name in ("rosters", "roster_rows"):
        indexes = await season.database[name].index_information()
        assert indexes["kept_until"]["expireAfterSeconds"] == 0
        assert await season.database[name].count_documents({"kept_until": {"$type": "date"}}) == 2


async def test_what_the_school_submitted_by_hand_in_between_is_found_at_the_run(season: Season) -> None:
    await season.publish()
    key = await committed(season, [someone(1), someone(2)], "VALID_ROWS")
    (teacher,) = await season.teachers(1, idNumber=someone(2)["身份证号码"], name=someone(2)["姓名"])
    await season.submitted(teacher, "p1")
    await enter_rosters(season.deps, 1)
    job = await season.act(SCHOOL, JOB, id=key)
    assert [codes(one) for one in job["rows"]["nodes"]] == [[], ["SECOND_SIGN_UP"]]
