"""R41: plain numbers are shown as an audited act only; a person's own data is exported and corrected."""

import json
import os
from dataclasses import replace
from typing import Any

import pytest

from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from chassis.storage.rotation import keys, rotate
from kernel import reveals as revealing
from services.enrollment.commands import deliver_pending, enter_rosters
from services.enrollment.store import SEALED
from tests.integration.enrollment.crawl import Crawl
from tests.integration.enrollment.lists import COMMIT, line_of, someone, staged
from tests.integration.enrollment.season import ADD, BASE, GUANGDONG, OTHER_BASE, OTHER_SCHOOL, SCHOOL, Season
from tests.support.graph import Refused
from tests.support.identity_numbers import id_number
from tests.support.principals import MINISTRY

REVEAL = """mutation($id: ID!, $purpose: String!) { revealTeacher(id: $id, purpose: $purpose) {
  idNumber mobile email record { scope organization purpose } teacher { idNumber mobile email } } }"""
MY_DATA = """query { myData {
  teacher { name mobile email enrollments { nodes { status history { status } feedback { state } } } }
  corrections { by fields } reveals { totalCount nodes { scope organization purpose } } } }"""
CORRECT = """mutation($id: ID!, $version: Int!, $input: TeacherCorrectionInput!) {
  correctTeacher(id: $id, version: $version, input: $input) { name idNumber mobile email title version } }"""
CONTACT = "mutation($input: ContactInput!) { updateMyContact(input: $input) { mobile email version } }"
WHY = "核对报到证件"


async def refusal(season: Season, who: Principal, query: str, **given: Any) -> dict[str, Any]:
    """Why it was refused."""
    with pytest.raises(Refused) as refused:
        await season.act(who, query, **given)
    return refused.value.extensions


async def told(season: Season, collection: str) -> list[dict[str, Any]]:
    """The events that wait in a collection, the oldest first."""
    found = await season.database[collection].find(sort=[("_id", 1)]).to_list()
    return [event for one in found for event in one["events"]]


async def teacher_with_numbers(season: Season, **more: Any) -> tuple[Principal, dict[str, Any]]:
    """A teacher, and the row by which the school has put the person on file."""
    row = season.person(**more)
    (added,) = await season.act(SCHOOL, ADD, rows=[row])
    key = added["teacher"]["id"]
    return Principal(f"account-{key}", Scope.TEACHER, school=SCHOOL.school, person=key), row


async def test_those_within_reach_see_the_numbers_and_leave_an_act_with_its_purpose(season: Season) -> None:
    await season.publish()
    teacher, row = await teacher_with_numbers(season, email="zhang@example.cn")
    await season.decide(await season.submitted(teacher, "p1"))
    for who in (teacher, SCHOOL, BASE, MINISTRY):
        shown = await season.act(who, REVEAL, id=teacher.person, purpose=WHY)
        assert (shown["idNumber"], shown["mobile"], shown["email"]) == (row["idNumber"], row["mobile"], row["email"])
        assert shown["teacher"]["email"] == "z***@example.cn"
    events = await told(season, "reveals")
    assert [one["actor"]["subject"] for one in events] == [one.subject for one in (teacher, SCHOOL, BASE, MINISTRY)]
    assert {(one["name"], one["data"]["teacher"], one["data"]["purpose"]) for one in events} == {
        ("teacher-revealed", teacher.person, WHY)
    }
    assert not [one for one in events if row["idNumber"] in str(one) or row["mobile"] in str(one)]


async def test_nobody_else_sees_them_and_no_act_is_left(season: Season) -> None:
    await season.publish()
    teacher, _ = await teacher_with_numbers(season)
    colleague, _ = await teacher_with_numbers(season)
    given = {"id": teacher.person, "purpose": WHY}
    for who in (colleague, OTHER_SCHOOL, OTHER_BASE, BASE):
        assert (await refusal(season, who, REVEAL, **given))["code"] == "NOT_FOUND"
    assert (await refusal(season, GUANGDONG, REVEAL, **given))["code"] == "FORBIDDEN"
    key = await season.submitted(teacher, "p1")
    assert (await refusal(season, BASE, REVEAL, **given))["code"] == "NOT_ACCEPTED"
    await season.decide(key, "REJECT", reason="条件不符")
    assert (await refusal(season, BASE, REVEAL, **given))["code"] == "NOT_ACCEPTED"
    assert (await refusal(season, SCHOOL, REVEAL, id=teacher.person, purpose="看看"))["code"] == "INVALID_PURPOSE"
    assert await told(season, "reveals") == []


async def test_nothing_is_shown_where_the_act_cannot_be_stored(season: Season) -> None:
    """The database refuses the write; the answer holds no number."""
    teacher, row = await teacher_with_numbers(season)
    await season.database.command("collMod", "reveals", validator={"never": True})
    with pytest.raises(Refused) as refused:
        await season.act(SCHOOL, REVEAL, id=teacher.person, purpose=WHY)
    assert row["mobile"] not in str(refused.value) + str(refused.value.extensions)


async def test_an_account_reveals_so_many_times_an_hour(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    (hour, *_) = revealing.BOUNDS
    monkeypatch.setitem(revealing.BOUNDS, hour, 3)
    teacher, _ = await teacher_with_numbers(season)
    for _ in range(3):
        await season.act(SCHOOL, REVEAL, id=teacher.person, purpose=WHY)
    refused = await refusal(season, SCHOOL, REVEAL, id=teacher.person, purpose=WHY)
    assert (refused["code"], refused["limit"]) == ("TOO_MANY_REVEALS", 3)
    assert len(await told(season, "reveals")) == 3
    assert await season.act(MINISTRY, REVEAL, id=teacher.person, purpose=WHY)


async def test_a_repeat_under_one_key_is_recorded_again(season: Season) -> None:
    teacher, row = await teacher_with_numbers(season)
    for _ in range(2):
        with acting(Act(SCHOOL, idempotency_key="again")):
            shown = await season.act(SCHOOL, REVEAL, id=teacher.person, purpose=WHY)
        assert shown["mobile"] == row["mobile"]
    assert len(await told(season, "reveals")) == 2


async def test_a_teacher_gets_all_that_is_kept_and_who_saw_the_numbers_and_why(season: Season) -> None:
    await season.publish()
    teacher, _ = await teacher_with_numbers(season, email="zhang@example.cn")
    await season.decide(await season.submitted(teacher, "p1"))
    await deliver_pending(season.deps)
    await season.act(BASE, REVEAL, id=teacher.person, purpose=WHY)
    await season.act(teacher, CONTACT, input={"mobile": "13911112222"})
    data = await season.act(teacher, MY_DATA)
    assert (data["teacher"]["mobile"], data["teacher"]["email"]) == ("139****2222", "z***@example.cn")
    (enrolled,) = data["teacher"]["enrollments"]["nodes"]
    assert [one["status"] for one in enrolled["history"]] == ["SIGNED_UP", "SUBMITTED", "ACCEPTED"]
    assert [one["state"] for one in enrolled["feedback"]] == ["DELIVERED", "DELIVERED"]
    assert data["reveals"]["nodes"] == [{"scope": "base", "organization": BASE.organization, "purpose": WHY}]
    assert data["corrections"] == [{"by": "teacher", "fields": ["MOBILE"]}]


async def test_a_school_corrects_its_teachers_under_its_designated_person(season: Season) -> None:
    teacher, row = await teacher_with_numbers(season, title="讲师", email="zhang@example.cn")
    fresh = id_number(500)
    changes = {"name": "新名", "idNumber": fresh, "title": None}
    done = await season.act(SCHOOL, CORRECT, id=teacher.person, version=1, input=changes)
    assert (done["name"], done["idNumber"], done["title"]) == ("新名", f"110{'*' * 11}{fresh[-4:]}", None)
    assert (done["email"], done["version"]) == ("z***@example.cn", 2)
    (event,) = [one for one in await told(season, "teachers") if one["name"] == "teacher-corrected"]
    assert event["data"]["fields"] == ["NAME", "ID_NUMBER", "TITLE"]
    assert event["actor"]["subject"] == SCHOOL.subject
    assert not [number for number in (fresh, row["idNumber"], "新名") if number in str(event)]
    (kept,) = (await season.act(teacher, MY_DATA))["corrections"]
    assert kept["by"] == "赵主任"
    unchanged = await season.act(SCHOOL, CORRECT, id=teacher.person, version=2, input={"name": "新名"})
    assert unchanged["version"] == 2


async def test_a_correction_keeps_numbers_unique_versions_and_organisations(season: Season) -> None:
    teacher, _ = await teacher_with_numbers(season)
    _, other = await teacher_with_numbers(season)
    taken = {"idNumber": other["idNumber"]}
    for given, code in (
        ({"version": 1, "input": taken}, "TEACHER_EXISTS"),
        ({"version": 1, "input": {"idNumber": "110101198001010011"}}, "INVALID_ID_NUMBER"),
        ({"version": 1, "input": {"email": "a\nBcc: b@example.cn"}}, "INVALID_EMAIL"),
        ({"version": 1, "input": {"name": " "}}, "INVALID_TEACHER"),
        ({"version": 7, "input": {"name": "新名"}}, "STALE_VERSION"),
    ):
        assert (await refusal(season, SCHOOL, CORRECT, id=teacher.person, **given))["code"] == code
    foreign = await refusal(season, OTHER_SCHOOL, CORRECT, id=teacher.person, version=1, input={"name": "x"})
    assert foreign["code"] == "NOT_FOUND"
    exists = await refusal(season, SCHOOL, CORRECT, id=teacher.person, version=1, input=taken)
    assert (exists["field"], exists["rule"]) == ("idNumber", "R41")
    assert not [one for one in await told(season, "teachers") if one["name"] == "teacher-corrected"]


async def test_r41_a_mobile_may_be_a_colleagues_or_a_strangers_too(season: Season) -> None:
    """Families share numbers and operators give them out again; nobody is refused for it."""
    teacher, row = await teacher_with_numbers(season)
    theirs = season.person()
    (added,) = await season.act(OTHER_SCHOOL, ADD, rows=[theirs])
    foreign = Principal("account-2", Scope.TEACHER, school=OTHER_SCHOOL.school, person=added["teacher"]["id"])
    (colleague,) = await season.act(SCHOOL, ADD, rows=[season.person(mobile=row["mobile"])])
    assert colleague["refusal"] is None
    corrected = await season.act(SCHOOL, CORRECT, id=teacher.person, version=1, input={"mobile": theirs["mobile"]})
    assert corrected["version"] == 2
    changed = await season.act(foreign, CONTACT, input={"mobile": row["mobile"]})
    assert changed["mobile"] == f"{row['mobile'][:3]}****{row['mobile'][-4:]}"


async def test_r41_a_database_of_an_earlier_release_lets_mobiles_be_shared(season: Season) -> None:
    await season.database["teachers"].create_index("mobile.hash", unique=True, name="mobile")
    for _ in range(2):
        await season.deps.store.prepare()
    _, row = await teacher_with_numbers(season)
    (colleague,) = await season.act(SCHOOL, ADD, rows=[season.person(mobile=row["mobile"])])
    assert colleague["refusal"] is None


async def test_after_a_rotation_the_old_key_is_needed_no_more(season: Season) -> None:
    """Whatever is sealed lies where the rotation looks, and opens with the new key alone."""
    teacher, row = await teacher_with_numbers(season, email="zhang@example.cn")
    await season.publish()
    newcomer = someone(600)
    roster = await staged(season, [newcomer])
    vault = season.deps.vault
    both = replace(vault, keys=vault.keys | {"k2": os.urandom(32)}, active="k2")
    await rotate(season.database, SEALED, both, lambda _: None)
    for name in await season.database.list_collection_names():
        assert f'"{vault.active}:' not in json.dumps(await season.database[name].find().to_list(), default=str), name
    assert await keys(season.database, SEALED) == {"k2": 7}  # of the teacher three, of designated persons and a row two
    season.deps = replace(season.deps, vault=replace(both, keys={"k2": both.keys["k2"]}))
    shown = await season.act(SCHOOL, REVEAL, id=teacher.person, purpose=WHY)
    assert (shown["idNumber"], shown["mobile"], shown["email"]) == (row["idNumber"], row["mobile"], row["email"])
    (again,) = await season.act(SCHOOL, ADD, rows=[row])
    assert again["refusal"]["code"] == "TEACHER_EXISTS"
    await season.act(SCHOOL, COMMIT, id=roster.id, mode="ALL_OR_NOTHING")
    await enter_rosters(season.deps, 1)
    added = await season.deps.store.teachers.query({"_id": {"$ne": teacher.person}})
    shown = await season.act(SCHOOL, REVEAL, id=added[0].id, purpose=WHY)
    assert (shown["idNumber"], shown["mobile"]) == (newcomer["身份证号码"], newcomer["手机号码"])


async def test_no_field_of_the_whole_schema_shows_a_plain_number_to_anybody(season: Season) -> None:
    """Every query is asked for every field below it, by every role; only `revealTeacher` answers in plain."""
    await season.publish()
    teacher, row = await teacher_with_numbers(season, email="zhang@example.cn")
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    await deliver_pending(season.deps)
    await season.act(SCHOOL, REVEAL, id=teacher.person, purpose=WHY)
    await season.act(teacher, CONTACT, input={"mobile": "13911112222"})
    newcomer = someone(600)
    roster = await staged(season, [newcomer, await line_of(season, teacher)])
    known = {"id": key, "code": "44", "year": 2024, "teacher.id": teacher.person, "school.code": SCHOOL.school}
    known |= {"rosterJob.id": roster.id}
    numbers = (row["idNumber"], row["mobile"], row["email"], "13911112222", "13900000000")
    others = (newcomer["身份证号码"], newcomer["手机号码"])
    crawl = Crawl(known)
    for who in (teacher, SCHOOL, BASE, GUANGDONG, MINISTRY):
        text = await crawl.ask(season, who)
        assert not [number for number in (*numbers, *others) if number in text], who.scope
        if who.scope in {Scope.TEACHER, Scope.SCHOOL, Scope.MINISTRY}:
            assert "139****2222" in text  # masked, so the person was in the answer
        assert ("137****0600" in text) == (who is SCHOOL)  # the roster's own newcomer
    assert {"Teacher.idNumber", "Person.phone", "EnrollmentEvent.data", "Notice.message"} <= crawl.asked
    assert {"RosterRow.idNumber", "RosterRow.mobile", "TeacherRevealRecord.purpose", "Funding.note"} <= crawl.asked
