"""R14, R16, R17: what the ministry does with many projects at once, row by row, and evenly."""

import asyncio
from collections import Counter
from dataclasses import asdict
from typing import Any

import pytest

from chassis.context import Act, acting
from chassis.principal import Principal
from services.catalog import commands
from tests.integration.catalog.season import PROJECT, Season
from tests.support.graph import Refused
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
    experts = [await season.register_expert(f"专家{number}") for number in range(5)]
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
