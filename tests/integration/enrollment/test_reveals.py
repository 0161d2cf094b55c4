"""C2, R41: phones and numbers in plain for those who work with their holders, each with its purpose in the audit."""

from typing import Any

import pytest

from chassis.principal import Principal
from kernel import reveals as revealing
from tests.integration.enrollment.season import (
    BASE,
    GUANGDONG,
    HUNAN,
    OTHER_BASE,
    OTHER_SCHOOL,
    SCHOOL,
    Season,
)
from tests.support.graph import Refused
from tests.support.identity_numbers import mobile
from tests.support.principals import MINISTRY

WHY = "核对报到证件"
CLASS = """mutation($p: ID!, $ids: [ID!], $why: String!) { revealTeachers(projectId: $p, ids: $ids, purpose: $why) {
  id ok reveal { idNumber mobile record { purpose scope } } refusal { code rule } } }"""
CONTACTS = """mutation($codes: [ID!]!, $why: String!) { revealContacts(codes: $codes, purpose: $why) {
  code ok contact { name phone } refusal { code rule } } }"""
BOTH = [str(SCHOOL.school), str(OTHER_SCHOOL.school)]


async def a_class(season: Season, count: int = 3, school: Principal = SCHOOL) -> list[Principal]:
    """Teachers of a school who have a seat in `p1`."""
    teachers = await season.teachers(count, school)
    for teacher in teachers:
        await season.decide(await season.submitted(teacher, "p1", school))
    return teachers


async def told(season: Season, collection: str) -> list[dict[str, Any]]:
    """The events that a collection's documents carry, in order."""
    found = await season.database[collection].find().sort("_id", 1).to_list()
    return [event for document in found for event in document["events"]]


async def refusal(season: Season, who: Principal, query: str, **given: Any) -> str:
    with pytest.raises(Refused) as refused:
        await season.act(who, query, **given)
    return refused.value.code


async def test_a_class_is_revealed_at_once_to_its_base_with_a_record_for_each_person(season: Season) -> None:
    await season.publish()
    teachers = await a_class(season)
    (waiting,) = await season.teachers(1)
    await season.submitted(waiting, "p1")
    rows = await season.act(BASE, CLASS, p="p1", why=WHY)
    assert {row["id"]: row["reveal"]["mobile"] for row in rows} == {
        teacher.person: mobile(number) for number, teacher in enumerate(teachers, 1)
    }
    events = await told(season, "reveals")
    assert {(event["name"], event["data"]["teacher"], event["data"]["purpose"]) for event in events} == {
        ("teacher-revealed", teacher.person, WHY) for teacher in teachers
    }
    assert not [number for number in range(1, 5) if mobile(number) in str(events)]


async def test_a_school_sees_its_own_of_a_class_and_the_ministry_all_of_it(season: Season) -> None:
    await season.publish()
    ours, theirs = await a_class(season, 2), await a_class(season, 1, OTHER_SCHOOL)
    for who, seen in ((SCHOOL, ours), (OTHER_SCHOOL, theirs), (MINISTRY, [*ours, *theirs])):
        rows = await season.act(who, CLASS, p="p1", why=WHY)
        assert [row["id"] for row in rows] == [teacher.person for teacher in seen]
    (row,) = await season.act(SCHOOL, CLASS, p="p1", ids=[theirs[0].person], why=WHY)
    assert (row["ok"], row["reveal"], row["refusal"]) == (False, None, {"code": "NOT_FOUND", "rule": None})


async def test_who_is_not_in_the_class_is_not_revealed_and_nothing_is_recorded_of_it(season: Season) -> None:
    await season.publish()
    (seated,) = await a_class(season, 1)
    (other,) = await season.teachers(1)
    await season.submitted(other, "p1")
    rows = await season.act(BASE, CLASS, p="p1", ids=[seated.person, other.person, "nobody"], why=WHY)
    assert [row["ok"] for row in rows] == [True, False, False]
    assert len(await told(season, "reveals")) == 1
    assert await refusal(season, OTHER_BASE, CLASS, p="p1", why=WHY) == "NOT_FOUND"
    for who in (GUANGDONG, seated):
        assert await refusal(season, who, CLASS, p="p1", why=WHY) == "FORBIDDEN"
    assert await refusal(season, BASE, CLASS, p="p1", why="看") == "INVALID_PURPOSE"
    assert len(await told(season, "reveals")) == 1


async def test_reveals_are_bounded_by_person_and_a_class_too_large_for_what_is_left_is_not_begun(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hour, *_) = revealing.BOUNDS
    monkeypatch.setitem(revealing.BOUNDS, hour, 4)
    await season.publish()
    teachers = await a_class(season, 3)
    await season.act(BASE, CLASS, p="p1", why=WHY)
    assert await refusal(season, BASE, CLASS, p="p1", why=WHY) == "TOO_MANY_REVEALS"
    assert len(await told(season, "reveals")) == 3
    (row,) = await season.act(BASE, CLASS, p="p1", ids=[teachers[0].person], why=WHY)
    assert row["ok"]
    assert await refusal(season, BASE, CONTACTS, codes=BOTH[:1], why=WHY) == "TOO_MANY_REVEALS"


async def test_r5_designated_persons_are_called_by_those_who_work_with_them_and_each_list_is_an_act(
    season: Season,
) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    assert [row["ok"] for row in await season.act(BASE, CONTACTS, codes=BOTH, why=WHY)] == [False, False]
    await season.submitted(teacher, "p1")
    for who, seen in (
        (BASE, [True, False]),
        (OTHER_BASE, [False, False]),
        (GUANGDONG, [True, False]),
        (HUNAN, [False, True]),
        (SCHOOL, [True, False]),
        (MINISTRY, [True, True]),
    ):
        rows = await season.act(who, CONTACTS, codes=BOTH, why=WHY)
        assert [row["ok"] for row in rows] == seen, who
        shown = [row["contact"] for row in rows if row["ok"]]
        assert shown == [{"name": "赵主任", "phone": "13900000000"}] * len(shown)
    assert await refusal(season, teacher, CONTACTS, codes=BOTH, why=WHY) == "FORBIDDEN"
    events = await told(season, "contact_reveals")
    assert [event["data"]["schools"] for event in events] == [BOTH[:1], BOTH[:1], BOTH[1:], BOTH[:1], BOTH]
    assert {(event["name"], event["data"]["purpose"], event["province"]) for event in events} == {
        ("contacts-revealed", WHY, "00")
    }
    assert "13900000000" not in str(events)
    assert await season.database["contact_reveals"].count_documents({}) == 5


async def test_r41_no_contact_is_shown_whose_act_could_not_be_stored(season: Season) -> None:
    await season.database.command("collMod", "contact_reveals", validator={"never": True})
    assert await refusal(season, MINISTRY, CONTACTS, codes=BOTH, why=WHY) == "INTERNAL"
