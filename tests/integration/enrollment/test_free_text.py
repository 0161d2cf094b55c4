"""R41: a personal number in a text that somebody types is refused by the field's name, and is stored nowhere."""

from collections.abc import Mapping
from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.commands import enter_rosters, stage_roster
from services.enrollment.workbooks.roster_reader import read_roster
from tests.integration.enrollment.lists import COMMIT, JOB, as_csv, codes, line_of, someone, staged
from tests.integration.enrollment.season import (
    ADD,
    BASE,
    DECIDE,
    GUANGDONG,
    SCHOOL,
    SIGN_UP,
    SUBSTITUTE,
    WITHDRAW,
    Season,
)
from tests.integration.enrollment.test_personal_data import CORRECT, REVEAL
from tests.integration.enrollment.test_privacy import everything
from tests.support.graph import Refused
from tests.support.identity_numbers import numbered
from tests.support.principals import MINISTRY

ID_NUMBER, MOBILE = "110101199003077758", "13800138000"
DECLINE = (
    "mutation($ids: [ID!]!, $why: String!) { declineSignUps(ids: $ids, reason: $why) { refusal { code details } } }"
)
REGISTER = "mutation($i: SchoolInput!) { registerSchool(input: $i) { code } }"
REGISTER_MANY = "mutation($rows: [SchoolInput!]!) { registerSchools(rows: $rows) { refusal { code details } } }"
DESIGNATE = "mutation($i: DesignatedPersonInput!) { designatePerson(input: $i) { code } }"
RECORD = "mutation($i: FundingInput!) { recordFunding(input: $i) { id } }"
PAYMENT = {"year": 2024, "amount": 100, "source": "PROVINCIAL", "item": "教师培训"}


async def refused(season: Season, who: Principal, mutation: str, given: Mapping[str, Any]) -> tuple[str, str | None]:
    """The code and the field of a refusal, of the whole mutation or of its only row."""
    try:
        answer = await season.act(who, mutation, **given)
    except Refused as refusal:
        return refusal.code, refusal.extensions.get("field")
    (row,) = answer
    return row["refusal"]["code"], (row["refusal"]["details"] or {}).get("field")


async def stored(season: Season) -> str:
    """All that the service has stored, as text."""
    return str(await everything(season))


@pytest.mark.parametrize("number", [ID_NUMBER, MOBILE])
async def test_r41_a_number_in_a_name_or_a_title_is_refused(season: Season, number: str) -> None:
    (teacher,) = await season.teachers(1)
    school = {"code": "3144000009", "name": f"职校{number}", "province": "44"}
    cases: list[tuple[Principal, str, Mapping[str, Any], str]] = [
        (MINISTRY, REGISTER, {"i": school}, "name"),
        (MINISTRY, REGISTER_MANY, {"rows": [school]}, "name"),
        (SCHOOL, DESIGNATE, {"i": {"name": f"王{number}", "phone": "13900000001"}}, "name"),
        (SCHOOL, ADD, {"rows": [season.person(name=f"王{number}")]}, "name"),
        (SCHOOL, ADD, {"rows": [season.person(title=f"讲师{number}")]}, "title"),
        (SCHOOL, CORRECT, {"id": teacher.person, "version": 1, "input": {"name": f"王{number}"}}, "name"),
        (SCHOOL, CORRECT, {"id": teacher.person, "version": 1, "input": {"title": f"讲师{number}"}}, "title"),
        (GUANGDONG, RECORD, {"i": PAYMENT | {"item": f"培训{number}"}}, "item"),
        (GUANGDONG, RECORD, {"i": PAYMENT | {"note": f"联系{number}"}}, "note"),
    ]
    for who, mutation, given, field in cases:
        assert await refused(season, who, mutation, given) == ("INVALID_TEXT", field), mutation
    assert number not in await stored(season)


@pytest.mark.parametrize("number", [ID_NUMBER, MOBILE])
async def test_r41_a_number_in_a_reason_or_a_purpose_is_refused(season: Season, number: str) -> None:
    await season.publish()
    first, second, third = await season.teachers(3)
    signed = (await season.act(first, SIGN_UP, id="p1"))["id"]
    submitted = await season.submitted(second, "p1")
    why = f"请联系{number}"
    payment = (await season.act(GUANGDONG, RECORD, i=PAYMENT))["id"]
    cases: list[tuple[Principal, str, Mapping[str, Any]]] = [
        (SCHOOL, DECLINE, {"ids": [signed], "why": why}),
        (SCHOOL, WITHDRAW, {"id": submitted, "why": why}),
        (BASE, DECIDE, {"given": [{"id": submitted, "decision": "REJECT", "reason": why}]}),
        (BASE, DECIDE, {"given": [{"id": submitted, "decision": "ACCEPT", "reason": why}]}),
        (GUANGDONG, RECORD, {"i": PAYMENT | {"corrects": payment, "reason": why}}),
    ]
    for who, mutation, given in cases:
        assert (await refused(season, who, mutation, given))[0] == "INVALID_REASON", mutation
    await season.decide(submitted)
    substitution = {"id": submitted, "who": third.person, "why": why}
    assert (await refused(season, SCHOOL, SUBSTITUTE, substitution))[0] == "INVALID_REASON"
    assert (await refused(season, SCHOOL, REVEAL, {"id": first.person, "purpose": why}))[0] == "INVALID_PURPOSE"
    assert number not in await stored(season)


async def test_r41_a_rosters_text_columns_refuse_numbers_by_a_problem_of_the_row(season: Season) -> None:
    await season.publish()
    lines = [
        someone(1, 职称=f"讲师{MOBILE}"),
        someone(2, 姓名=f"王{ID_NUMBER}"),
        someone(3, 职称="长" * 201),
        someone(4),
    ]
    roster = await staged(season, lines)
    rows = (await season.act(SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert [codes(row) for row in rows] == [["INVALID_TEXT"], ["INVALID_TEXT"], ["INVALID_TEXT"], []]
    assert rows[0]["problems"][0]["details"]["field"] == "title"
    await season.act(SCHOOL, COMMIT, id=roster.id, mode="VALID_ROWS")
    assert await enter_rosters(season.deps, 1) == 1
    assert (await season.deps.store.rosters.get(roster.id)).entered == 1
    text = await stored(season)
    assert not [number for number in (ID_NUMBER, MOBILE) if number in text]


async def test_r41_a_row_that_an_earlier_release_has_staged_with_a_number_does_not_go_in(season: Season) -> None:
    await season.publish()
    roster = await staged(season, [someone(1), someone(2)])
    await season.database["roster_rows"].update_one({"number": 2}, {"$set": {"title": f"讲师{MOBILE}"}})
    await season.act(SCHOOL, COMMIT, id=roster.id, mode="VALID_ROWS")
    await enter_rosters(season.deps, 1)
    job = await season.act(SCHOOL, JOB, id=roster.id)
    assert (job["state"], job["entered"], job["refused"]) == ("COMMITTED", 1, 1)
    assert [codes(row) for row in job["rows"]["nodes"]] == [["INVALID_TEXT"], []]


async def test_r41_no_number_of_a_file_name_or_a_foreign_column_is_stored(season: Season) -> None:
    await season.publish()
    sheet = read_roster(as_csv([someone(1)]).replace("职称".encode("gb18030"), f"备注{MOBILE}".encode("gb18030")))
    roster = await stage_roster(season.deps, SCHOOL, sheet=sheet, file_name=f"名单138-0013-8000 {ID_NUMBER}.csv")
    assert roster.file_name != ""
    assert not [number for number in (ID_NUMBER, MOBILE, "138-0013-8000") if number in await stored(season)]


async def test_r22_every_problem_of_an_added_teacher_is_told_at_once_by_field(season: Season) -> None:
    wrong = {
        "name": "张三、李四",
        "idNumber": "110",
        "mobile": "1380000",
        "title": "长" * 201,
        "email": "王@",
        "majorCategory": 20,
    }
    bad, nameless, good = await season.act(
        SCHOOL, ADD, rows=[season.person(**wrong), season.person(name="\u200b"), season.person()]
    )
    assert (bad["refusal"]["code"], good["ok"]) == ("INVALID_NAME", True)
    problems = bad["refusal"]["details"]["problems"]
    assert [(problem["field"], problem["code"]) for problem in problems] == [
        ("name", "INVALID_NAME"),
        ("idNumber", "INVALID_ID_NUMBER"),
        ("mobile", "INVALID_MOBILE"),
        ("title", "INVALID_TEXT"),
        ("email", "INVALID_EMAIL"),
        ("majorCategory", "INVALID_TEACHER"),
    ]
    assert problems[0]["message"] == "name须为一个人的姓名：其中不止一人"
    assert nameless["refusal"]["code"] == "INVALID_TEACHER"
    assert await season.database["teachers"].count_documents({}) == 1


async def test_r41_every_problem_of_a_correction_is_told_at_once(season: Season) -> None:
    (teacher,) = await season.teachers(1)
    given = {"name": "无", "mobile": "1", "idNumber": "2"}
    with pytest.raises(Refused) as refused:
        await season.act(SCHOOL, CORRECT, id=teacher.person, version=1, input=given)
    fields = [(problem["field"], problem["code"]) for problem in refused.value.extensions["problems"]]
    assert fields == [("name", "INVALID_NAME"), ("idNumber", "INVALID_ID_NUMBER"), ("mobile", "INVALID_MOBILE")]


async def test_r20_nobody_out_of_working_age_or_from_nowhere_is_put_on_file(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    numbers = [numbered(body) for body in ("11010118000101001", "11010120200101001", "00010119800101001")]
    rows = await season.act(SCHOOL, ADD, rows=[season.person(idNumber=number) for number in numbers])
    found = [(row["refusal"]["code"], row["refusal"]["details"]["problem"]) for row in rows]
    assert found == [("INVALID_ID_NUMBER", problem) for problem in ("AGE", "AGE", "REGION")]
    correction = {"id": teacher.person, "version": 1, "input": {"idNumber": numbers[0]}}
    assert (await refused(season, SCHOOL, CORRECT, correction))[0] == "INVALID_ID_NUMBER"
    roster = await staged(season, [someone(1, 身份证号码=number) for number in numbers])
    job = await season.act(SCHOOL, JOB, id=roster.id)
    assert [codes(row) for row in job["rows"]["nodes"]] == [["INVALID_ID_NUMBER"]] * 3
    season.at("2036-05-12T09:00")
    (grown,) = await season.act(SCHOOL, ADD, rows=[season.person(idNumber=numbers[1])])
    assert grown["ok"], "of age in the round of that year"


@pytest.mark.parametrize("name", ["😀", "\u202e张三", "=cmd|calc", "<b>", "···", "-", "无", "张三、李四"])
async def test_r22_no_person_is_put_on_file_under_what_is_no_name(season: Season, name: str) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    cases: list[tuple[Mapping[str, Any], str]] = [
        ({"i": {"name": name, "phone": "13900000001"}}, DESIGNATE),
        ({"rows": [season.person(name=name)]}, ADD),
        ({"id": teacher.person, "version": 1, "input": {"name": name}}, CORRECT),
    ]
    for given, mutation in cases:
        assert await refused(season, SCHOOL, mutation, given) == ("INVALID_NAME", "name"), mutation
    roster = await staged(season, [someone(7, 姓名=name, 岗位="门卫", 职称="长" * 201)])
    (row,) = (await season.act(SCHOOL, JOB, id=roster.id))["rows"]["nodes"]
    assert codes(row) == ["INVALID_NAME", "UNKNOWN_POST", "INVALID_TEXT"]
    assert [problem["details"]["field"] for problem in row["problems"]] == ["name", "post", "title"]


async def test_r22_a_name_that_an_earlier_release_has_stored_is_loaded_and_matched(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    await season.database["teachers"].update_one({"_id": teacher.person}, {"$set": {"name": "阿依古丽 • 买买提"}})
    roster = await staged(season, [await line_of(season, teacher, 姓名="阿依古丽·买买提")])
    assert (roster.good, roster.bad) == (1, 0)
    await season.database["teachers"].update_one({"_id": teacher.person}, {"$set": {"name": "老师1"}})
    assert (await season.deps.store.teachers.get(str(teacher.person))).name == "老师1"
