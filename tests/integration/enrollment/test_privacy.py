"""R41: personal numbers are sealed, masked and nowhere else."""

import json
from typing import Any

import pytest

from chassis.principal import Principal
from tests.integration.enrollment.season import (
    ADD,
    BASE,
    GUANGDONG,
    HUNAN,
    OTHER_BASE,
    OTHER_SCHOOL,
    SCHOOL,
    SIGN_UP,
    Season,
)
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

TEACHER = "query($id: ID!) { teacher(id: $id) { name idNumber mobile school { code } enrollments { totalCount } } }"
ENROLLMENT = "query($id: ID!) { enrollment(id: $id) { id } }"


async def everything(season: Season) -> str:
    """All documents of the service, as text."""
    found: list[Any] = []
    for name in await season.database.list_collection_names():
        found += await season.database[name].find().to_list()
    return json.dumps(found, default=str, ensure_ascii=False)


async def test_raw_documents_and_events_hold_no_plain_number(
    season: Season, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    await season.publish()
    row = season.person()
    (added,) = await season.act(SCHOOL, ADD, rows=[row])
    (refused,) = await season.act(SCHOOL, ADD, rows=[row | {"mobile": "13811112222"}])
    assert refused["refusal"]["code"] == "TEACHER_EXISTS"
    (malformed,) = await season.act(SCHOOL, ADD, rows=[row | {"idNumber": row["idNumber"][:-1] + "?"}])
    written = await everything(season)
    said = json.dumps([refused, malformed], ensure_ascii=False) + caplog.text + "".join(capsys.readouterr())
    for number in (row["idNumber"], row["mobile"], "13811112222", "13900000000"):
        assert number not in written
        assert number not in said
    assert added["teacher"]["idNumber"] == row["idNumber"][:3] + "*" * 11 + row["idNumber"][-4:]
    assert added["teacher"]["mobile"] == row["mobile"][:3] + "****" + row["mobile"][-4:]


async def test_what_is_sealed_can_be_opened(season: Season) -> None:
    row = season.person()
    (added,) = await season.act(SCHOOL, ADD, rows=[row])
    stored = await season.deps.store.teachers.get(added["teacher"]["id"])
    assert season.deps.vault.open(stored.id_number.sealed) == row["idNumber"]
    assert season.deps.vault.open(stored.mobile.sealed) == row["mobile"]


async def test_a_teacher_is_seen_by_self_school_ministry_and_the_base_of_an_enrollment(season: Season) -> None:
    await season.publish()
    teacher, colleague = await season.teachers(2)

    async def seen(who: Principal) -> Any:
        return await season.act(who, TEACHER, id=teacher.person)

    assert await seen(BASE) is None
    await season.submitted(teacher, "p1")
    for who in (teacher, SCHOOL, MINISTRY, BASE):
        assert (await seen(who))["enrollments"]["totalCount"] == 1
    for who in (colleague, OTHER_SCHOOL, OTHER_BASE, GUANGDONG):
        assert await seen(who) is None


async def test_an_enrollment_is_seen_by_its_teacher_school_base_province_and_the_ministry(season: Season) -> None:
    await season.publish()
    teacher, colleague = await season.teachers(2)
    key = (await season.act(teacher, SIGN_UP, id="p1"))["id"]
    for who in (teacher, SCHOOL, GUANGDONG, MINISTRY):
        assert await season.act(who, ENROLLMENT, id=key) == {"id": key}
    for who in (colleague, OTHER_SCHOOL, OTHER_BASE, HUNAN, BASE):
        assert await season.act(who, ENROLLMENT, id=key) is None


async def test_entities_are_confined_as_the_queries_are(season: Season) -> None:
    await season.publish()
    teacher, _ = await season.teachers(2)
    key = await season.submitted(teacher, "p1")
    query = """query($r: [_Any!]!) { _entities(representations: $r) {
      ... on Enrollment { id } ... on Teacher { idNumber }
      ... on Project { enrollments { totalCount } } ... on Province { progress(year: 2024) { total } } } }"""
    asked = [
        {"__typename": "Enrollment", "id": key},
        {"__typename": "Teacher", "id": teacher.person},
        {"__typename": "Project", "id": "p1"},
        {"__typename": "Province", "code": "44"},
    ]
    foreign = [None, None, {"enrollments": {"totalCount": 0}}, {"progress": None}]
    for who in (OTHER_BASE, OTHER_SCHOOL, HUNAN):
        assert await season.act(who, query, r=asked) == foreign
    with pytest.raises(Refused) as refused:
        await season.act(MINISTRY, query, r=[{"__typename": "Teacher", "id": {"$ne": None}}])
    assert refused.value.code == "BAD_ENTITY_KEY"
