"""C4: what waits for a base, a reviewer and the ministry about plans and projects (R7, R13–R17, R28)."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.principal import Principal
from services.catalog.commands import tell_missed_finishes
from tests.integration.catalog.season import SUBMIT, Season
from tests.support.graph import Refused
from tests.support.principals import ANYBODY, MINISTRY

ME = """query($r: [_Any!]!) { _entities(representations: $r) { ... on Me {
  id bases { id } planTodo { kind count rule closesAt project { id } } } } }"""


async def waits(season: Season, who: Principal) -> dict[str, dict[str, Any]]:
    """What waits, by kind."""
    (me,) = await season.act(who, ME, r=[{"__typename": "Me", "id": who.subject}])
    return {entry["kind"]: entry for entry in me["planTodo"]}


async def test_r7_r14_r15_r16_r17_a_plan_waits_for_one_after_the_other(season: Season) -> None:
    base = await season.register_base()
    first, second = await season.register_expert("甲"), await season.register_expert("乙")
    draft = await season.draft(base)
    complete = (await waits(season, base))["COMPLETE_PLAN"]
    assert (complete["count"], complete["rule"], complete["project"]) == (1, "R7", {"id": draft["id"]})
    assert complete["closesAt"] == "2024-05-07T00:00:00+08:00"
    project = await season.act(base, SUBMIT, id=draft["id"], version=draft["version"])
    assert await waits(season, base) == {}
    assert set(await waits(season, MINISTRY)) == {"ASSIGN_EXPERTS"}
    await season.assign(project, first, second)
    assert set(await waits(season, MINISTRY)) == {"DECIDE_PLAN"}
    assert (await waits(season, first))["REVIEW"]["project"] == {"id": draft["id"]}
    await season.review(first, project)
    assert await waits(season, first) == {}
    assert set(await waits(season, second)) == {"REVIEW"}
    await season.review(second, project)
    await season.decide(project, "RETURN")
    revise = (await waits(season, base))["REVISE_PLAN"]
    assert (revise["count"], revise["rule"]) == (1, "R13")
    assert await waits(season, MINISTRY) == {}


async def test_r14_what_is_left_of_a_round_waits_for_nobody_after_the_year_after(season: Season) -> None:
    await season.submitted(await season.register_base())
    season.at("2025-12-31T23:00")
    assert set(await waits(season, MINISTRY)) == {"ASSIGN_EXPERTS"}
    season.at("2026-01-01T00:00")
    assert await waits(season, MINISTRY) == {}


async def test_r15_a_review_of_a_plan_that_was_taken_back_waits_no_more(season: Season) -> None:
    base = await season.register_base()
    first, second = await season.register_expert("甲"), await season.register_expert("乙")
    project = await season.submitted(base)
    await season.assign(project, first, second)
    withdraw = 'mutation($id: ID!) { withdrawProject(id: $id, reason: "计划调整") { id } }'
    await season.act(base, withdraw, id=project["id"])
    assert await waits(season, first) == {}


async def test_r28_a_published_project_waits_for_its_start_on_its_first_day_and_for_its_end_on_its_last(
    season: Season,
) -> None:
    base = await season.register_base()
    project = await season.published(base)
    assert await waits(season, base) == {}
    season.at("2024-07-08T08:00")
    assert set(await waits(season, base)) == {"START"}
    await season.act(base, "mutation($id: ID!) { startProject(id: $id) { id } }", id=project["id"])
    assert await waits(season, base) == {}
    season.at("2024-07-14T08:00")
    assert {kind: entry["closesAt"] for kind, entry in (await waits(season, base)).items()} == {"FINISH": None}
    season.at("2024-07-15T08:00")
    await tell_missed_finishes(season.deps)
    finish = (await waits(season, base))["FINISH"]
    assert finish["closesAt"] == "2024-07-22T00:00:00+08:00", "the day on which the class is finished by itself"


async def test_r2_a_draft_of_a_base_that_has_ended_waits_for_nobody(season: Season) -> None:
    ended, into = await season.register_base(), await season.register_base()
    draft = await season.draft(ended)
    assert set(await waits(season, ended)) == {"COMPLETE_PLAN"}
    merge = """mutation($id: ID!, $into: ID!) {
      mergeBases(id: $id, version: 2, into: $into, reason: "两校合并") { id } }"""
    await season.act(MINISTRY, merge, id=ended.bases[0], into=into.bases[0])
    successor = replace(into, bases=(*into.bases, *ended.bases))
    assert (await waits(season, ended), await waits(season, successor)) == ({}, {})
    with pytest.raises(Refused) as refused:
        await season.act(successor, SUBMIT, id=draft["id"], version=draft["version"])
    assert refused.value.code == "BASE_CLOSED"
    own = await season.draft(into)
    assert (await waits(season, successor))["COMPLETE_PLAN"]["project"] == {"id": own["id"]}


async def test_nobody_is_shown_what_waits_for_somebody_else(season: Season) -> None:
    base, rival = await season.register_base(), await season.register_base()
    await season.draft(base)
    assert await waits(season, rival) == {}
    assert await season.act(rival, ME, r=[{"__typename": "Me", "id": MINISTRY.subject}]) == [None]
    assert await season.act(ANYBODY, ME, r=[{"__typename": "Me", "id": ANYBODY.subject}]) == [None]


async def test_r2_me_names_the_own_bases(season: Season) -> None:
    base = await season.register_base()
    (me,) = await season.act(base, ME, r=[{"__typename": "Me", "id": base.subject}])
    assert me["bases"] == [{"id": base.bases[0]}]
