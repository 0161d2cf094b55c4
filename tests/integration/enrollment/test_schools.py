"""R3, R27: schools on file by the ministry and by provinces, one, many and the national list; each sees its own."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.context import Act, acting
from chassis.principal import Principal
from kernel.identifiers import credit_check_character
from services.enrollment.commands import NewSchool, import_schools
from tests.integration.enrollment.season import (
    ADD,
    GUANGDONG,
    HUNAN,
    OTHER_SCHOOL,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    WITHDRAW,
    Season,
)
from tests.integration.enrollment.test_cut_off import RANK_OWN
from tests.integration.enrollment.test_personal_data import REVEAL
from tests.integration.enrollment.test_reveals import CLASS, CONTACTS
from tests.support.graph import Refused
from tests.support.principals import MINISTRY, NO_PROVINCE

MANY = """mutation($rows: [SchoolInput!]!) { registerSchools(rows: $rows) {
  index ok school { code name province { code } } refusal { code rule message details } } }"""
ONE = "mutation($i: SchoolInput!) { registerSchool(input: $i) { code } }"
DESIGNATE = "mutation($i: DesignatedPersonInput!) { designatePerson(input: $i) { code } }"
LIST = """query($f: SchoolFilter, $s: String, $first: Int! = 20, $after: String) {
  schools(filter: $f, search: $s, first: $first, after: $after) {
    totalCount nodes { code } pageInfo { hasNextPage endCursor } } }"""
"""An account that somebody provisioned wrongly: no province is `00`."""


def school(serial: int, at: str = "44", **more: Any) -> dict[str, Any]:
    return {"code": f"31{at}{serial:06d}", "name": f"第{serial}职业学校"} | more


def credit_code(body: str) -> str:
    return body + credit_check_character(body)


async def codes(season: Season, who: Principal, **variables: Any) -> list[str]:
    return [node["code"] for node in (await season.act(who, LIST, **variables))["nodes"]]


async def test_each_row_is_registered_or_refused_by_itself(season: Season) -> None:
    rows = [
        school(1),
        school(2, name=" "),
        school(3, "43"),
        {"code": "123", "name": "某校"},
        {"code": credit_code("12100000400000009"), "name": "部属某校"},
        school(1, name="又一所"),
        school(4, province="43"),
        school(5, province="99"),
    ]
    done = await season.act(MINISTRY, MANY, rows=[{"province": "44"} | row for row in rows])
    refused = [row["refusal"] and row["refusal"]["code"] for row in done]
    assert refused == [
        None,
        "INVALID_SCHOOL",
        "PROVINCE_MISMATCH",
        "INVALID_SCHOOL_CODE",
        None,
        "SCHOOL_EXISTS",
        "PROVINCE_MISMATCH",
        "UNKNOWN_PROVINCE",
    ]
    assert done[7]["refusal"]["details"]["field"] == "province"
    assert [row["index"] for row in done] == list(range(8))
    assert done[2]["refusal"]["details"] == {"school": "3143000003", "codeProvince": "43", "province": "44"}
    assert await codes(season, GUANGDONG, f={"designated": False}) == [rows[4]["code"], "3144000001"]


async def test_a_province_registers_its_own_only(season: Season) -> None:
    done = await season.act(GUANGDONG, MANY, rows=[school(1), school(2, province="43"), school(3, province="00")])
    assert [row["ok"] for row in done] == [True, False, False]
    assert done[0]["school"]["province"] == {"code": "44"}
    assert {row["refusal"]["code"] for row in done[1:]} == {"FORBIDDEN"}
    for who in (SCHOOL, NO_PROVINCE):
        with pytest.raises(Refused) as refused:
            await season.act(who, ONE, i=school(9))
        assert refused.value.code == "FORBIDDEN"


async def test_two_hundred_rows_go_and_one_more_does_not(season: Season) -> None:
    rows = [school(number) for number in range(200)]
    assert all(row["ok"] for row in await season.act(GUANGDONG, MANY, rows=rows))
    with pytest.raises(Refused) as refused:
        await season.act(GUANGDONG, MANY, rows=[*rows, school(200)])
    assert refused.value.code == "TOO_MANY_ROWS"
    assert (await season.act(GUANGDONG, LIST))["totalCount"] == 201


async def test_many_schools_sent_again_under_their_key_are_registered_once(season: Season) -> None:
    rows = [school(1), school(2)]
    season.key = "k1"
    first = await season.act(GUANGDONG, MANY, rows=rows)
    again = await season.act(GUANGDONG, MANY, rows=rows)
    assert first == again
    assert all(row["ok"] for row in again)


async def test_every_registration_has_its_event_in_the_same_write(season: Season) -> None:
    await season.act(MINISTRY, MANY, rows=[school(1, province="44"), school(2, code="4144000009", province="00")])
    documents = await season.database["schools"].find({"_id": {"$in": ["3144000001", "4144000009"]}}).to_list()
    events = {one["_id"]: one["events"] for one in documents}
    assert [one["province"] for one in events["3144000001"]] == ["44"]
    assert [one["name"] for one in events["4144000009"]] == ["school-registered"]
    assert events["4144000009"][0]["province"] == "00"


async def test_schools_are_listed_by_code_searched_by_name_or_code_and_paged(season: Season) -> None:
    await season.act(MINISTRY, MANY, rows=[school(number, province="44") for number in range(1, 6)])
    every = [*(f"314400000{n}" for n in range(1, 6)), SCHOOL.school]
    assert await codes(season, MINISTRY, f={"province": "44"}) == every
    assert await codes(season, GUANGDONG, s="第3职业") == ["3144000003"]
    assert await codes(season, GUANGDONG, s="41441") == [SCHOOL.school]
    assert await codes(season, GUANGDONG, s=".*") == []
    assert await codes(season, GUANGDONG, f={"designated": True}) == [SCHOOL.school]
    seen, after = [], None
    while True:
        page = await season.act(GUANGDONG, LIST, first=4, after=after)
        seen += [node["code"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == every


async def test_a_province_lists_its_own_schools_whatever_it_asks_for(season: Season) -> None:
    assert await codes(season, GUANGDONG) == [SCHOOL.school]
    for asked in ("43", "00"):
        assert await codes(season, GUANGDONG, f={"province": asked}) == []
    assert await codes(season, HUNAN) == ["4143100002"]
    assert await codes(season, NO_PROVINCE) == []
    assert (await season.act(NO_PROVINCE, LIST))["totalCount"] == 0
    assert len(await codes(season, MINISTRY)) == 2


async def imported(season: Season, rows: list[NewSchool], *, dry: bool = False) -> list[str]:
    with acting(Act(MINISTRY)):
        done = [row async for row in import_schools(season.deps, MINISTRY, rows, dry=dry)]
    assert [row.index for row in done] == list(range(len(rows)))
    return [row.refusal.code if row.refusal else "known" if row.known else "new" for row in done]


async def test_a_list_may_be_tried_imported_and_imported_again(season: Season) -> None:
    rows = [NewSchool(code=f"3144{n:06d}", name=f"第{n}校", province="44") for n in range(450)]
    rows += [rows[7], NewSchool(code=str(SCHOOL.school), name="改名的学校", province="44")]
    refused = ["SCHOOL_EXISTS", "SCHOOL_EXISTS"]
    assert await imported(season, rows, dry=True) == ["new"] * 450 + refused
    assert (await season.act(GUANGDONG, LIST))["totalCount"] == 1
    assert await imported(season, rows[:100]) == ["new"] * 100
    assert await imported(season, rows) == ["known"] * 100 + ["new"] * 350 + refused
    assert await imported(season, rows) == ["known"] * 450 + refused
    assert (await season.act(GUANGDONG, LIST))["totalCount"] == 451
    assert (await season.deps.store.schools.get(str(SCHOOL.school))).name == "某职业学校"


async def test_r5_the_act_of_a_designated_persons_account_is_the_persons_and_nobody_elses_after(season: Season) -> None:
    """A token of the former person is good for minutes; what it would do must not be recorded under the next one."""
    named = (await season.deps.store.schools.get(SCHOOL.school or "")).designated
    assert named
    person = replace(SCHOOL, subject="delegate-1", person=named.id)
    await season.publish()
    first, second = await season.teachers(2)
    keys = [(await season.act(teacher, SIGN_UP, id="p1"))["id"] for teacher in (first, second)]
    (row,) = await season.act(person, SUBMIT, ids=keys[:1])
    assert row["ok"]
    assert (await season.deps.store.enrollments.get(keys[0])).history[-1].by == named.name
    with pytest.raises(Refused) as refused:
        await season.act(person, DESIGNATE, i={"name": "孙主任", "phone": "13900000001"})
    assert (refused.value.code, refused.value.extensions["rule"]) == ("FORBIDDEN", "R5")
    await season.act(person, DESIGNATE, i={"name": named.name, "phone": "13900000002"})
    await season.act(SCHOOL, DESIGNATE, i={"name": "孙主任", "phone": "13900000001"})
    for query, variables in (
        (SUBMIT, {"ids": keys[1:]}),
        (ADD, {"rows": [season.person()]}),
        (WITHDRAW, {"id": keys[0], "why": "工作冲突"}),
        (RANK_OWN, {"p": "p1", "ids": keys[1:]}),
        (REVEAL, {"id": first.person, "purpose": "核对报到证件"}),
        (CLASS, {"p": "p1", "why": "核对报到证件"}),
        (CONTACTS, {"codes": [SCHOOL.school], "why": "核对报到证件"}),
    ):
        with pytest.raises(Refused) as refused:
            await season.act(person, query, **variables)
        assert (refused.value.code, refused.value.extensions["rule"]) == ("NO_LONGER_DESIGNATED", "R5")
    assert [await season.status(key) for key in keys] == ["SUBMITTED", "SIGNED_UP"]
    assert (await season.deps.store.enrollments.get(keys[1])).rank is None
    for records in ("reveals", "contact_reveals"):
        assert await season.database[records].count_documents({}) == 0


RENAME = """mutation($code: ID!, $name: String!, $reason: String!) {
  renameSchool(code: $code, name: $name, reason: $reason) { code name } }"""


async def test_r3_a_school_gets_another_name_under_its_code_with_a_reason(season: Season) -> None:
    given = {"code": SCHOOL.school, "name": "某职业技术学校", "reason": "经批准更名"}
    for who in (MINISTRY, GUANGDONG):
        renamed = await season.act(who, RENAME, **given)
        assert renamed == {"code": SCHOOL.school, "name": "某职业技术学校"}
    (document,) = await season.database["schools"].find({"_id": SCHOOL.school}).to_list()
    (told,) = [event for event in document["events"] if event["name"] == "school-renamed"]
    assert (told["data"]["name"], told["data"]["reason"]) == ("某职业技术学校", "经批准更名")


async def test_r3_r27_a_school_is_renamed_by_whose_it_is_and_for_a_reason(season: Season) -> None:
    given = {"code": OTHER_SCHOOL.school, "name": "冒名学校", "reason": "更名"}
    tried: list[tuple[Principal, dict[str, str], str]] = [
        (GUANGDONG, {}, "NOT_FOUND"),
        (MINISTRY, {"reason": " "}, "REASON_MISSING"),
        (MINISTRY, {"name": " "}, "INVALID_SCHOOL"),
    ]
    for who, change, code in tried:
        with pytest.raises(Refused) as error:
            await season.act(who, RENAME, **given | change)
        assert error.value.code == code
    assert (await season.deps.store.schools.get(str(OTHER_SCHOOL.school))).name == "某职业学校"


async def test_r5_a_designated_person_may_have_a_landline_and_a_wrong_contact_names_its_field(season: Season) -> None:
    await season.act(SCHOOL, DESIGNATE, i={"name": "赵主任", "phone": "020-8765 4321"})
    named = (await season.deps.store.schools.get(SCHOOL.school or "")).designated
    assert named
    assert season.deps.vault.open(named.phone_sealed) == "020-87654321"
    for wrong, field in (({"phone": "12345"}, "phone"), ({"name": " "}, "name")):
        with pytest.raises(Refused) as refused:
            await season.act(SCHOOL, DESIGNATE, i={"name": "赵主任", "phone": "13900000001"} | wrong)
        shown = refused.value.extensions
        assert (shown["code"], shown["rule"], shown["field"]) == ("INVALID_CONTACT", "R5", field)
