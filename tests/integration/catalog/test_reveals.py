"""C2, R41: phones of a base's team in plain for those who work with it, each read with its purpose in the audit."""

from typing import Any

import pytest

from chassis.principal import Principal, Scope
from kernel import reveals as revealing
from tests.integration.catalog.season import Season
from tests.integration.catalog.stages import SCHOOL
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

WHY = "联系报到事宜"
TEAM = """mutation($base: ID!, $why: String!) { revealBaseTeam(baseId: $base, purpose: $why) {
  base { id team { phone } } design { name phone email } declaration { phone } delivery { phone } } }"""
OTHER_SCHOOL = Principal("school-2", Scope.SCHOOL, organization="4143100002", school="4143100002")
PROVINCE = Principal("province-44", Scope.PROVINCE, province="44")
PHONE = "13800138000"


async def told(season: Season) -> list[dict[str, Any]]:
    """The events of all reveals, in order."""
    found = await season.deps.store.reveals.collection.find().sort("_id", 1).to_list()
    return [event for document in found for event in document["events"]]


async def refusal(season: Season, who: Principal, base: Principal, why: str = WHY) -> str:
    with pytest.raises(Refused) as refused:
        await season.act(who, TEAM, base=base.bases[0], why=why)
    return refused.value.code


async def test_r41_a_school_that_has_submitted_to_a_base_the_base_and_the_ministry_see_its_teams_phones(
    season: Season,
) -> None:
    base, other = await season.register_base(), await season.register_base()
    assert await refusal(season, SCHOOL, base) == "NOT_SUBMITTED_TO"
    await season.school_submits(SCHOOL, base)
    for who, masked in ((SCHOOL, None), (base, "138****8000"), (MINISTRY, "138****8000")):
        shown = await season.act(who, TEAM, base=base.bases[0], why=WHY)
        assert shown["design"] == [{"name": "李老师", "phone": PHONE, "email": "li@example.edu.cn"}], who
        assert shown["declaration"] == shown["delivery"] == [{"phone": PHONE}]
        assert shown["base"]["id"] == base.bases[0]
        assert (shown["base"]["team"] or [{"phone": None}])[0]["phone"] == masked
    for who, code in (
        (OTHER_SCHOOL, "NOT_SUBMITTED_TO"),
        (other, "FORBIDDEN"),
        (PROVINCE, "FORBIDDEN"),
        (Principal("teacher-1", Scope.TEACHER, person="t1"), "FORBIDDEN"),
        (Principal("expert-1", Scope.EXPERT, person="x1"), "FORBIDDEN"),
    ):
        assert await refusal(season, who, base) == code
    assert await refusal(season, SCHOOL, other) == "NOT_SUBMITTED_TO"
    assert len(await told(season)) == 3


async def test_r41_each_read_of_a_team_is_an_act_with_its_purpose_and_without_phones(season: Season) -> None:
    base = await season.register_base()
    await season.school_submits(SCHOOL, base)
    for _ in range(2):
        await season.act(SCHOOL, TEAM, base=base.bases[0], why=f" {WHY} ")
    assert [(event["name"], event["data"]) for event in await told(season)] == [
        ("contacts-revealed", {"base": base.bases[0], "purpose": WHY, "province": "00"})
    ] * 2
    acts = await season.deps.store.reveals.query({})
    assert [(act.base, act.by, act.scope, act.organization, act.purpose, act.persons) for act in acts] == [
        (base.bases[0], SCHOOL.subject, "school", SCHOOL.organization, WHY, 1)
    ] * 2
    assert PHONE not in str(await season.deps.store.reveals.collection.find().to_list())


@pytest.mark.parametrize("why", ["", "看看", "电话 138 0000 0001 核对"])
async def test_r41_a_purpose_says_something_and_holds_no_number(season: Season, why: str) -> None:
    base = await season.register_base()
    assert await refusal(season, MINISTRY, base, why) == "INVALID_PURPOSE"
    assert not await told(season)


async def test_r41_no_phone_is_shown_whose_act_could_not_be_stored(season: Season) -> None:
    base = await season.register_base()
    await season.act(MINISTRY, TEAM, base=base.bases[0], why=WHY)
    database = season.deps.store.reveals.collection.database
    await database.command("collMod", "contact_reveals", validator={"never": True})
    assert await refusal(season, MINISTRY, base) == "INTERNAL"


async def test_r41_reveals_of_teams_are_bounded_by_person(season: Season, monkeypatch: pytest.MonkeyPatch) -> None:
    (hour, *_) = revealing.BOUNDS
    monkeypatch.setitem(revealing.BOUNDS, hour, 2)
    base = await season.register_base()
    for _ in range(2):
        await season.act(MINISTRY, TEAM, base=base.bases[0], why=WHY)
    assert await refusal(season, MINISTRY, base) == "TOO_MANY_REVEALS"
    assert len(await told(season)) == 2
    await season.act(base, TEAM, base=base.bases[0], why=WHY)


async def test_a_team_that_nobody_has_named_is_not_found_and_leaves_no_record(season: Season) -> None:
    base = await season.register_base(team=False)
    assert await refusal(season, MINISTRY, base) == "NOT_FOUND"
    assert not await told(season)


async def test_r41_submissions_told_twice_or_by_the_hundred_are_one_partnership(season: Season) -> None:
    base = await season.register_base()
    for _ in range(3):
        await season.school_submits(SCHOOL, base, times=2)
    database = season.deps.store.reveals.collection.database
    assert await database["partners"].find().to_list() == [
        {"_id": f"{base.bases[0]}|{SCHOOL.school}", "base": base.bases[0], "school": SCHOOL.school}
    ]


async def test_r2_who_works_with_a_merged_base_sees_the_team_of_the_base_that_acts_for_it(season: Season) -> None:
    first, second, last = [await season.register_base() for _ in range(3)]
    await season.school_submits(SCHOOL, first)
    assert await refusal(season, SCHOOL, last) == "NOT_SUBMITTED_TO"
    merge = """mutation($id: ID!, $version: Int!, $into: ID!) {
      mergeBases(id: $id, version: $version, into: $into, reason: "整合") { id } }"""
    for merged, into in ((first, second), (second, last)):
        base = await season.deps.store.bases.get(merged.bases[0])
        await season.act(MINISTRY, merge, id=base.id, version=base.version, into=into.bases[0])
    assert (await season.act(SCHOOL, TEAM, base=last.bases[0], why=WHY))["design"][0]["phone"] == PHONE
    assert await refusal(season, OTHER_SCHOOL, last) == "NOT_SUBMITTED_TO"
