"""R14, R16, R17: what the ministry does with many projects at once, row by row, and evenly."""

import asyncio
from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest

from chassis.context import Act, acting
from chassis.principal import Principal
from services.catalog import commands
from services.catalog.graph.schema import schema
from tests.integration.catalog.season import PROJECT, Season
from tests.integration.catalog.stages import approved, reviewed
from tests.support.graph import Refused, ask
from tests.support.names import person_name
from tests.support.principals import MINISTRY

ROW = f"id ok project {{ {PROJECT} }} refusal {{ code rule }}"
AUTO = f"mutation($ids: [ID!]!) {{ autoAssignExperts(projectIds: $ids) {{ {ROW} }} }}"
DECIDE = f"mutation($decisions: [ProjectDecisionRowInput!]!) {{ decideProjects(decisions: $decisions) {{ {ROW} }} }}"


async def auto(season: Season, projects: list[Any]) -> Any:
    return await season.act(MINISTRY, AUTO, ids=[project["id"] for project in projects])


async def loads(season: Season) -> Counter[str]:
    """Reviews by expert, as the projects tell."""
    projects = await season.deps.store.projects.query({})
    return Counter(expert for project in projects for expert in project.experts)


async def test_plans_go_to_free_experts_of_their_field_and_every_row_answers_for_itself(season: Season) -> None:
    base = await season.register_base()
    own = await season.register_expert("自家", code=str(base.organization))
    other_field = await season.register_expert("外行", field=13)
    first, second = [await season.register_expert(name) for name in ("甲", "乙")]
    submitted, draft = await season.submitted(base), await season.draft(base)
    rows = await auto(season, [submitted, draft, {"id": "nowhere"}, submitted])
    assert [row["ok"] for row in rows] == [True, False, False, False]
    assert [row["refusal"] and row["refusal"]["code"] for row in rows[1:]] == [
        "WRONG_STATE",
        "NOT_FOUND",
        "WRONG_STATE",
    ]
    assert rows[0]["project"]["status"] == "UNDER_REVIEW"
    assert set(await loads(season)) == {first.person, second.person}
    assert not {own.person, other_field.person} & set(await loads(season))
    assert (await season.review(first, submitted))["submittedAt"]


async def test_with_one_free_expert_a_row_is_refused(season: Season) -> None:
    base = await season.register_base()
    await season.register_expert("自家", code=str(base.organization))
    await season.register_expert("甲")
    (row,) = await auto(season, [await season.submitted(base)])
    assert row["refusal"] == {"code": "EXPERTS_TOO_FEW", "rule": "R14"}


async def test_three_assignments_at_once_leave_the_load_even(season: Season) -> None:
    bases = [await season.register_base() for _ in range(2)]
    experts = [await season.register_expert(person_name(number, "专家")) for number in range(5)]
    busy = await season.submitted(bases[0])
    await season.assign(busy, experts[0], experts[1])
    projects = [await season.submitted(bases[number % 2]) for number in range(14)]
    batches = [projects[place::3] for place in range(3)]
    answers = await asyncio.gather(*(auto(season, batch) for batch in batches))
    assert all(row["ok"] for rows in answers for row in rows)
    assert sorted((await loads(season)).values()) == [6, 6, 6, 6, 6]


async def test_one_who_is_exchanged_loses_the_blank_review_and_its_weight(season: Season) -> None:
    base = await season.register_base()
    first, second, third = [await season.register_expert(name) for name in ("甲", "乙", "丙")]
    project = await season.submitted(base)
    await season.assign(project, first, second)
    await season.review(first, project)
    await season.assign(project, first, third)
    counts = [
        (await season.ask(expert, "{ myReviews { totalCount } }"))["myReviews"]["totalCount"]
        for expert in (first, second, third)
    ]
    assert counts == [1, 0, 1]
    async with season.deps.store.reviews.collection.database.client.start_session() as session:
        assert await season.deps.store.reviews.loads([2024], session) == {2024: {first.person: 1, third.person: 1}}


async def test_the_ministry_decides_on_many_each_with_its_reason(season: Season) -> None:
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    projects = [await season.submitted(base) for _ in range(4)]
    await auto(season, projects)
    for project in projects[:3]:
        for expert in experts:
            await season.review(expert, project)
    outcomes = (("APPROVE", "优秀"), ("REJECT", "重复申报"), ("RETURN", " "), ("APPROVE", "优秀"))
    decisions = [
        {"id": project["id"], "outcome": outcome, "reason": reason}
        for project, (outcome, reason) in zip(projects, outcomes, strict=True)
    ]
    rows = await season.act(MINISTRY, DECIDE, decisions=decisions)
    assert [row["project"] and row["project"]["status"] for row in rows] == ["APPROVED", "REJECTED", None, None]
    assert [row["refusal"]["code"] for row in rows[2:]] == ["REASON_MISSING", "REVIEWS_MISSING"]
    assert (await season.quota(base))["used"] == 3
    rows = await season.publish(projects[0], projects[1], projects[3])
    assert [row["ok"] for row in rows] == [True, False, False]
    assert {row["refusal"]["code"] for row in rows[1:]} == {"WRONG_STATE"}


async def test_a_late_publication_says_its_reason_to_the_audit(season: Season) -> None:
    base = await season.register_base()
    experts = [await season.register_expert(name) for name in ("甲", "乙")]
    project = await season.submitted(base)
    await auto(season, [project])
    for expert in experts:
        await season.review(expert, project)
    await season.decide(project, "APPROVE")
    season.at("2024-05-11T00:00")
    (row,) = await season.publish(project, reason="系统故障补发")
    assert row["ok"]
    document = await season.deps.store.projects.collection.find_one({"_id": project["id"]})
    assert document
    (event,) = [event for event in document["events"] if event["name"] == "project-published"]
    assert (event["data"]["late"], event["data"]["override"]) == (True, "系统故障补发")
    assert event["actor"]["scope"] == "ministry"


async def test_a_repeated_batch_takes_no_second_effect(season: Season) -> None:
    base = await season.register_base()
    for name in ("甲", "乙", "丙"):
        await season.register_expert(name)
    project = await season.submitted(base)
    with acting(Act(MINISTRY, idempotency_key="batch-1")):
        first, again = [
            (await commands.auto_assign_experts(season.deps, MINISTRY, [project["id"]]))[0].value for _ in range(2)
        ]
    assert first
    assert again
    assert asdict(first) | {"history": ()} == asdict(again) | {"history": ()}
    assert sum((await loads(season)).values()) == 2


async def test_two_batches_of_decisions_at_once_decide_each_plan_once(season: Season) -> None:
    stage = await reviewed(season, 8)
    decisions = [{"id": key, "outcome": "REJECT", "reason": "重复申报"} for key in stage.keys]
    batches = [decisions, decisions[::-1], decisions[:4]]
    answers = await asyncio.gather(*(season.act(MINISTRY, DECIDE, decisions=batch) for batch in batches))
    rows = [row for answer in answers for row in answer]
    assert Counter(row["id"] for row in rows if row["ok"]) == dict.fromkeys(stage.keys, 1)
    assert {row["refusal"]["code"] for row in rows if not row["ok"]} == {"WRONG_STATE"}
    assert (await season.quota(stage.base))["used"] == 0


async def test_copies_of_one_batch_at_once_take_effect_once_and_all_say_so(season: Season) -> None:
    stage = await reviewed(season, 3)
    decisions = [{"id": key, "outcome": "APPROVE", "reason": "优秀"} for key in stage.keys]
    act = Act(MINISTRY, idempotency_key="batch-1")
    answers = await asyncio.gather(
        *(ask(schema, season.deps, act, DECIDE, decisions=decisions + decisions[:1]) for _ in range(3))
    )
    assert [row["ok"] for answer in answers for row in answer["decideProjects"]] == [True] * 12
    for key in stage.keys:
        assert (await season.deps.store.projects.get(key)).version == 4
    other = [decision | {"outcome": "REJECT"} for decision in decisions]
    again = await ask(schema, season.deps, act, DECIDE, decisions=other)
    assert {row["refusal"]["code"] for row in again["decideProjects"]} == {"IDEMPOTENCY_KEY_REUSED"}


async def test_a_plan_that_cannot_be_read_costs_no_other_row_anything(season: Season) -> None:
    stage = await approved(season, 3)
    where = {"_id": stage.keys[1]}
    await season.deps.store.projects.collection.update_one(where, {"$set": {"plan.days": "七"}})
    results = await commands.publish_projects(season.deps, MINISTRY, stage.keys, override=None)
    assert [result.refusal and result.refusal.code for result in results] == [None, "INTERNAL", None]


@pytest.mark.parametrize("query", [AUTO, DECIDE])
async def test_a_batch_is_the_ministrys_and_has_two_hundred_rows_at_most(season: Season, query: str) -> None:
    base = await season.register_base()
    row = {"id": "x", "outcome": "APPROVE", "reason": "x"}

    async def refused(principal: Principal, count: int) -> str:
        given: dict[str, Any] = {"ids": ["x"] * count} if query == AUTO else {"decisions": [row] * count}
        with pytest.raises(Refused) as answer:
            await season.act(principal, query, **given)
        return answer.value.code

    assert (await refused(base, 1), await refused(MINISTRY, 201)) == ("FORBIDDEN", "TOO_MANY_ROWS")
